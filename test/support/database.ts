import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { createDb, type Db, type Log, openPool } from '../../server/db/database.ts';

/** Discards what is said in passing, shows what is wrong. */
export const quietLog: Log = { info: () => {}, warn: console.warn, error: console.error };

/** The database of one test file. Filled by `beforeAll`: read its fields inside tests and hooks only. */
export interface TestDatabase {
  db: Db;
  pool: pg.Pool;
  url: string;
}

/**
 * Gives this test file a migrated database of its own, dropped when the file ends. Call it once, at the top of the file
 * or of its outermost `describe`, and do not take it apart there: `const database = useDatabase();`, then `database.db`.
 */
export function useDatabase({ max = 10 }: { max?: number } = {}): TestDatabase {
  const database = {} as TestDatabase;
  let drop = async () => {};

  beforeAll(async () => {
    const made = await createDatabase({ template: inject('templateName') });
    drop = made.drop;
    const pool = openPool(made.url, { max, log: quietLog });
    Object.assign(database, { db: createDb(pool), pool, url: made.url });
  });

  afterAll(async () => {
    await database.pool?.end();
    await drop();
  });

  return database;
}

/** A new database on the run's server, from a template or empty. Whoever makes it drops it. */
export async function createDatabase({
  template = 'template0',
}: {
  template?: string;
} = {}): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `ritrovo_test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(inject('adminUrl'));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`) };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('adminUrl') });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
