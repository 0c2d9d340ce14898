import type { Trx } from '../db/database.ts';

/** The queue that wakes us when a mailing falls due. */
export const dueQueue = 'mailing.due';

export type DueJob = { mailingId: string; revision: number };

/** Sets the alarm for a mailing, in the transaction that plans it: both happen, or neither. */
export type Alarm = {
  set(trx: Trx, mailing: { id: string; revision: number; dueAt: Date }): Promise<void>;
};
