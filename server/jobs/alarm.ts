import { fromKysely, type PgBoss } from 'pg-boss';
import type { Trx } from '../db/database.ts';

/** The queue that wakes us when a mailing falls due. */
export const dueQueue = 'mailing.due';

export type DueJob = { mailingId: string; revision: number };

/** Sets the alarm for a mailing, in the transaction that plans it: both happen, or neither. */
export type Alarm = {
  set(trx: Trx, mailing: { id: string; revision: number; dueAt: Date }): Promise<void>;
};

/** The alarm on pg-boss. `upsert` because a second plain `send` with the same key is silently dropped. */
export function bossAlarm(boss: PgBoss): Alarm {
  return {
    async set(trx, mailing) {
      const job: DueJob = { mailingId: mailing.id, revision: mailing.revision };
      await boss.upsert(dueQueue, job, {
        singletonKey: mailing.id,
        startAfter: mailing.dueAt,
        db: fromKysely(trx),
      });
    },
  };
}
