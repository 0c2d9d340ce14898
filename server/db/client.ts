import type { PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { Batch, Calls, type Sent } from './batch.ts';

type Result = { command: string; rowCount: number; rows: unknown[] };
const done = (command: string): Result => ({ command, rowCount: 0, rows: [] });

const begin: Sent = { name: 'r_begin', text: 'begin', values: [] };
const commit: Sent = { name: 'r_commit', text: 'commit', values: [] };

/** A statement that the connection no longer has, or whose columns are no longer what they were. */
const outdated = new Set(['26000', '0A000']);

/**
 * A connection as Kysely sees it. A transaction's BEGIN goes out with its first statement, and where that is asked for,
 * its COMMIT with the last one (see prepared.ts).
 */
export class DbClient {
  readonly #client: pg.PoolClient;
  readonly #types: pg.CustomTypesConfig;
  #transaction: 'none' | 'begun' | 'open' | 'committed' = 'none';

  constructor(client: pg.PoolClient, types: pg.CustomTypesConfig) {
    this.#client = client;
    this.#types = types;
  }

  get processID(): number | undefined {
    return (this.#client as { processID?: number }).processID;
  }

  release(destroy?: boolean): void {
    this.#transaction = 'none';
    this.#client.release(destroy);
  }

  async query(text: string, values: readonly unknown[] | Calls): Promise<Result> {
    if (text === 'commit' || text === 'rollback') return this.#end(text);
    if (this.#transaction === 'committed') throw new Error('the transaction is committed already');
    if (text === 'begin') {
      this.#transaction = 'begun';
      return done('BEGIN');
    }
    if (values instanceof Calls) return this.#sendAll(values);
    if (this.#transaction === 'begun') {
      await this.#client.query('begin');
      this.#transaction = 'open';
    }
    return this.#client.query(text, [...values]) as unknown as Promise<Result>;
  }

  async #end(text: 'commit' | 'rollback'): Promise<Result> {
    const was = this.#transaction;
    this.#transaction = 'none';
    // Committed with its last statement, or nothing was ever asked of it.
    if (was === 'committed' || was === 'begun') return done(text.toUpperCase());
    return this.#client.query(text) as unknown as Promise<Result>;
  }

  async #sendAll({ sent, commits }: Calls): Promise<Result> {
    const begins = this.#transaction === 'begun';
    const calls = [...(begins ? [begin] : []), ...sent, ...(commits ? [commit] : [])];
    if (begins) this.#transaction = 'open';
    const sets = await this.#send(calls).catch(async (error: Error & { code?: string }) => {
      // Where nothing else hangs on it, what is out of date is prepared anew.
      const isAlone = begins || this.#transaction === 'none';
      if (!outdated.has(error.code ?? '') || !isAlone) throw error;
      if (begins) await this.#client.query('rollback');
      return this.#send(calls, { renews: true });
    });
    if (commits) this.#transaction = 'committed';
    const first = begins ? 1 : 0;
    return { command: 'SELECT', rowCount: 1, rows: [{ sets: sets.slice(first, first + sent.length) }] };
  }

  #send(calls: readonly Sent[], options?: { renews: boolean }): Promise<unknown[][]> {
    return this.#client.query(new Batch(calls, this.#types, options)).result;
  }
}

const clients = new WeakMap<pg.PoolClient, DbClient>();

/** The same for the same connection: Kysely, too, remembers by it. */
export function asDbClient(client: pg.PoolClient, types: pg.CustomTypesConfig): PostgresPoolClient {
  const found = clients.get(client) ?? new DbClient(client, types);
  clients.set(client, found);
  return found as unknown as PostgresPoolClient;
}
