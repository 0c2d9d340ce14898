import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** What a group's events came to, in numbers: never who, and never one person beside another. */
export type Sums = {
  events: number;
  /** Events of which it is known who came. */
  known: number;
  going: number;
  room: number;
  online: number;
  missed: number;
  late: number;
  refilled: number;
};
export type MonthSums = Sums & { month: string };

type Scope = { chapterId: string; timeZone: string; from: Date; to: Date };

/** Whether an event's answers were summed up, over the alias `e` (events): then its rows are gone, and the sums stay. */
const isSummed = sql`exists (select 1 from event_sums z where z.event_id = e.id)`;

/** An event's people by what became of their answer, over the alias `e` (events). */
const sumsOfEvent = sql`
  select z.going, z.attended_room as room, z.attended_online as online, z.missed, z.late, z.refilled
  from event_sums z where z.event_id = e.id
  union all
  select
    count(*) filter (where r.state = 'going') as going,
    count(a.person_id) filter (where a.mode = 'room') as room,
    count(a.person_id) filter (where a.mode = 'online') as online,
    count(*) filter (where r.state = 'going' and a.person_id is null
      and (case r.mode when 'room' then e.room_complete_at else e.online_complete_at end) is not null) as missed,
    count(*) filter (where r.state = 'withdrawn' and r.late) as late,
    count(*) filter (where r.state = 'going' and exists (
      select 1 from rsvp_history h where h.event_id = i.event_id and h.person_id = i.person_id
        and h.state in ('waitlisted', 'offered'))) as refilled
  from invitations i
  left join rsvps r on r.event_id = i.event_id and r.person_id = i.person_id
  left join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
  where i.event_id = e.id
  having not ${isSummed}`;

const isKnown = sql`((e.format = 'online' or e.room_complete_at is not null)
  and (e.format = 'in_person' or e.online_complete_at is not null))`;

/** The months of a period, with what took place in each. */
export async function sumMonths(db: Db, of: Scope): Promise<MonthSums[]> {
  const result = await sql<MonthSums>`
    select to_char(e.starts_at at time zone ${of.timeZone}, 'YYYY-MM') as month, count(*)::int as events,
      count(*) filter (where ${isKnown})::int as known,
      sum(s.going)::int as going, sum(s.room)::int as room, sum(s.online)::int as online,
      sum(s.missed)::int as missed, sum(s.late)::int as late, sum(s.refilled)::int as refilled
    from events e cross join lateral (${sumsOfEvent}) s
    where e.chapter_id = ${of.chapterId} and e.starts_at >= ${of.from} and e.starts_at < ${of.to}
      and e.state in ('published', 'ended') and e.ends_at <= ${of.to}
    group by 1 order by 1
  `.execute(db);
  return result.rows;
}

export async function sumEvent(db: Db, eventId: string): Promise<Sums> {
  const result = await sql<Sums>`
    select 1 as events, (${isKnown})::int as known, s.going::int, s.room::int, s.online::int, s.missed::int,
      s.late::int, s.refilled::int
    from events e cross join lateral (${sumsOfEvent}) s where e.id = ${eventId}
  `.execute(db);
  return result.rows[0] as Sums;
}

export type Newcomers = { month: string; newcomers: number; again: number; tooEarly: number };

/**
 * Those who came for the first time in a period, and how many of them came again within 90 days. Whose 90 days are not
 * over, and who has not come again yet, counts apart.
 */
export async function sumNewcomers(db: Db, of: Scope, now: Date): Promise<Newcomers[]> {
  const result = await sql<Newcomers>`
    with seen as (
      select a.person_id, e.starts_at,
        row_number() over (partition by a.person_id order by e.starts_at, e.id) as place,
        lead(e.starts_at) over (partition by a.person_id order by e.starts_at, e.id) as next_at
      from attendance a join events e on e.id = a.event_id
      where a.chapter_id = ${of.chapterId})
    select to_char(starts_at at time zone ${of.timeZone}, 'YYYY-MM') as month, sum(newcomers)::int as newcomers,
      sum(again)::int as again, sum(too_early)::int as too_early
    from (
      select starts_at, 1 as newcomers, (next_at <= starts_at + interval '90 days')::int as again,
        ((next_at is null or next_at > starts_at + interval '90 days')
          and starts_at + interval '90 days' > ${now})::int as too_early
      from seen where place = 1 and not exists (
        select 1 from past_presence z where z.person_id = seen.person_id and z.chapter_id = ${of.chapterId})
      union all
      select e.starts_at, z.first_times, z.came_again, 0 from event_sums z join events e on e.id = z.event_id
      where z.chapter_id = ${of.chapterId}) first
    where starts_at >= ${of.from} and starts_at < ${of.to}
    group by 1 having sum(newcomers) > 0 order by 1
  `.execute(db);
  return result.rows;
}

/** How many of an event's people were there for the first time. */
export async function countFirstTimers(db: Db, eventId: string): Promise<number> {
  const result = await sql<{ count: number }>`
    select coalesce((select first_times from event_sums where event_id = ${eventId}), (
      select count(*) from attendance a join events e on e.id = a.event_id
      where a.event_id = ${eventId} and not exists (
        select 1 from attendance earlier join events before on before.id = earlier.event_id
        where earlier.person_id = a.person_id and earlier.chapter_id = a.chapter_id and before.starts_at < e.starts_at)
      and not exists (
        select 1 from past_presence z where z.person_id = a.person_id and z.chapter_id = a.chapter_id)))::int as count
  `.execute(db);
  return result.rows[0]?.count ?? 0;
}

/** The days after publication up to the last bar, which holds all that came later. */
export const lastDay = 14;

/** First answers by the days since their event was published. */
export async function sumAnswers(
  db: Db,
  of: { eventId: string } | Scope,
): Promise<{ day: number; count: number }[]> {
  const events =
    'eventId' in of
      ? sql`e.id = ${of.eventId}`
      : sql`e.chapter_id = ${of.chapterId} and e.starts_at >= ${of.from} and e.starts_at < ${of.to}`;
  const result = await sql<{ day: number; count: number }>`
    select day::int, sum(count)::int as count
    from events e cross join lateral (
      select least(${lastDay}, greatest(0, floor(extract(epoch from f.at - e.published_at) / 86400))) as day, 1 as count
      from (select min(h.at) as at from rsvp_history h where h.event_id = e.id group by h.person_id) f
      union all
      select d.place - 1, d.count from event_sums z, unnest(z.answers_by_day) with ordinality as d (count, place)
      where z.event_id = e.id and d.count > 0) days
    where ${events} and e.published_at is not null and e.state <> 'cancelled'
    group by 1 order by 1
  `.execute(db);
  return result.rows;
}
