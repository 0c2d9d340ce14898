import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import { heldBy } from '../events/holders.ts';
import { findPairsMet } from '../tables/queries.ts';

/** So many in-person events have to pass without her before somebody is asked after. */
export const missedInARow = 3;
/** How far back a first visit is still a reason to write. */
const onceWithinMs = 365 * 86_400_000;
const most = 200;

export type RoomEvent = { id: string; title: string; startsAt: Date; timeZone: string };

/** The latest events in a room of which it is known who was there, the last one first; one that nobody declared says nothing. */
export async function listLastRoomEvents(db: Db, chapterId: string, now: Date): Promise<RoomEvent[]> {
  return db
    .selectFrom('events')
    .select(['id', 'title', 'startsAt', 'timeZone'])
    .where('id', 'in', heldBy([chapterId]))
    .where('format', 'in', ['in_person', 'hybrid'])
    .where('state', 'in', ['published', 'ended'])
    .where('endsAt', '<=', now)
    .where('roomCompleteAt', 'is not', null)
    .orderBy('startsAt', 'desc')
    .orderBy('id')
    .limit(missedInARow)
    .execute();
}

/** Somebody to whom a personal word may do good, as her coordinator sees her. */
export type Missed = {
  id: string;
  firstName: string;
  lastName: string;
  phone: string | null;
  /** Whether a mail may go to her: she has an address, and did not give up the messages of the group. */
  mayBeWritten: boolean;
  /** When a note that named her alone last left, or is to leave. */
  notedAt: Date | null;
};

export type Unseen = Missed & {
  memberSince: Date;
  /** Null: never in one room with the group. */
  seenAt: Date | null;
  onlineAt: Date | null;
  /** What is kept of presences that were forgotten long ago: of no mode. */
  pastAt: Date | null;
};

const isWritable = (chapterId: string) => sql<boolean>`(p.email is not null and not exists (
  select 1 from preferences o where o.person_id = p.id and o.chapter_id = ${chapterId} and o.topic = 'announcement'))`;

const lastNote = (chapterId: string) => sql<Date | null>`(
  select max(g.due_at) from message_people mp join messages m on m.id = mp.message_id join mailings g on g.id = m.mailing_id
  where mp.person_id = p.id and m.chapter_id = ${chapterId} and m.audience = 'people' and m.discarded_at is null
    and g.state in ('planned', 'held', 'sending', 'done')
    and not exists (select 1 from message_people one where one.message_id = m.id and one.person_id <> p.id))`;

const lastPresence = (chapterId: string, mode: 'room' | 'online') => sql<Date | null>`(
  select max(e.starts_at) from attendance a join events e on e.id = a.event_id
  where a.person_id = p.id and a.mode = ${mode} and e.id in ${heldBy([chapterId])})`;

/**
 * The members who were in the room at none of the given events, and belonged to the chapter before the first of them;
 * whoever was not seen for longest first. That is an order in time, and no ranking.
 */
export async function listUnseen(
  db: Db,
  of: { chapterId: string; events: readonly RoomEvent[]; exceptId: string; now: Date },
): Promise<Unseen[]> {
  const first = of.events.at(-1);
  if (!first || of.events.length < missedInARow) return [];
  const { rows } = await sql<Unseen>`
    select * from (
      select p.id, p.first_name, p.last_name, p.phone, ${isWritable(of.chapterId)} as may_be_written,
        ${lastNote(of.chapterId)} as noted_at,
        (select min(m.starts_at) from memberships m where m.person_id = p.id and m.chapter_id = ${of.chapterId}
          and ${isCurrent('m', of.now)}) as member_since,
        ${lastPresence(of.chapterId, 'room')} as seen_at, ${lastPresence(of.chapterId, 'online')} as online_at,
        (select last_at from past_presence pp where pp.person_id = p.id and pp.chapter_id = ${of.chapterId}) as past_at
      from people p
      where p.erased_at is null and p.id <> ${of.exceptId}
        and not exists (select 1 from attendance a where a.person_id = p.id and a.mode = 'room'
          and a.event_id = any (${of.events.map(({ id }) => id)}::uuid[]))) missed
    where member_since <= ${first.startsAt} and (seen_at is null or seen_at < ${first.startsAt})
    order by coalesce(seen_at, past_at) nulls first, first_name collate "it-x-icu", last_name collate "it-x-icu", id
    limit ${most}`.execute(db);
  return rows;
}

export type Once = Missed & {
  eventId: string;
  title: string;
  cameAt: Date;
  timeZone: string;
  isMember: boolean;
};

/**
 * Those whose first presence within a year was their only one, though something took place since; the latest first.
 * Who has left the chapter has said enough.
 */
export async function listOnce(db: Db, of: { chapterId: string; now: Date }): Promise<Once[]> {
  const held = heldBy([of.chapterId]);
  const { rows } = await sql<Once>`
    select p.id, p.first_name, p.last_name, p.phone, ${isWritable(of.chapterId)} as may_be_written,
      ${lastNote(of.chapterId)} as noted_at, e.id as event_id, e.title, e.starts_at as came_at, e.time_zone,
      ${isMember(of)} as is_member
    from attendance a join events e on e.id = a.event_id
    join people p on p.id = a.person_id and p.erased_at is null
    join invitations i on i.event_id = a.event_id and i.person_id = a.person_id
    where e.id in ${held} and e.starts_at > ${new Date(of.now.getTime() - onceWithinMs)} and e.ends_at <= ${of.now}
      and not exists (select 1 from attendance other where other.person_id = p.id and other.event_id <> e.id
        and other.event_id in ${held})
      and not exists (select 1 from past_presence pp where pp.person_id = p.id and pp.chapter_id = ${of.chapterId})
      and exists (select 1 from events later where later.id in ${held} and later.starts_at > e.starts_at
        and later.ends_at <= ${of.now} and later.state in ('published', 'ended'))
      and (${isMember(of)} or (i.source <> 'member' and not exists (select 1 from memberships any_of
        where any_of.person_id = p.id and (any_of.chapter_id = ${of.chapterId} or any_of.ends_at is null))))
    order by e.starts_at desc, p.first_name collate "it-x-icu", p.id
    limit ${most}`.execute(db);
  return rows;
}

const isMember = (of: { chapterId: string; now: Date }) => sql<boolean>`exists (
  select 1 from memberships ms where ms.person_id = p.id and ms.chapter_id = ${of.chapterId} and ${isCurrent('ms', of.now)})`;

/** How many pairs of the members who came at least once within a year were never in one room. */
export async function countStrangers(
  db: Db,
  of: { chapterId: string; now: Date },
): Promise<{ people: number; pairs: number }> {
  const { rows } = await sql<{ id: string }>`
    select p.id from people p where p.erased_at is null and ${isMember(of)} and exists (
      select 1 from attendance a join events e on e.id = a.event_id
      where a.person_id = p.id and e.id in ${heldBy([of.chapterId])}
        and e.starts_at > ${new Date(of.now.getTime() - onceWithinMs)})`.execute(db);
  const ids = rows.map(({ id }) => id);
  const met = await findPairsMet(db, { id: noEvent, chapterId: of.chapterId, startsAt: of.now }, ids);
  return { people: ids.length, pairs: (ids.length * (ids.length - 1)) / 2 - met.size };
}

const noEvent = '00000000-0000-0000-0000-000000000000';

/** The next event of the chapter's own, in a room or not, to which a note can invite. */
export async function findNextEvent(db: Db, of: { chapterId: string; now: Date; inRoom: boolean }) {
  return db
    .selectFrom('events')
    .select(['id', 'title', 'startsAt', 'timeZone', 'format'])
    .where('chapterId', '=', of.chapterId)
    .where('state', '=', 'published')
    .where('startsAt', '>', of.now)
    .$if(of.inRoom, (query) => query.where('format', 'in', ['in_person', 'hybrid']))
    .orderBy('startsAt')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}
