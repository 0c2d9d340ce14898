import { execFile } from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDb, type Db, openPool } from '../../server/db/database.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';
import { createDatabase, quietLog } from '../support/database.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../migrations');

describe('migrating', () => {
  let made: Awaited<ReturnType<typeof createDatabase>>;
  let pool: pg.Pool;
  let db: Db;

  beforeEach(async () => {
    made = await createDatabase();
    pool = openPool(made.url, { max: 4 });
    db = createDb(pool);
  });
  afterEach(async () => {
    await pool.end();
    await made.drop();
  });

  const applied = async (): Promise<string[]> => {
    const { rows } = await pool.query('SELECT name FROM kysely_migration ORDER BY name');
    return rows.map((row) => row.name);
  };
  const files = async (): Promise<string[]> =>
    (await fs.readdir(FOLDER)).map((f) => f.replace(/\.ts$/, '')).sort();

  it('brings an empty database to the latest schema', async () => {
    await migrateToLatest(db, { log: quietLog });
    expect(await applied()).toEqual(await files());
    await db.insertInto('networks').values({ name: 'Rete' }).execute();
    expect(await db.selectFrom('networks').select('name').execute()).toEqual([{ name: 'Rete' }]);
  });

  it('changes nothing when it runs again', async () => {
    await migrateToLatest(db, { log: quietLog });
    const before = await pool.query('SELECT * FROM kysely_migration ORDER BY name');
    await migrateToLatest(db, { log: quietLog });
    const after = await pool.query('SELECT * FROM kysely_migration ORDER BY name');
    expect(after.rows).toEqual(before.rows);
  });

  it('succeeds in both of two processes that start at once on an empty database', async () => {
    const migrate = path.resolve(import.meta.dirname, 'migrating-process.ts');
    const run = () => promisify(execFile)(process.execPath, [migrate, made.url]);
    await Promise.all([run(), run(), migrateToLatest(db, { log: quietLog })]);
    expect(await applied()).toEqual(await files());
  });

  it('takes a database that newer code has migrated as it is', async () => {
    await migrateToLatest(db, { log: quietLog });
    await pool.query(
      `INSERT INTO kysely_migration (name, timestamp) VALUES ('2099-01-01T0000-of-tomorrow', '2099-01-01T00:00:00.000Z')`,
    );
    await migrateToLatest(db, { log: quietLog });
    expect(await applied()).toEqual([...(await files()), '2099-01-01T0000-of-tomorrow']);
  });

  it('waits for no lock where nothing is pending', async () => {
    await migrateToLatest(db, { log: quietLog });
    const other = await pool.connect();
    // The lock of a process whose session a pooler gave to somebody else.
    await other.query('SELECT pg_advisory_lock(3853314791062309107)');
    await migrateToLatest(db, { log: quietLog }).finally(() => other.release(true));
  });

  it('throws what a migration threw, and leaves none of the pending ones behind', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'ritrovo-migrations-'));
    try {
      const kysely = import.meta.resolve('kysely');
      const migration = (sql: string) =>
        `import { sql } from '${kysely}';\nexport const up = async (db) => { await sql\`${sql}\`.execute(db); };\n`;
      await fs.writeFile(path.join(folder, '1-first.ts'), migration('CREATE TABLE first_step (id integer)'));
      await fs.writeFile(path.join(folder, '2-second.ts'), migration('SELECT 1 FROM no_such_table'));
      const log = { ...quietLog, error: () => {} };
      await expect(migrateToLatest(db, { log, folder })).rejects.toThrow('no_such_table');
      const { rows } = await pool.query(`SELECT to_regclass('first_step') AS found`);
      expect(rows).toEqual([{ found: null }]);
    } finally {
      await fs.rm(folder, { recursive: true });
    }
  });

  it('refuses a file in the folder that exports no migration', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'ritrovo-migrations-'));
    try {
      await fs.writeFile(path.join(folder, '1-first.ts'), 'export const down = async () => {};\n');
      await expect(migrateToLatest(db, { log: quietLog, folder })).rejects.toThrow(
        '1-first.ts exports no migration',
      );
    } finally {
      await fs.rm(folder, { recursive: true });
    }
  });
});
