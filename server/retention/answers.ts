import { type RawBuilder, sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import { lastDay } from '../insights/queries.ts';
import type { Limits } from './steps.ts';

/**
 * Sums one event up, the oldest first, and takes out who had which part in it. What stays: numbers without names, and of
 * each who was there that she was, so that nobody is called a newcomer twice.
 * @returns 1; 0 where no event has had its time
 */
export async function sumUpAnswers(trx: Trx, { now, answers }: Limits): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    select e.id from events e
    where e.ends_at <= ${answers} and e.state in ('published', 'ended', 'cancelled')
      and (not exists (select 1 from event_sums s where s.event_id = e.id)
        -- Written down when it was summed up already: it is not counted any more, and goes.
        or exists (select 1 from invitations i where i.event_id = e.id)
        or exists (select 1 from attendance a where a.event_id = e.id))
    order by e.ends_at, e.id limit 1 for no key update of e skip locked`.execute(trx);
  const eventId = rows[0]?.id;
  if (!eventId) return 0;
  await writeSums(trx, eventId, now);
  await sql`
    insert into past_presence as past (person_id, chapter_id, first_at, last_at)
    select a.person_id, a.chapter_id, e.starts_at, e.starts_at
    from attendance a join events e on e.id = a.event_id where a.event_id = ${eventId}
    on conflict (person_id, chapter_id) do update
      set first_at = least(past.first_at, excluded.first_at), last_at = greatest(past.last_at, excluded.last_at)`.execute(
    trx,
  );
  await forgetParts(trx, eventId);
  return 1;
}

/** The same figures as the desk counts from the rows themselves (`server/insights/queries.ts`). */
async function writeSums(trx: Trx, eventId: string, now: Date): Promise<void> {
  const state = (name: string) => sql`count(*) filter (where r.state = ${name})`;
  await sql`
    insert into event_sums (event_id, chapter_id, invited, going, maybe, declined, waitlisted, offered, withdrawn, late,
      refilled, missed, guests, attended_room, attended_online, walk_ins, first_times, came_again, answers_by_day, summed_at)
    select e.id, e.chapter_id, count(i.person_id), ${state('going')}, ${state('maybe')}, ${state('declined')},
      ${state('waitlisted')}, ${state('offered')}, ${state('withdrawn')},
      count(*) filter (where r.state = 'withdrawn' and r.late),
      count(*) filter (where r.state = 'going' and exists (
        select 1 from rsvp_history h where h.event_id = e.id and h.person_id = i.person_id
          and h.state in ('waitlisted', 'offered'))),
      count(*) filter (where r.state = 'going' and a.person_id is null
        and (case r.mode when 'room' then e.room_complete_at else e.online_complete_at end) is not null),
      coalesce(sum(r.guests) filter (where r.state = 'going'), 0),
      count(a.person_id) filter (where a.mode = 'room'), count(a.person_id) filter (where a.mode = 'online'),
      count(a.person_id) filter (where a.walk_in),
      count(a.person_id) filter (where f.is_first), count(a.person_id) filter (where f.is_first and f.again),
      ${firstAnswersByDay}, ${now}
    from events e
    left join invitations i on i.event_id = e.id
    left join rsvps r on r.event_id = e.id and r.person_id = i.person_id
    left join attendance a on a.event_id = e.id and a.person_id = i.person_id
    left join lateral (
      select not exists (select 1 from past_presence z where z.person_id = a.person_id and z.chapter_id = e.chapter_id)
          and not exists (${seenWithin(sql`b.starts_at < e.starts_at`)}) as is_first,
        exists (${seenWithin(sql`b.starts_at > e.starts_at and b.starts_at <= e.starts_at + interval '90 days'`)}) as again
    ) f on true
    where e.id = ${eventId} group by e.id
    on conflict (event_id) do nothing`.execute(trx);
}

const seenWithin = (when: RawBuilder<unknown>) => sql`
  select 1 from attendance x join events b on b.id = x.event_id
  where x.person_id = a.person_id and x.chapter_id = e.chapter_id and ${when}`;

const firstAnswersByDay = sql`(
  select array_agg((
    select count(*)::int from (select min(h.at) as at from rsvp_history h where h.event_id = e.id group by h.person_id) f
    where least(${lastDay}, greatest(0, floor(extract(epoch from f.at - e.published_at) / 86400))) = d.day) order by d.day)
  from generate_series(0, ${lastDay}::int) as d (day))`;

/** Each table in which somebody has a part in an event, in the order in which they may go. */
const parts = [
  'question_answers',
  'feedback_answers',
  'meet_wishes',
  'thanks_lines',
  'pitch_notes',
  'pitches',
  'guest_attendance',
  'door_marks',
  'door_walk_ins',
  'attendance',
  'rsvps',
  'rsvp_history',
  'calendar_replies',
  'invitations',
  'consents',
  'event_hosts',
  'welcomes',
  'deliveries',
] as const;

async function forgetParts(trx: Trx, eventId: string): Promise<void> {
  // History and consents are append-only, but for this.
  await sql`set local ritrovo.retention = 'on'`.execute(trx);
  await sql`
    delete from event_link_people p using event_links l where l.id = p.link_id and l.event_id = ${eventId}`.execute(
    trx,
  );
  for (const table of parts) {
    await sql`delete from ${sql.table(table)} where event_id = ${eventId}`.execute(trx);
  }
  await sql`delete from mailings m where event_id = ${eventId} and person_id is not null
    and not exists (select 1 from messages x where x.mailing_id = m.id)
    and not exists (select 1 from deliveries x where x.mailing_id = m.id)`.execute(trx);
}
