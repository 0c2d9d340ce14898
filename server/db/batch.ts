import type { Connection, CustomTypesConfig, Submittable } from 'pg';
import utils from 'pg/lib/utils.js';
import { nameOfColumn } from './naming.ts';

/** A statement with the name that it is prepared under, and its values in order. */
export type Sent = { text: string; name: string; values: readonly unknown[] };

/** What Kysely carries through to the connection in place of a statement's parameters. */
export class Calls {
  readonly sent: readonly Sent[];
  readonly commits: boolean;
  constructor(sent: readonly Sent[], { commits = false } = {}) {
    this.sent = sent;
    this.commits = commits;
  }
}

type Field = { name: string; parse: (text: string) => unknown };

/** How the rows of each prepared statement of a connection are read. */
const fieldsOf = new WeakMap<object, Map<string, Field[]>>();

type Parsed = Connection & {
  /** What `pg` itself keeps: the statements prepared on the connection. */
  parsedStatements: Record<string, string>;
};
type Description = { fields: { name: string; dataTypeID: number }[] };

/**
 * Several prepared statements in one round trip, as the protocol has it: nothing is answered before the one Sync at the
 * end, and after an error nothing else is done. A statement's columns are described once on each connection, with its
 * first call. For `pg`'s client a query of its own kind, like pg-cursor's.
 */
export class Batch implements Submittable {
  readonly calls: readonly Sent[];
  readonly result: Promise<unknown[][]>;
  /** `pg` sets it where queries have a time limit. */
  callback: ((error: Error | null, sets?: unknown[][]) => void) | undefined;
  readonly #values: (string | Buffer | null)[][];
  readonly #types: CustomTypesConfig;
  readonly #renews: boolean;
  readonly #sets: Record<string, unknown>[][] = [];
  #known = new Map<string, Field[]>();
  #at = 0;
  #fields: Field[] = [];
  #failed: Error | null = null;
  #settle: { resolve(sets: unknown[][]): void; reject(error: Error): void };

  /** @param renews prepares each statement anew, where what the connection has of it is out of date */
  constructor(calls: readonly Sent[], types: CustomTypesConfig, { renews = false } = {}) {
    this.calls = calls;
    // All at once and first: a value that cannot be written must not leave half a message on the connection.
    this.#values = calls.map(({ values }) => values.map((value) => utils.prepareValue(value)));
    this.#types = types;
    this.#renews = renews;
    const { promise, resolve, reject } = Promise.withResolvers<unknown[][]>();
    this.result = promise;
    this.#settle = { resolve, reject };
  }

  /** The statement that is being answered: under its name `pg` notes that it is prepared. */
  get name(): string | undefined {
    return this.calls[this.#at]?.name;
  }
  get text(): string | undefined {
    return this.calls[this.#at]?.text;
  }

  submit(connection: Connection): void {
    const { parsedStatements } = connection as Parsed;
    const known = fieldsOf.get(connection) ?? new Map<string, Field[]>();
    fieldsOf.set(connection, known);
    this.#known = known;
    const fresh = new Set<string>();
    connection.stream.cork();
    try {
      for (const [at, { name, text }] of this.calls.entries()) {
        if (this.#renews && !fresh.has(name)) {
          connection.close({ type: 'S', name }, true);
          delete parsedStatements[name];
          known.delete(name);
        }
        if (parsedStatements[name] === undefined && !fresh.has(name)) {
          connection.parse({ name, text, types: [] }, true);
        }
        fresh.add(name);
        connection.bind({ statement: name, values: this.#values[at] }, true);
        if (!known.has(name)) connection.describe({ type: 'P', name: '' }, true);
        connection.execute({}, true);
      }
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleRowDescription({ fields }: Description): void {
    this.#fields = fields.map(({ name, dataTypeID }) => ({
      name: nameOfColumn(name),
      parse: this.#types.getTypeParser(dataTypeID, 'text') as Field['parse'],
    }));
    this.#known.set(this.name as string, this.#fields);
  }

  handleDataRow({ fields: values }: { fields: (string | null)[] }): void {
    const fields = this.#known.get(this.name as string) ?? this.#fields;
    const row: Record<string, unknown> = {};
    try {
      for (let i = 0; i < fields.length; i += 1) {
        const { name, parse } = fields[i] as Field;
        const value = values[i] as string | null;
        row[name] = value === null ? null : parse(value);
      }
    } catch (error) {
      this.#failed ??= error as Error;
    }
    this.#rows().push(row);
  }

  handleCommandComplete(): void {
    if (!this.#known.has(this.name as string)) this.#known.set(this.name as string, []);
    this.#rows();
    this.#at += 1;
  }

  #rows(): Record<string, unknown>[] {
    const rows = this.#sets[this.#at] ?? [];
    this.#sets[this.#at] = rows;
    return rows;
  }

  handleReadyForQuery(): void {
    if (this.#failed) this.handleError(this.#failed);
    else {
      this.callback?.(null, this.#sets);
      this.#settle.resolve(this.#sets);
    }
  }

  handleError(error: Error): void {
    this.callback?.(error);
    this.#settle.reject(error);
  }

  /** None of these statements is empty, reads in portions, or copies. */
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(connection: Connection & { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('no statement that is sent with others copies');
  }
  handleCopyData(): void {}
}
