import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Whose a person is to a coordinator: she may reach into her own chapters, and not through a person into others. */
export type Reach = {
  /** The chapters of whoever asks. */
  chapterIds: readonly string[];
  isAdministrator: boolean;
};

const elsewhere = (column: string, chapterIds: readonly string[]): RawBuilder<boolean> =>
  sql`not (${sql.ref(column)} = any (${chapterIds}::uuid[]))`;

/** An evening's links open so long after its end, and its door to who helped there. */
const linksLastMs = 7 * 86_400_000;

/**
 * Whether a person has to do with another chapter now, as a member or for an event whose links still open something, or
 * administers the network: then her name and address are not one chapter's to change.
 */
export async function belongsElsewhere(
  db: Db,
  personId: string,
  { chapterIds, isAdministrator }: Reach,
  now: Date,
): Promise<boolean> {
  if (isAdministrator) return false;
  const since = new Date(now.getTime() - linksLastMs);
  const { rows } = await sql<{ is: boolean }>`select (
    exists (select 1 from network_administrators where person_id = ${personId})
    or exists (select 1 from memberships m
      where m.person_id = ${personId} and (m.ends_at is null or m.ends_at > ${now})
        and ${elsewhere('m.chapter_id', chapterIds)})
    or exists (select 1 from event_hosts h join events e on e.id = h.event_id
      where h.person_id = ${personId} and e.ends_at > ${since} and ${elsewhere('h.chapter_id', chapterIds)})
    or exists (select 1 from invitations i join events e on e.id = i.event_id
      where i.person_id = ${personId} and e.ends_at > ${since} and ${elsewhere('i.chapter_id', chapterIds)})
    ) as is`.execute(db);
  return rows[0]?.is ?? true;
}

/** Whether anything of a person, past things too, lies in another chapter: a merge would move it. */
export async function hasTraceElsewhere(
  db: Db,
  personId: string,
  { chapterIds, isAdministrator }: Reach,
): Promise<boolean> {
  if (isAdministrator) return false;
  const { rows } = await sql<{ is: boolean }>`select (
    exists (select 1 from network_administrators where person_id = ${personId})
    or exists (select 1 from memberships m where m.person_id = ${personId} and ${elsewhere('m.chapter_id', chapterIds)})
    or exists (select 1 from event_hosts h where h.person_id = ${personId} and ${elsewhere('h.chapter_id', chapterIds)})
    or exists (select 1 from preferences o where o.person_id = ${personId} and ${elsewhere('o.chapter_id', chapterIds)})
    or exists (select 1 from invitations i where i.person_id = ${personId} and ${elsewhere('i.chapter_id', chapterIds)})
    ) as is`.execute(db);
  return rows[0]?.is ?? true;
}
