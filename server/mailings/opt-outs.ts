import { type RawBuilder, sql } from 'kysely';

/**
 * Whether a person gave a topic up, as far as a mail about an event is concerned: where its chapter writes to her, or,
 * as she belongs to another chapter that holds the event with it, where that one does. What she told her own group
 * holds for a mail that comes to her through it.
 */
export function optedOut(of: {
  personId: RawBuilder<unknown>;
  chapterId: RawBuilder<unknown>;
  eventId: RawBuilder<unknown>;
  topic: string | null;
}): RawBuilder<boolean> {
  return sql`exists (
    select 1 from preferences o
    where o.person_id = ${of.personId} and o.topic = ${of.topic}
      and (o.chapter_id = ${of.chapterId} or (
        o.chapter_id in (select h.chapter_id from event_cohosts h where h.event_id = ${of.eventId})
        and not exists (select 1 from memberships own where own.person_id = o.person_id
          and own.chapter_id = ${of.chapterId} and own.ends_at is null))))`;
}
