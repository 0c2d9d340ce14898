import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { thanksKinds } from './rules.ts';

/** An event with those of its thanks that can still be changed. */
export async function findThanks(db: Db, eventId: string) {
  const event = await db
    .selectFrom('events')
    .innerJoin('chapters', 'chapters.id', 'events.chapterId')
    .select(['events.endsAt', 'events.timeZone', 'chapters.quietFrom', 'chapters.quietUntil'])
    .where('events.id', '=', eventId)
    .executeTakeFirst();
  const open = await db
    .selectFrom('mailings')
    .select(['id', 'kind', 'state', 'dueAt'])
    .where('eventId', '=', eventId)
    .where('kind', 'in', [...thanksKinds])
    .where('audience', 'is not', null)
    .where('state', 'in', ['planned', 'held'])
    .orderBy('dueAt')
    .orderBy('id')
    .execute();
  return { event, open };
}

/** Whether one of the thanks has left for somebody, or is just leaving. `personId`: a column or an id. */
export function isThanked(eventId: RawBuilder<unknown>, personId: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select 1 from deliveries d join mailings m on m.id = d.mailing_id
    where d.event_id = ${eventId} and d.person_id = ${personId} and m.audience is not null
      and m.kind in ('thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined')
      and (d.state in ('sent', 'unknown') or d.state = 'sending' and d.phase = 'data'))`;
}
