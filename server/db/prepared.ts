import { createHash } from 'node:crypto';
import {
  CamelCasePlugin,
  type Compilable,
  CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely';
import { Calls } from './batch.ts';
import type { Db, Trx } from './database.ts';
import { naming } from './naming.ts';
import type { DB } from './types.ts';

/**
 * What every answer and every page asks. Kysely builds such a statement once, not each time; PostgreSQL parses it once
 * on each connection; and several of them can be sent together.
 *
 * Its columns are named one by one: a statement with a `*` would fail on every connection as soon as a newer version of
 * the service, beside this one, adds a column.
 */
export class Prepared<P extends object, R> {
  readonly #build: (db: Kysely<DB>, values: P) => Compilable<R> | RawBuilder<R>;
  #made: { text: string; name: string; values: readonly unknown[] } | null = null;
  declare readonly row: R;

  constructor(build: (db: Kysely<DB>, values: P) => Compilable<R> | RawBuilder<R>) {
    this.#build = build;
  }

  /** The statement with these values, to be sent. */
  with(values: P): Call<R> {
    this.#made ??= this.#make();
    const { text, name } = this.#made;
    const given = this.#made.values.map((value) =>
      value instanceof Place ? values[value.key as keyof P] : value,
    );
    return { text, name, values: given } as unknown as Call<R>;
  }

  #make() {
    const places = new Proxy({} as P, { get: (_, key) => new Place(key) });
    const built = this.#build(builder, places);
    const { sql, parameters } = 'isRawBuilder' in built ? built.compile(builder) : built.compile();
    // One name for one text: a pooler may hand a connection to another process of ours.
    const name = `r_${createHash('sha256').update(sql).digest('base64url').slice(0, 16)}`;
    return { text: sql, name, values: parameters };
  }
}

/** A prepared statement with its values. `row` is there for the types alone. */
export type Call<R> = { text: string; name: string; values: readonly unknown[]; row: R };

/** Where a value goes that each call brings. */
class Place {
  readonly key: string | symbol;
  constructor(key: string | symbol) {
    this.key = key;
  }
}

/** Prepares a statement whose values are named: `prepared<{ id: string }>()((db, { id }) => db.selectFrom(…))`. */
export function prepared<P extends object>() {
  return <R>(build: (db: Db, values: P) => Compilable<R> | RawBuilder<R>): Prepared<P, R> =>
    new Prepared<P, R>(build);
}

/** The rows of one statement, on any connection or within a transaction. */
export async function ask<R>(db: Db, call: Call<R>): Promise<R[]> {
  const [rows] = await send(db, new Calls([call]));
  return rows as R[];
}

/** The rows of several statements that are sent at once: each sees what those before it have done. */
export async function askTogether<const C extends readonly Call<unknown>[]>(
  db: Db,
  calls: C,
): Promise<{ [K in keyof C]: C[K]['row'][] }> {
  return (await send(db, new Calls(calls))) as { [K in keyof C]: C[K]['row'][] };
}

/**
 * The last statement of a transaction, with the commit right behind it: whoever waits for a lock of this transaction
 * waits a round trip less. Nothing can be asked of the transaction any more.
 */
export async function askLast<R>(trx: Trx, call: Call<R>): Promise<R[]> {
  const [rows] = await send(trx, new Calls([call], { commits: true }));
  return rows as R[];
}

async function send(db: Db, calls: Calls): Promise<unknown[][]> {
  const query = CompiledQuery.raw('', calls as unknown as unknown[]);
  const { rows } = await db.executeQuery<{ sets: unknown[][] }>(
    query as CompiledQuery<{ sets: unknown[][] }>,
  );
  return rows[0]?.sets ?? [];
}

/** Builds and never asks. */
const builder = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
  plugins: [new CamelCasePlugin(naming)],
});
