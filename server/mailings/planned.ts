import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';

/** Mailings that have not begun to leave: each is written together with its alarm, or not at all. */

export const isOpen = (state: string) => state === 'planned' || state === 'held';

/** Plans a mailing, once for its cause. */
export async function insertMailing(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  mailing: {
    event: { id: string; chapterId: string };
    kind: string;
    template: string;
    audience: string;
    ruleKey?: string;
    cause: string;
    exact: boolean;
    dueAt: Date;
    data?: unknown;
  },
): Promise<void> {
  const { event, data, ruleKey, ...rest } = mailing;
  const row = await trx
    .insertInto('mailings')
    .values({
      ...rest,
      ruleKey: ruleKey ?? null,
      chapterId: event.chapterId,
      eventId: event.id,
      data: JSON.stringify(data ?? {}),
    })
    .onConflict((conflict) => conflict.constraint('mailings_cause_key').doNothing())
    .returning(['id', 'revision', 'dueAt'])
    .executeTakeFirst();
  if (row) await deps.alarm.set(trx, row);
}

/** Moves an open mailing to another moment; into the past, it is missed. */
export async function moveMailing(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  mailing: { id: string; dueAt: Date; state: string; revision: number },
  due: Date,
  now: Date,
): Promise<void> {
  if (mailing.dueAt.getTime() === due.getTime()) return;
  const revision = mailing.revision + 1;
  const past = due < now;
  await trx
    .updateTable('mailings')
    .set({ dueAt: due, revision, ...(past && { state: 'missed', reason: 'moved', doneAt: now }) })
    .where('id', '=', mailing.id)
    .execute();
  if (!past && mailing.state === 'planned')
    await deps.alarm.set(trx, { id: mailing.id, revision, dueAt: due });
}

/** Changes an open mailing, and sets its alarm anew where it is to leave. */
export async function setOpen(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  mailing: { id: string; revision: number },
  changes: { state?: 'planned' | 'held'; dueAt?: Date; ruleKey?: string | null; exact?: boolean },
): Promise<void> {
  const row = await trx
    .updateTable('mailings')
    .set({ ...changes, revision: mailing.revision + 1, reason: null, doneAt: null })
    .where('id', '=', mailing.id)
    .returning(['id', 'revision', 'dueAt', 'state'])
    .executeTakeFirstOrThrow();
  if (row.state === 'planned') await deps.alarm.set(trx, row);
}

/** Takes back a mailing that is just leaving: whom it has not reached, it does not reach. */
export async function callOff(trx: Trx, id: string, now: Date): Promise<void> {
  await trx
    .updateTable('mailings')
    .set({ state: 'cancelled', reason: 'moved', doneAt: now })
    .where('id', '=', id)
    .execute();
}

/** Closes those of some mailings that have not begun to leave. */
export async function closeOpen(
  trx: Trx,
  ids: readonly string[],
  state: 'cancelled' | 'missed',
  reason: string,
  now: Date,
): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .updateTable('mailings')
    .set({ state, reason, doneAt: now, revision: sql`revision + 1` })
    .where('id', 'in', [...ids])
    .where('state', 'in', ['planned', 'held'])
    .execute();
}
