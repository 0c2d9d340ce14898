import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/**
 * The pairs among some people who were in one room before, at an event of the same chapter that began earlier: as
 * `smaller id|greater id`.
 */
export async function findPairsMet(
  db: Db,
  event: { id: string; chapterId: string; startsAt: Date },
  personIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await sql<{ one: string; other: string }>`
    with present as (
      select a.event_id, a.person_id from attendance a join events e on e.id = a.event_id
      where a.person_id = any (${personIds}::uuid[]) and a.mode = 'room'
        and e.chapter_id = ${event.chapterId} and e.id <> ${event.id} and e.starts_at < ${event.startsAt})
    select distinct one.person_id as one, other.person_id as other
    from present one join present other on other.event_id = one.event_id and other.person_id > one.person_id
  `.execute(db);
  return new Set(rows.map(({ one, other }) => pairOf(one, other)));
}

/** The name of a pair, whichever of the two comes first. */
export function pairOf(one: string, other: string): string {
  return one < other ? `${one}|${other}` : `${other}|${one}`;
}
