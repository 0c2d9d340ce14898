import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';

/**
 * The chapters that hold an event: its own, and those that agreed to hold it too. As SQL to compare a chapter's id
 * with, over the event's own values or columns.
 */
export function holdersOf(
  event: { id: string; chapterId: string } | { id: RawBuilder<unknown>; chapterId: RawBuilder<unknown> },
): RawBuilder<string> {
  return sql`any (array(
    select ${event.chapterId}::uuid
    union all select h.chapter_id from event_cohosts h where h.event_id = ${event.id} and h.accepted_at is not null))`;
}

/**
 * The ids of the chapters that hold an event. For a query over all their members: with the ids in hand the database
 * knows how few rows to expect.
 */
export async function findHolders(db: Db, event: { id: string; chapterId: string }): Promise<string[]> {
  const cohosts = await db
    .selectFrom('eventCohosts')
    .select('chapterId')
    .where('eventId', '=', event.id)
    .where('acceptedAt', 'is not', null)
    .execute();
  return [event.chapterId, ...cohosts.map(({ chapterId }) => chapterId)];
}

/** The ids of the events that any of some chapters holds, alone or with others. */
export function heldBy(chapterIds: readonly string[]): RawBuilder<string> {
  return sql`(
    select own.id from events own where own.chapter_id = any (${chapterIds}::uuid[])
    union
    select shared.event_id from event_cohosts shared
    where shared.chapter_id = any (${chapterIds}::uuid[]) and shared.accepted_at is not null)`;
}

/** The ids of the chapters that hold an event beside its own, over a row of `events`. */
export const cohostIds = sql<string[]>`array(
  select h.chapter_id from event_cohosts h where h.event_id = events.id and h.accepted_at is not null)`;

/**
 * Whether somebody is another chapter's, as far as an event is concerned that it holds with others: a member there, and
 * not of the chapter that is named. What reaches her is not told outside her own.
 */
export function isAnothers(of: {
  eventId: RawBuilder<unknown>;
  personId: RawBuilder<unknown>;
  chapterId: RawBuilder<unknown>;
}): RawBuilder<boolean> {
  // One row is looked up for each person: a plain EXISTS would be answered by reading every membership there is.
  const belongs = (chapter: RawBuilder<unknown>) => sql`coalesce((
    select true from memberships hers where hers.person_id = ${of.personId} and hers.chapter_id = ${chapter}
      and hers.ends_at is null limit 1), false)`;
  return sql`(exists (select 1 from event_cohosts h where h.event_id = ${of.eventId} and h.accepted_at is not null and ${belongs(sql`h.chapter_id`)})
    and not ${belongs(of.chapterId)})`;
}

/** The names of the chapters that hold an event beside its own, over the alias `e` (events). */
export const cohostNames = sql<string[]>`array(
  select c.name from event_cohosts h join chapters c on c.id = h.chapter_id
  where h.event_id = e.id and h.accepted_at is not null order by c.name, c.id)`;
