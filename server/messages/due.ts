import type { Trx } from '../db/database.ts';
import { expandMessage } from './audience.ts';

/** A message falls due: its words and its audience are as they stand in this transaction, and from now on they stay. */
export async function expandDueMessage(
  trx: Trx,
  mailing: { id: string; messageId: string; dueAt: Date },
  now: Date,
): Promise<void> {
  const message = await trx
    .selectFrom('messages')
    .select(['id', 'chapterId', 'audience', 'eventId', 'eventAudience'])
    .where('id', '=', mailing.messageId)
    .executeTakeFirstOrThrow();
  await expandMessage(trx, mailing.id, message, { now, at: mailing.dueAt });
}
