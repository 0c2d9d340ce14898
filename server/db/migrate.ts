import fs from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { FileMigrationProvider, Migrator } from 'kysely/migration';
import type { Db, Log } from './database.ts';
import { isMigrated, MIGRATIONS } from './migrations.ts';

/**
 * Brings the schema to the newest migration; does nothing where it is there already.
 * Safe in several processes at once: an advisory lock lets one migrate while the others wait for it.
 * All pending migrations are one transaction. Throws what a migration threw.
 * Where nothing is pending it asks for no lock: the lock is a session's, which a pooler between that hands out connections
 * by the transaction cannot keep. A database that newer code has migrated is one to work with, so that a process of before
 * starts again in the middle of a rolling upgrade.
 * @param options.upTo the last migration to bring it to, for a backup that is older than this code
 */
export async function migrateToLatest(
  db: Db,
  { log, folder = MIGRATIONS, upTo }: { log?: Log; folder?: string; upTo?: string | undefined } = {},
): Promise<void> {
  if (upTo === undefined && (await isMigrated(db, folder))) return;
  const migrator = new Migrator({
    // Migrations are frozen SQL: what today's plugins do to names must not reach them.
    db: db.withoutPlugins(),
    provider: new FileMigrationProvider({
      fs,
      path,
      migrationFolder: folder,
      // As an address, so that a folder with a # or a % in its name works too.
      import: (file) => import(pathToFileURL(file).href),
      onFileIgnored: (file, reason) => {
        if (reason === 'NotMigration') throw new Error(`${file} exports no migration`);
      },
    }),
  });
  const { error, results = [] } = await (upTo ? migrator.migrateTo(upTo) : migrator.migrateToLatest());
  for (const result of results) {
    if (result.status === 'Error') log?.error(`migration ${result.migrationName} failed`);
  }
  if (error) throw error;
  const names = results.map((result) => result.migrationName);
  if (names.length > 0) log?.info(`migrated the database: ${names.join(', ')}`);
}
