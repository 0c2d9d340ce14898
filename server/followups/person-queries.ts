import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { inPart, type Part } from '../people/export-part.ts';
import type { Pair } from '../people/merge-queries.ts';

/** What becomes of all that follows an event when somebody is erased, or when two rows of hers become one. */

/** What was written to her and by her, where she was seen and that she presented herself. */
export async function forgetFollowUps(trx: Trx, personId: string): Promise<void> {
  await trx.deleteFrom('thanksLines').where('personId', '=', personId).execute();
  await trx.deleteFrom('eventLinkPeople').where('personId', '=', personId).execute();
  await trx.deleteFrom('pitches').where('personId', '=', personId).execute();
  await sql`delete from pitch_notes where ${personId} in (from_person_id, to_person_id)`.execute(trx);
}

/** Of two notes to one woman about one evening, that of the row which stays; a note to herself is none. */
export async function joinPitchNotes(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`delete from pitch_notes
    where ${keptId} in (from_person_id, to_person_id) and ${goneId} in (from_person_id, to_person_id)`.execute(
    trx,
  );
  for (const [mine, other] of [
    ['from_person_id', 'to_person_id'],
    ['to_person_id', 'from_person_id'],
  ] as const) {
    await sql`
      insert into pitch_notes (${sql.ref(mine)}, ${sql.ref(other)}, event_id, chapter_id, text, signed, written_at,
        mailed_at, round)
      select ${keptId}, ${sql.ref(other)}, event_id, chapter_id, text, signed, written_at, mailed_at, round
      from pitch_notes where ${sql.ref(mine)} = ${goneId}
      on conflict do nothing`.execute(trx);
    await sql`delete from pitch_notes where ${sql.ref(mine)} = ${goneId}`.execute(trx);
  }
}

/**
 * What her copy of her data says of it: the lines written to her, the photos that she was seen in, where she presented
 * herself, and her notes. The notes are hers who wrote them and hers who got them: no coordinator's copy has them.
 */
export async function exportFollowUps(db: Db, part: Part) {
  const { personId, isPrivate } = part;
  const lines = await db
    .selectFrom('thanksLines')
    .select(['eventId', 'text', 'updatedAt as writtenAt'])
    .where('personId', '=', personId)
    .where(inPart('chapterId', part))
    .orderBy('eventId')
    .execute();
  const photos = await db
    .selectFrom('eventLinkPeople as p')
    .innerJoin('eventLinks as l', 'l.id', 'p.linkId')
    .select(['l.eventId', 'l.title', 'l.url'])
    .where('p.personId', '=', personId)
    .where(inPart('p.chapterId', part))
    .orderBy('l.id')
    .execute();
  const presented = await db
    .selectFrom('pitches')
    .select('eventId')
    .where('personId', '=', personId)
    .where(inPart('chapterId', part))
    .orderBy('eventId')
    .execute();
  const notesWritten = !isPrivate
    ? []
    : await db
        .selectFrom('pitchNotes')
        .select(['eventId', 'text', 'signed', 'writtenAt'])
        .where('fromPersonId', '=', personId)
        .orderBy('writtenAt')
        .execute();
  // Only what has been told to her; who wrote it, where she signed.
  const notesReceived = !isPrivate
    ? []
    : await db
        .selectFrom('pitchNotes as n')
        .innerJoin('people as p', 'p.id', 'n.fromPersonId')
        .select(['n.eventId', 'n.text', 'n.mailedAt'])
        .select(sql<string | null>`case when n.signed then p.first_name end`.as('from'))
        .where('n.toPersonId', '=', personId)
        .where('n.mailedAt', 'is not', null)
        .orderBy('n.writtenAt')
        .execute();
  return { lines, photos, presented, notesWritten, notesReceived };
}
