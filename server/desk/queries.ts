import { type RawBuilder, sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import { cohostIds, heldBy } from '../events/holders.ts';
import { countsByState } from '../mailings/queries.ts';
import { mailFails } from '../people/arrival.ts';

/** An event, whoever's it is, with the chapters that hold it beside its own. */
export async function findDeskEvent(db: Db, eventId: string) {
  return db
    .selectFrom('events')
    .selectAll()
    .select(cohostIds.as('cohostIds'))
    .where('id', '=', eventId)
    .executeTakeFirst();
}

export type DeskEvent = NonNullable<Awaited<ReturnType<typeof findDeskEvent>>>;

/** Any of these ids, and none where there are none. */
export function anyOf(ids: readonly string[]): RawBuilder<string> {
  return sql`any (${ids}::uuid[])`;
}

export type Counts = {
  going: number;
  guests: number;
  waiting: number;
  offered: number;
  maybe: number;
  no: number;
  unanswered: number;
  present: number;
};

/**
 * How an event stands, by head. `no` holds those who declined and those who withdrew. Each part is counted from an index
 * alone: the rows of an event's answers lie far apart. Of an event long past the sums are left.
 */
const counts = sql<Counts>`coalesce((
  select jsonb_build_object('going', z.going, 'guests', z.guests, 'waiting', z.waitlisted, 'offered', z.offered,
    'maybe', z.maybe, 'no', z.declined + z.withdrawn, 'unanswered', greatest(0, z.invited - z.going - z.waitlisted
      - z.offered - z.maybe - z.declined - z.withdrawn - z.walk_ins), 'present', z.attended_room + z.attended_online)
  from event_sums z where z.event_id = events.id), (
  select jsonb_build_object('going', r.going, 'guests', r.guests, 'waiting', r.waiting, 'offered', r.offered,
    'maybe', r.maybe, 'no', r.no, 'unanswered', i.invited - i.walk_ins - r.of_invited, 'present', a.present)
  from (
    select count(*) filter (where state = 'going') as going,
      coalesce(sum(guests) filter (where state = 'going'), 0) as guests,
      count(*) filter (where state = 'waitlisted') as waiting,
      count(*) filter (where state = 'offered') as offered,
      count(*) filter (where state = 'maybe') as maybe,
      count(*) filter (where state in ('declined', 'withdrawn')) as no,
      count(*) filter (where not exists (select from invitations w
        where w.event_id = events.id and w.person_id = rsvps.person_id and w.source = 'walk_in')) as of_invited
    from rsvps where event_id = events.id) r,
  lateral (
    select (select count(*) from invitations where event_id = events.id) as invited,
      (select count(*) from invitations where event_id = events.id and source = 'walk_in') as walk_ins) i,
  lateral (select count(*) as present from attendance where event_id = events.id) a))`;

function eventsWithCounts(db: Db, chapterIds: readonly string[]) {
  return (
    db
      .selectFrom('events')
      .selectAll()
      .select([counts.as('counts'), cohostIds.as('cohostIds')])
      .where('id', 'in', heldBy(chapterIds))
      // A draft that was dropped concerned nobody.
      .where((where) => where.or([where('state', '<>', 'cancelled'), where('publishedAt', 'is not', null)]))
  );
}

/** What is still to come, the next one first. */
export async function findComing(db: Db, chapterIds: readonly string[], now: Date) {
  return eventsWithCounts(db, chapterIds)
    .where('endsAt', '>', now)
    .where(isNextDraft(now))
    .orderBy('startsAt')
    .orderBy('id')
    .limit(100)
    .execute();
}

/** Of the drafts that a series has ready, the next one stands for all: the others are on the page of the series. */
const isNextDraft = (now: Date) => sql<boolean>`not (state = 'draft' and series_id is not null and exists (
  select 1 from events earlier where earlier.series_id = events.series_id and earlier.state = 'draft'
    and earlier.ends_at > ${now} and earlier.starts_at < events.starts_at))`;

export type ListedEvent = Awaited<ReturnType<typeof findComing>>[number];

/** What is over, the latest first. Drafts that were never published count among it, so that none gets lost. */
export async function findPast(db: Db, chapterIds: readonly string[], now: Date, limit: number) {
  return eventsWithCounts(db, chapterIds)
    .where('endsAt', '<=', now)
    .orderBy('startsAt', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function findEventCounts(db: Db, eventId: string): Promise<Counts> {
  const row = await db
    .selectFrom('events')
    .select(counts.as('counts'))
    .where('id', '=', eventId)
    .executeTakeFirstOrThrow();
  return row.counts;
}

/**
 * The phone of a person `p`, for the coordinators of the chapters that she belongs to now: null for all others. One row
 * is looked up for each person; a plain EXISTS would be answered by reading every membership there is.
 */
export function phoneInChapter(chapterId: RawBuilder<unknown>, now: Date): RawBuilder<string | null> {
  return sql`(select p.phone from memberships hers where hers.person_id = p.id and hers.chapter_id = ${chapterId}
      and ${isCurrent('hers', now)} limit 1)`;
}

/**
 * Whether a person `p`, invited by `i`, is one of some chapters' own: a member now, or a guest of their event who is no
 * member anywhere.
 */
function isOneOf(chapterIds: readonly string[], now: Date): RawBuilder<boolean> {
  // One row is looked up for each person, as for her phone.
  const belongs = (more: RawBuilder<unknown>) => sql`coalesce((
    select true from memberships hers where hers.person_id = p.id and ${more}
      and ${isCurrent('hers', now)} limit 1), false)`;
  return sql`(${belongs(sql`hers.chapter_id = ${anyOf(chapterIds)}`)}
    or (i.chapter_id = ${anyOf(chapterIds)} and not (i.source = 'member' and ${belongs(sql`true`)})))`;
}

/**
 * Everybody whom an event concerns: invited, answering or seen there, with what the coordinator may know.
 * @param reach the chapters whose people she may write to and call: for all others there is no address and no phone
 */
export async function findEventPeople(
  db: Db,
  eventId: string,
  now: Date,
  reach: readonly string[] = [],
  personId: string | null = null,
) {
  const rows = await db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .leftJoin('rsvps as r', (join) =>
      join.onRef('r.eventId', '=', 'i.eventId').onRef('r.personId', '=', 'i.personId'),
    )
    .leftJoin('attendance as a', (join) =>
      join.onRef('a.eventId', '=', 'i.eventId').onRef('a.personId', '=', 'i.personId'),
    )
    .leftJoin('people as inviter', 'inviter.id', 'i.invitedByPersonId')
    .select(['p.id', 'p.firstName', 'p.lastName', 'i.source', 'i.invitedBy'])
    .select([
      'p.email',
      isOneOf(reach, now).as('isHers'),
      phoneInChapter(anyOf(reach), now).as('phone'),
      mailFails('p').as('mailFails'),
    ])
    .select([
      'i.createdAt as invitedAt',
      'inviter.firstName as inviterFirstName',
      'inviter.lastName as inviterLastName',
    ])
    .select([
      'r.state',
      'r.mode',
      'r.guests',
      'r.queuedAt',
      'r.offerExpiresAt',
      'r.offerLapsedAt',
      'r.late',
      'r.note',
    ])
    .select(['r.reconfirmedAt', 'r.answeredAt', 'r.source as answeredBy'])
    .select(['a.mode as presentMode', 'a.walkIn', 'a.recordedAt'])
    .select(
      sql<string[]>`coalesce((
        select array_agg(g.name order by g.position) from rsvp_guests g
        where g.event_id = i.event_id and g.person_id = i.person_id), '{}')`.as('guestNames'),
    )
    .where('i.eventId', '=', eventId)
    .$if(personId !== null, (query) => query.where('i.personId', '=', personId as string))
    .where('p.erasedAt', 'is', null)
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy(sql`p.last_name collate "it-x-icu"`)
    .orderBy('p.id')
    .execute();
  return rows.map((row) => ({
    ...row,
    email: row.isHers ? row.email : null,
    hasMail: row.email !== null,
  }));
}

export type EventPerson = Awaited<ReturnType<typeof findEventPeople>>[number];

/**
 * What needs a look: mailings that she holds back, steps that came too late, and mail that did not arrive. Two weeks
 * back, and no further.
 */
export async function findAttention(db: Db, chapterIds: readonly string[], now: Date) {
  const since = new Date(now.getTime() - 14 * 86_400_000);
  const mailings = await db
    .selectFrom('mailings')
    .innerJoin('events', 'events.id', 'mailings.eventId')
    .select(['mailings.id', 'mailings.kind', 'mailings.state', 'mailings.dueAt'])
    .select(['events.id as eventId', 'events.title', 'events.timeZone'])
    .where('mailings.chapterId', '=', anyOf(chapterIds))
    .where((where) =>
      where.or([
        where('mailings.state', '=', 'held'),
        where.and([where('mailings.state', '=', 'missed'), where('mailings.doneAt', '>', since)]),
      ]),
    )
    .orderBy('mailings.dueAt')
    .limit(50)
    .execute();
  const failed = await db
    .selectFrom('deliveries')
    .innerJoin('events', 'events.id', 'deliveries.eventId')
    .select(['events.id as eventId', 'events.title', (select) => select.fn.countAll<number>().as('count')])
    .where('deliveries.chapterId', '=', anyOf(chapterIds))
    .where('deliveries.state', 'in', ['failed', 'unknown'])
    .where('deliveries.nextAttemptAt', 'is', null)
    .where('deliveries.firstQueuedAt', '>', since)
    .groupBy(['events.id', 'events.title'])
    .orderBy('events.id', 'desc')
    .limit(50)
    .execute();
  const late = await findLateMail(db, chapterIds);
  return { mailings, failed, late };
}

/** How much mail could leave now and has not. */
export async function countDue(db: Db, chapterIds: readonly string[], now: Date): Promise<number> {
  const { count } = await db
    .selectFrom('deliveries')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('chapterId', '=', anyOf(chapterIds))
    .where('state', '=', 'queued')
    .where('nextAttemptAt', '<=', now)
    .executeTakeFirstOrThrow();
  return count;
}

/** Mail that a server has put off or that found no server: how much, and since when. */
export async function findLateMail(db: Db, chapterIds: readonly string[]) {
  const row = await db
    .selectFrom('deliveries')
    .select((select) => [
      select.fn.countAll<number>().as('count'),
      select.fn.min('firstQueuedAt').as('since'),
      select.fn.min('nextAttemptAt').as('next'),
    ])
    .where('chapterId', '=', anyOf(chapterIds))
    .where('state', '=', 'queued')
    .where('response', 'is not', null)
    .executeTakeFirstOrThrow();
  return row.count > 0 ? row : null;
}

export type DeskMailing = {
  id: string;
  kind: string;
  /** Null for mails to one person each, summed up by kind. */
  audience: string | null;
  dueAt: Date;
  state: string;
  reason: string | null;
  template: string;
  /** The rule of the timeline that it follows; null for what a change or a message caused. */
  ruleKey: string | null;
  /** A message to the group has pages of its own. */
  messageId: string | null;
  counts: Record<
    'queued' | 'sending' | 'sent' | 'failed' | 'unknown' | 'skipped' | 'suppressed' | 'late',
    number
  >;
};

/** An event's mailings in the order of their moments; then mails to one person each, by kind. Her own tests are left out. */
export async function findDeskMailings(db: Db, eventId: string): Promise<DeskMailing[]> {
  const result = await sql<DeskMailing>`
    with rows as (
      select id, kind, audience, due_at, state, reason, template, rule_key, message_id, array[id] as ids
      from mailings where event_id = ${eventId} and person_id is null
      union all
      select min(id::text)::uuid, kind, null, min(due_at), 'done', null, min(template), null, null::uuid, array_agg(id)
      from mailings where event_id = ${eventId} and person_id is not null and data->>'test' is null
      group by kind
    )
    select r.id, r.kind, r.audience, r.due_at, r.state, r.reason, r.template, r.rule_key, r.message_id, c.counts
    from rows r cross join lateral (
      select ${countsByState} || jsonb_build_object(
        'late', count(*) filter (where d.state = 'queued' and d.response is not null)) as counts
      from deliveries d where d.mailing_id = any (r.ids)
    ) c
    order by r.audience is null, r.due_at, r.id
  `.execute(db);
  return result.rows;
}

/**
 * The deliveries of an event that did not arrive, or not yet, with what the server said.
 * @param reach the chapters whose people she may write to and call: what servers say of others names their address
 */
export async function findTroubledDeliveries(db: Db, eventId: string, now: Date, reach: readonly string[]) {
  const isHers = isOneOf(reach, now);
  return db
    .selectFrom('deliveries')
    .innerJoin('people as p', 'p.id', 'deliveries.personId')
    .leftJoin('invitations as i', (join) =>
      join.onRef('i.eventId', '=', 'deliveries.eventId').onRef('i.personId', '=', 'deliveries.personId'),
    )
    .select([
      'deliveries.id',
      'deliveries.kind',
      'deliveries.state',
      sql<string | null>`case when ${isHers} then deliveries.response end`.as('response'),
      sql<string[]>`case when ${isHers} then deliveries.unknown_causes else '{}' end`.as('unknownCauses'),
    ])
    .select(['deliveries.attempts', 'deliveries.nextAttemptAt', 'deliveries.firstQueuedAt'])
    .select(['p.id as personId', 'p.firstName', 'p.lastName'])
    .select([
      sql<string | null>`case when ${isHers} then p.email end`.as('email'),
      phoneInChapter(anyOf(reach), now).as('phone'),
    ])
    .where('deliveries.eventId', '=', eventId)
    .where((where) =>
      where.or([
        where('deliveries.state', 'in', ['failed', 'unknown']),
        where.and([where('deliveries.state', '=', 'queued'), where('deliveries.response', 'is not', null)]),
      ]),
    )
    .orderBy('deliveries.state')
    .orderBy('deliveries.id', 'desc')
    .limit(200)
    .execute();
}

export type TroubledDelivery = Awaited<ReturnType<typeof findTroubledDeliveries>>[number];
