import { type Clock, systemClock } from '../../server/clock.ts';
import { type Config, readConfig } from '../../server/config.ts';
import { createDb, type Db, openPool } from '../../server/db/database.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';
import { openDatabase } from '../../server/db/open.ts';
import { loadSecretKeys } from '../../server/secrets.ts';
import { createLinks, type Links } from '../../server/web/links.ts';
import type { Terminal } from './terminal.ts';

/** What a command works with. */
export type Tools = { db: Db; clock: Clock; links: Links; config: Config };

/**
 * Does a piece of work on the configured database, or on the embedded one, as it stands: nothing is migrated. The
 * embedded one is joined where it runs, and started for as long as the work takes where it does not.
 */
export async function withConfiguredDatabase<T>(
  terminal: Terminal,
  work: (tools: { url: string; clock: Clock; config: Config }) => Promise<T>,
): Promise<T> {
  const config = readConfig(terminal.env);
  const database = await openDatabase(config, (text) => terminal.err(`${text}\n`));
  try {
    return await work({ url: database.url, clock: systemClock, config });
  } finally {
    await database.close();
  }
}

/**
 * Does a piece of work on the database: the configured one, or the embedded one, which is joined where it runs and
 * started for as long as the work takes where it does not. Its tables are brought up to date first.
 */
export async function withDatabase<T>(terminal: Terminal, work: (tools: Tools) => Promise<T>): Promise<T> {
  const config = readConfig(terminal.env);
  const line = (text: string) => terminal.err(`${text}\n`);
  const database = await openDatabase(config, line);
  const warn = (_context: unknown, text?: unknown) => line(String(text));
  const pool = openPool(database.url, { max: 2, log: { info: warn, warn, error: warn } });
  try {
    const db = createDb(pool);
    await migrateToLatest(db);
    const links = createLinks(config.publicUrl, await loadSecretKeys(config));
    return await work({ db, clock: systemClock, links, config });
  } finally {
    await pool.end();
    await database.close();
  }
}
