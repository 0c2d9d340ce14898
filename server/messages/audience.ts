import { type RawBuilder, sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import { audienceIs } from '../mailings/audience.ts';
import { queueHead } from '../mailings/queue.ts';

/** To whom a message goes: the whole group, a part of it, those of an event, or people chosen one by one. */
export const messageAudiences = ['members', 'newcomers', 'unseen', 'event', 'people'] as const;
export type MessageAudience = (typeof messageAudiences)[number];

/** Those of an event, by their answer or by whether they came. */
export const eventAudiences = [
  'going',
  'going_room',
  'going_online',
  'maybe',
  'unanswered',
  'waitlisted',
  'attended',
  'missed',
] as const;
export type EventAudience = (typeof eventAudiences)[number];

/** What of a message says whom it reaches. Without an id, nobody has been chosen one by one yet. */
export type Reach = {
  id: string | null;
  chapterId: string;
  audience: string;
  eventId: string | null;
  eventAudience: string | null;
};

/** `at`: the day to which "new" and "not seen for six months" refer; it stays while the message leaves. */
type Moment = { now: Date; at: Date };

const dayMs = 86_400_000;
const newForDays = 90;
const unseenForDays = 182;

/**
 * Whether a message is meant for a person, as SQL over her id. The same words expand it when it falls due and are asked
 * again, person by person, at the moment of sending.
 */
export function isMeantFor(of: Reach, person: RawBuilder<unknown>, moment: Moment): RawBuilder<boolean> {
  const member = isMember(of.chapterId, person, moment.now);
  switch (of.audience) {
    case 'members':
      return member;
    case 'newcomers':
      return sql`(${member} and not ${joinedBefore(of, person, daysBefore(moment.at, newForDays))})`;
    case 'unseen': {
      const since = daysBefore(moment.at, unseenForDays);
      const seen = (condition: RawBuilder<unknown>) => sql`exists (
        select 1 from attendance seen join events se on se.id = seen.event_id
        where seen.person_id = ${person} and seen.chapter_id = ${of.chapterId} and ${condition})`;
      // Whoever has only just joined has not been missed yet.
      return sql`(${member} and not ${seen(sql`se.starts_at > ${since}`)}
        and (${joinedBefore(of, person, since)} or ${seen(sql`true`)}))`;
    }
    case 'event':
      return isOfEvent(of, person, member, moment.now, conditions[of.eventAudience as EventAudience]);
    case 'people': {
      const there = of.eventId ? isOfEvent(of, person, member, moment.now, sql`true`) : member;
      return sql`(exists (select 1 from message_people mp
        where mp.message_id = ${of.id} and mp.person_id = ${person}) and (${member} or ${there}))`;
    }
    default:
      throw new Error(`no such audience of a message: ${of.audience}`);
  }
}

const conditions: Record<EventAudience, RawBuilder<unknown>> = {
  going: audienceIs('going', 'announcement'),
  going_room: audienceIs('going_room', 'announcement'),
  going_online: audienceIs('going_online', 'announcement'),
  maybe: audienceIs('maybe', 'announcement'),
  unanswered: sql`(r.person_id is null and a.person_id is null)`,
  // A seat that is held for her is still one that she waits for.
  waitlisted: sql`r.state in ('waitlisted', 'offered')`,
  attended: sql`a.person_id is not null`,
  missed: audienceIs('missed', 'announcement'),
};

function isMember(chapterId: string, person: RawBuilder<unknown>, now: Date): RawBuilder<boolean> {
  return sql`exists (select 1 from memberships ms where ms.person_id = ${person} and ms.chapter_id = ${chapterId}
    and ${isCurrent('ms', now)})`;
}

function joinedBefore(of: Reach, person: RawBuilder<unknown>, at: Date): RawBuilder<boolean> {
  return sql`exists (select 1 from memberships early where early.person_id = ${person}
    and early.chapter_id = ${of.chapterId} and early.starts_at < ${at})`;
}

/**
 * A guest is written to about an event only if she has answered or was there: an address that somebody typed into a form
 * gets no message. Whoever has left the group, or belongs to another that holds the event too, is written to only about
 * what she still means to come to.
 */
function isOfEvent(
  of: Reach,
  person: RawBuilder<unknown>,
  member: RawBuilder<boolean>,
  now: Date,
  condition: RawBuilder<unknown>,
): RawBuilder<boolean> {
  return sql`exists (
    select 1 from invitations i join events e on e.id = i.event_id
    left join rsvps r on r.event_id = i.event_id and r.person_id = i.person_id
    left join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
    where i.event_id = ${of.eventId} and i.person_id = ${person} and ${condition} and (${member}
      or (r.state in ('going', 'maybe', 'waitlisted', 'offered') and e.ends_at > ${now})
      or (i.source <> 'member' and (r.person_id is not null or a.person_id is not null) and not exists (
        select 1 from memberships gone where gone.person_id = i.person_id and gone.chapter_id = ${of.chapterId}))))`;
}

/** The people among whom an audience is looked for, as a select of `person_id`. */
function candidates(of: Reach): RawBuilder<unknown> {
  if (of.audience === 'people')
    return sql`select mp.person_id from message_people mp where mp.message_id = ${of.id}`;
  if (of.audience === 'event')
    return sql`select i.person_id from invitations i where i.event_id = ${of.eventId}`;
  return sql`select distinct ms.person_id from memberships ms where ms.chapter_id = ${of.chapterId}`;
}

/** Turns the audience of a message that falls due into deliveries; once, however often it is asked. */
export async function expandMessage(db: Db, mailingId: string, of: Reach, moment: Moment): Promise<void> {
  await sql`
    insert into deliveries (mailing_id, person_id, chapter_id, kind, priority, next_attempt_at, first_queued_at)
    select ${mailingId}, c.person_id, ${of.chapterId}, 'announcement', 1,
      ${queueHead(moment.now)} + row_number() over () * interval '1 microsecond', ${moment.now}
    from (${candidates(of)}) c
    join people p on p.id = c.person_id and p.email is not null and p.erased_at is null
    where ${isMeantFor(of, sql`c.person_id`, moment)}
    on conflict do nothing
  `.execute(db);
}

export type ReachCount = { reached: number; silent: number; withoutAddress: number };

/** How many a message would reach now; how many of those it is meant for want none, or have no address. */
export async function countReach(db: Db, of: Reach, now: Date): Promise<ReachCount> {
  const result = await sql<ReachCount>`
    select count(*) filter (where p.email is not null and o.person_id is null)::int as reached,
      count(*) filter (where p.email is not null and o.person_id is not null)::int as silent,
      count(*) filter (where p.email is null)::int as without_address
    from (${candidates(of)}) c
    join people p on p.id = c.person_id and p.erased_at is null
    left join preferences o on o.person_id = c.person_id and o.chapter_id = ${of.chapterId} and o.topic = 'announcement'
    where ${isMeantFor(of, sql`c.person_id`, { now, at: now })}
  `.execute(db);
  return result.rows[0] as ReachCount;
}

const daysBefore = (at: Date, days: number) => new Date(at.getTime() - days * dayMs);
