import { sql } from 'kysely';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { outOfQuietHours } from '../mailings/quiet-hours.ts';
import { roundsOf } from './pitch-rules.ts';

/** What is written about an evening is kept as long as the link on which it was written. */
const keptForMs = 60 * 86_400_000;

type Waiting = {
  eventId: string;
  chapterId: string;
  toPersonId: string;
  endsAt: Date;
  timeZone: string;
  quietFrom: string;
  quietUntil: string;
  hadMail: boolean;
};

/**
 * Brings the notes to who presented herself: all that were written by the second day in one mail, and those that came
 * later in one more on the seventh. They wait together, so that the hour of a mail says of nobody that she wrote.
 */
export async function sendPitchNotes(deps: Deps): Promise<void> {
  const now = deps.clock();
  const { rows } = await sql<Waiting>`
    select distinct n.event_id, e.chapter_id, n.to_person_id, e.ends_at, e.time_zone, c.quiet_from, c.quiet_until,
      exists (select 1 from pitch_notes m where m.event_id = n.event_id and m.to_person_id = n.to_person_id
        and m.mailed_at is not null) as had_mail
    from pitch_notes n
    join events e on e.id = n.event_id and e.state <> 'cancelled'
    join chapters c on c.id = e.chapter_id
    join pitches t on t.event_id = n.event_id and t.person_id = n.to_person_id
    join people p on p.id = n.to_person_id and p.email is not null and p.erased_at is null
    where n.mailed_at is null and e.ends_at < ${new Date(now.getTime() - 86_400_000)}`.execute(deps.db);
  for (const waiting of rows) {
    const { first, last } = roundsOf(waiting);
    const quiet = { from: waiting.quietFrom, until: waiting.quietUntil };
    const isDue = (at: Date) => outOfQuietHours(at, waiting.timeZone, quiet) <= now;
    if (isDue(last)) await bring(deps, waiting, { round: 2, writtenBefore: now, now });
    else if (isDue(first) && !waiting.hadMail)
      await bring(deps, waiting, { round: 1, writtenBefore: first, now });
  }
}

async function bring(
  deps: Deps,
  { eventId, chapterId, toPersonId }: Waiting,
  { round, writtenBefore, now }: { round: number; writtenBefore: Date; now: Date },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const brought = await trx
      .updateTable('pitchNotes')
      .set({ mailedAt: now, round })
      .where('eventId', '=', eventId)
      .where('toPersonId', '=', toPersonId)
      .where('mailedAt', 'is', null)
      .where('writtenAt', '<=', writtenBefore)
      .executeTakeFirst();
    if (brought.numUpdatedRows === 0n) return;
    // No event stands beside it in the ledger: who looks at an event's mails does not see that somebody wrote.
    const mail = {
      kind: 'feedback' as const,
      template: 'pitch_notes',
      personId: toPersonId,
      chapterId,
      eventId: null,
      cause: `pitch_notes:${eventId}:${toPersonId}:${round}`,
      data: { pitchEventId: eventId, round },
    };
    await sendToOne(trx, [mail], now);
  });
}

/** What was written two months ago has been read, or is read no more. */
export async function forgetPitchNotes(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  await sql`delete from pitch_notes n using events e
    where e.id = n.event_id and e.ends_at < ${new Date(deps.clock().getTime() - keptForMs)}`.execute(deps.db);
}
