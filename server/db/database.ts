import { CamelCasePlugin, Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { asDbClient } from './client.ts';
import { naming } from './naming.ts';
import type { DB } from './types.ts';

/** The pool: one statement at a time, each on any connection. */
export type Db = Kysely<DB>;
/** One open transaction: a lock, or several writes that belong together. */
export type Trx = Transaction<DB>;

/** What the plumbing asks of a logger: pino's and Fastify's both fit. */
export type Log = Pick<BaseLogger, 'info' | 'warn' | 'error'>;

const INT8 = 20;
const DATE = 1082;

// Counts come as int8. One beyond 2^53 would be silently rounded, so it throws instead: the query rejects.
function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`int8 out of the safe range: ${text}`);
  return number;
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === INT8 && format !== 'binary') return parseInt8;
    // A day has no instant: the driver's Date at local midnight is another day in another zone.
    if (oid === DATE && format !== 'binary') return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  },
};

/**
 * The settings that every pool shares, be it made by @fastify/postgres, the command line or a test.
 * `timestamptz` comes as Date, `date` as 'YYYY-MM-DD', `int8` as number, `numeric` as string.
 */
export function poolOptions(url: string, { max }: { max: number }): pg.PoolConfig {
  return {
    connectionString: url,
    max,
    types,
    application_name: 'ritrovo',
    // A database that is away must become a 503 while the visitor still waits.
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    // A single row costs little more than the next one where there are no turning disks. By its own default the server
    // reads all people to find an event's five hundred. Asked with every connection: a pooler between may know no options.
    onConnect: async (client) => void (await client.query('SET random_page_cost = 1.1')),
  };
}

/** Must be called before the first query: the error of a broken connection kills the process otherwise. */
export function attachPoolErrors(pool: pg.Pool, log: Log): void {
  pool.on('error', (error) => {
    // A pool that is being closed has let go of its connections: that the server ends them too is no news.
    if (pool.ending) return;
    // The error itself carries the whole client, and would fill a page.
    log.warn({ reason: error.message }, 'an idle database connection broke');
  });
  // The pool does not listen to a connection that is in use. Its query rejects, and says what is wrong.
  pool.on('connect', (client) => client.on('error', () => {}));
}

/** A pool of one's own, whose broken connections kill nobody. Whoever opens it ends it. */
export function openPool(url: string, options: { max: number; log?: Log }): pg.Pool {
  const pool = new pg.Pool(poolOptions(url, options));
  attachPoolErrors(pool, options.log ?? console);
  return pool;
}

/** Kysely on a pool that somebody else owns: `destroy()` leaves the pool open. */
export function createDb(pool: pg.Pool): Db {
  return new Kysely<DB>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => asDbClient(await pool.connect(), types),
        end: async () => {},
        options: pool.options,
      },
    }),
    plugins: [new CamelCasePlugin(naming)],
  });
}
