import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { optedOut } from '../mailings/opt-outs.ts';

/** In characters. */
export const longestNote = 500;

type Writer = { eventId: string; personId: string };

/** Whether somebody was seen at an event: only then has she heard anybody. */
export async function wasThere(db: Db, { eventId, personId }: Writer): Promise<boolean> {
  const row = await db
    .selectFrom('attendance')
    .select('personId')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Those who presented themselves and let their name be seen, with what this writer has written to each. Whoever no mail
 * reaches, or who wants none of this kind, is not among them: a note that nobody reads is not asked for.
 */
export async function listNotesOf(db: Db, { eventId, personId }: Writer) {
  const { rows } = await sql<{
    id: string;
    firstName: string;
    lastName: string;
    text: string | null;
    signed: boolean | null;
    mailedAt: Date | null;
  }>`
    select p.id, p.first_name, p.last_name, n.text, n.signed, n.mailed_at
    from pitches t
    join invitations i on i.event_id = t.event_id and i.person_id = t.person_id
    join people p on p.id = t.person_id and p.erased_at is null and p.email is not null
    left join pitch_notes n on n.event_id = t.event_id and n.to_person_id = t.person_id and n.from_person_id = ${personId}
    where t.event_id = ${eventId} and t.person_id <> ${personId} and i.visible
      and not ${optedOut({
        personId: sql.ref('p.id'),
        chapterId: sql.ref('t.chapter_id'),
        eventId: sql.ref('t.event_id'),
        topic: 'feedback',
      })}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id`.execute(db);
  return rows;
}

export type PitchNote = { toPersonId: string; text: string; signed: boolean };

/** Keeps what she writes, or takes it back where nothing is left of it. What is on its way stays as it is. */
export async function saveNotes(
  trx: Trx,
  writer: Writer & { chapterId: string },
  notes: readonly PitchNote[],
  now: Date,
): Promise<void> {
  const { eventId, personId: fromPersonId, chapterId } = writer;
  for (const { toPersonId, text, signed } of notes) {
    if (text === '') {
      await trx
        .deleteFrom('pitchNotes')
        .where('eventId', '=', eventId)
        .where('fromPersonId', '=', fromPersonId)
        .where('toPersonId', '=', toPersonId)
        .where('mailedAt', 'is', null)
        .execute();
      continue;
    }
    await trx
      .insertInto('pitchNotes')
      .values({ eventId, fromPersonId, toPersonId, chapterId, text, signed, writtenAt: now })
      .onConflict((conflict) =>
        conflict
          .columns(['eventId', 'fromPersonId', 'toPersonId'])
          .doUpdateSet({ text, signed, writtenAt: now })
          .where('pitchNotes.mailedAt', 'is', null),
      )
      .execute();
  }
}
