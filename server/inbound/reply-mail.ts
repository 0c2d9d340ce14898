import type { Trx } from '../db/database.ts';
import type { ReplyCase } from '../mail/variables.ts';
import { sendToOne } from '../mailings/personal.ts';
import { nobody } from '../web/links.ts';
import type { InvitationOfUid } from './reply-queries.ts';

const day = 86_400_000;

/**
 * Tells her what became of an answer from her calendar, at the address on record and nowhere else. Once a day at the most
 * for each invitation, so that two machines do not write to each other for ever; that one could not be proved hers, once.
 * Asks for the lock of its event.
 */
export async function tellOfReply(trx: Trx, of: InvitationOfUid, what: ReplyCase, now: Date): Promise<void> {
  const { id, eventId, personId, chapterId } = of;
  const told = await trx
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('template', '=', 'calendar_reply')
    .where('dueAt', '>', new Date(now.getTime() - day))
    .executeTakeFirst();
  if (told) return;
  const latest = await trx
    .selectFrom('rsvpHistory')
    .select('id')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const occasion = what === 'uncertain' ? what : String(now.getTime());
  await sendToOne(
    trx,
    [
      {
        kind: 'confirmation',
        template: 'calendar_reply',
        personId,
        chapterId,
        eventId,
        cause: `calendar_reply:${id}:${occasion}`,
        // What she answers meanwhile is newer than what this mail says.
        data: { what, historyId: latest?.id ?? nobody },
      },
    ],
    now,
  );
}
