import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** What a mail brings to who presented herself. `by`: who wrote it, where she signed. */
export type PitchFacts = {
  title: string;
  notes: { text: string; by: { firstName: string; lastName: string } | null }[];
  /** The notes as `notesAsJson` tells them: compared again when the mail leaves. */
  json: string;
};

/** Whose notes of which mail: those that were planned together. */
export type NotesOf = {
  eventId: RawBuilder<unknown>;
  personId: RawBuilder<unknown>;
  round: RawBuilder<unknown>;
};

/** The notes as JSON, as they stand now: those of somebody erased are gone, and who did not sign is not in it. */
export function notesAsJson({ eventId, personId, round }: NotesOf): RawBuilder<string> {
  return sql<string>`(select coalesce(jsonb_agg(jsonb_build_object('text', n.text,
      'by', case when n.signed then jsonb_build_object('firstName', p.first_name, 'lastName', p.last_name) end)
    order by n.written_at, n.text), '[]')::text
    from pitch_notes n join people p on p.id = n.from_person_id and p.erased_at is null
    where n.event_id = ${eventId} and n.to_person_id = ${personId} and n.round = ${round})`;
}

export async function loadPitchNotes(
  db: Db,
  of: { eventId: string; personId: string; round: number },
): Promise<PitchFacts | null> {
  const { rows } = await sql<{ title: string; json: string }>`
    select e.title, ${notesAsJson({
      eventId: sql`e.id`,
      personId: sql`${of.personId}::uuid`,
      round: sql`${of.round}::int`,
    })} as json
    from events e where e.id = ${of.eventId}`.execute(db);
  const [row] = rows;
  return row ? { ...row, notes: JSON.parse(row.json) as PitchFacts['notes'] } : null;
}
