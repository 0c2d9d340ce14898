import type { Kysely, Transaction } from 'kysely';
import type { DB } from './types.ts';

/** The pool, or a transaction. */
export type Db = Kysely<DB>;
/** A transaction: for a lock, or for writes that belong together. */
export type Trx = Transaction<DB>;
