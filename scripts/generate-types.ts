import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { generate, PostgresDialect } from 'kysely-codegen';
import { createDb, type Log, openPool } from '../server/db/database.ts';
import { openEmbedded, removeEmbedded } from '../server/db/embedded.ts';
import { migrateToLatest } from '../server/db/migrate.ts';

/**
 * Writes server/db/types.ts from a freshly migrated, throwaway database. With --verify it writes nothing, and exits
 * with 1 if the committed file is not what it would write.
 */
const FILE = path.resolve(import.meta.dirname, '../server/db/types.ts');

const quiet: Log = { info: () => {}, warn: console.warn, error: console.error };

async function typesOfMigrations(): Promise<string> {
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'ritrovo-types-'));
  try {
    const embedded = await openEmbedded({ dataDir, log: quiet, settings: { fsync: 'off' } });
    try {
      return await typesOf(embedded.url);
    } finally {
      await embedded.stop();
    }
  } finally {
    await removeEmbedded(dataDir);
    await fs.rm(dataDir, { recursive: true });
  }
}

async function typesOf(url: string): Promise<string> {
  const pool = openPool(url, { max: 2, log: quiet });
  try {
    const db = createDb(pool);
    await migrateToLatest(db, { log: quiet });
    return await generate({
      // Without our plugin: it would turn the catalogue's own column names.
      db: db.withoutPlugins(),
      dialect: new PostgresDialect({ dateParser: 'string' }),
      camelCase: true,
      includePattern: 'public.*',
      excludePattern: 'kysely_migration*',
      // As the pool's parsers give them (database.ts).
      typeMapping: { int8: 'number', citext: 'string' },
      outFile: null,
    });
  } finally {
    await pool.end();
  }
}

const types = await typesOfMigrations();
if (!process.argv.includes('--verify')) {
  await fs.writeFile(FILE, types);
} else if ((await fs.readFile(FILE, 'utf8').catch(() => '')) !== types) {
  console.error(
    'server/db/types.ts is not what the migrations make: run `npm run generate:types` and commit it.',
  );
  process.exitCode = 1;
}
