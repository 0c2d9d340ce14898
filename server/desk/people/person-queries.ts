import { sql } from 'kysely';
import { isCurrent } from '../../chapters/current.ts';
import type { Db } from '../../db/database.ts';
import { mailFails } from '../../people/arrival.ts';
import { anyOf, phoneInChapter } from '../queries.ts';

/** How many of her events and mails the page shows; the rest is told by number. */
export const shownAtMost = 50;

// One row is looked up for each person: a plain EXISTS may be answered by reading every membership there is.
const belongsAnywhere = (now: Date) => sql<boolean>`coalesce((
  select true from memberships hers where hers.person_id = p.id
    and ${isCurrent('hers', now)} limit 1), false)`;

const isMemberNow = (chapterId: string, now: Date) => sql<boolean>`exists (
  select 1 from memberships hers where hers.person_id = p.id and hers.chapter_id = ${chapterId}
    and ${isCurrent('hers', now)})`;

/**
 * Somebody who belongs or belonged to a chapter, or came to one of its events from outside: nobody else is its business.
 * A member of another chapter, invited because both hold an event, is that chapter's.
 */
export async function findChapterPerson(db: Db, chapterId: string, personId: string, now: Date) {
  return db
    .selectFrom('people as p')
    .select(['p.id', 'p.firstName', 'p.lastName', 'p.email', 'p.locale', 'p.form', 'p.source', 'p.createdAt'])
    .select([
      mailFails('p').as('mailFails'),
      phoneInChapter(sql`${chapterId}`, now).as('phone'),
      isMemberNow(chapterId, now).as('isMember'),
    ])
    .where('p.id', '=', personId)
    .where('p.erasedAt', 'is', null)
    .where((where) =>
      where.or([
        where.exists(
          where
            .selectFrom('memberships as m')
            .select('m.id')
            .whereRef('m.personId', '=', 'p.id')
            .where('m.chapterId', '=', chapterId),
        ),
        where.exists(
          where
            .selectFrom('invitations as i')
            .select('i.id')
            .whereRef('i.personId', '=', 'p.id')
            .where('i.chapterId', '=', chapterId)
            .where((open) => open.or([open('i.source', '<>', 'member'), open.not(belongsAnywhere(now))])),
        ),
      ]),
    )
    .executeTakeFirst();
}

export type ChapterPerson = NonNullable<Awaited<ReturnType<typeof findChapterPerson>>>;

/** Her memberships in some chapters, the present ones first. */
export async function findMemberships(db: Db, personId: string, chapterIds: readonly string[]) {
  return db
    .selectFrom('memberships as m')
    .innerJoin('chapters as c', 'c.id', 'm.chapterId')
    .select(['m.chapterId', 'c.name as chapter', 'c.slug', 'm.role', 'm.startsAt', 'm.endsAt', 'm.source'])
    .where('m.personId', '=', personId)
    .where('m.chapterId', '=', anyOf(chapterIds))
    .orderBy(sql`m.ends_at is null`, 'desc')
    .orderBy('m.startsAt', 'desc')
    .orderBy('m.id')
    .limit(shownAtMost)
    .execute();
}

/** What she said to each event of some chapters, and whether she was there; the latest first. */
export async function findPersonEvents(db: Db, personId: string, chapterIds: readonly string[]) {
  return db
    .selectFrom('invitations as i')
    .innerJoin('events as e', 'e.id', 'i.eventId')
    .leftJoin('rsvps as r', (join) =>
      join.onRef('r.eventId', '=', 'e.id').onRef('r.personId', '=', 'i.personId'),
    )
    .leftJoin('attendance as a', (join) =>
      join.onRef('a.eventId', '=', 'e.id').onRef('a.personId', '=', 'i.personId'),
    )
    .select(['e.id', 'e.title', 'e.startsAt', 'e.endsAt', 'e.timeZone', 'e.format', 'e.state as eventState'])
    .select(['e.roomCompleteAt', 'e.onlineCompleteAt', 'i.source', 'i.invitedBy'])
    .select(['r.state', 'r.mode', 'r.guests', 'r.late', 'i.visible', 'a.mode as presentMode', 'a.walkIn'])
    .where('i.personId', '=', personId)
    .where('i.chapterId', '=', anyOf(chapterIds))
    .orderBy('e.startsAt', 'desc')
    .orderBy('e.id')
    .limit(shownAtMost)
    .execute();
}

export type PersonEvent = Awaited<ReturnType<typeof findPersonEvents>>[number];

/** How often she was there, and when last. */
export async function countPresence(db: Db, personId: string, chapterIds: readonly string[]) {
  return db
    .selectFrom('attendance as a')
    .innerJoin('events as e', 'e.id', 'a.eventId')
    .select((select) => [
      select.fn.countAll<number>().filterWhere('a.mode', '=', 'room').as('room'),
      select.fn.countAll<number>().filterWhere('a.mode', '=', 'online').as('online'),
      select.fn.max('e.startsAt').as('seenAt'),
    ])
    .where('a.personId', '=', personId)
    .where('a.chapterId', '=', anyOf(chapterIds))
    .executeTakeFirstOrThrow();
}

/** Any of her rows: her own, and those that were merged into it. */
const herRows = (personId: string) => sql<string>`any (array(
  select ${personId}::uuid union all select id from merged_people where kept_id = ${personId}))`;

/** The mails of some chapters to her, and what became of each; those to a row that was merged into hers among them. */
export async function findPersonMails(db: Db, personId: string, chapterIds: readonly string[]) {
  return (
    db
      .selectFrom('deliveries as d')
      .leftJoin('events as e', 'e.id', 'd.eventId')
      .select([
        'd.id',
        'd.kind',
        'd.state',
        'd.reason',
        'd.response',
        'd.sentAt',
        'd.failedAt',
        'd.unknownCauses',
      ])
      .select(['d.firstQueuedAt', 'd.nextAttemptAt', 'd.attempts', 'e.title', 'e.timeZone', 'd.eventId'])
      .where('d.personId', '=', herRows(personId))
      .where('d.chapterId', '=', anyOf(chapterIds))
      // Two who got an introduction at the same minute were introduced to each other: that is theirs.
      .where('d.kind', 'not in', ['digest', 'sign_in', 'introduction'])
      .orderBy('d.id', 'desc')
      .limit(shownAtMost)
      .execute()
  );
}

export type PersonMail = Awaited<ReturnType<typeof findPersonMails>>[number];

/** The words of the server that refused the last mail to her. They name her address, and nothing of another chapter. */
export async function findRefusal(
  db: Db,
  personId: string,
): Promise<{ response: string | null; at: Date | null } | undefined> {
  return db
    .selectFrom('deliveries')
    .select(['response', 'failedAt as at'])
    .where('personId', '=', herRows(personId))
    .where('state', '=', 'failed')
    .orderBy('failedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Which mails of which of these chapters she does not want. */
export async function findOptOuts(db: Db, personId: string, chapterIds: readonly string[]) {
  return db
    .selectFrom('preferences as o')
    .innerJoin('chapters as c', 'c.id', 'o.chapterId')
    .select(['c.name as chapter', 'o.chapterId', 'o.topic', 'o.optedOutAt'])
    .where('o.personId', '=', personId)
    .where('o.chapterId', '=', anyOf(chapterIds))
    .orderBy('c.name')
    .orderBy('o.topic')
    .execute();
}

/** Why an address gets no mail at all, whoever writes; null where nothing is in the way. */
export async function findSuppression(db: Db, hashes: readonly Buffer[]): Promise<string | null> {
  const row = await db
    .selectFrom('suppressions')
    .select('reason')
    .where('addressHash', 'in', [...hashes])
    .executeTakeFirst();
  return row?.reason ?? null;
}

/** Who took her into a chapter, where it was a person: the log's first word about it. */
export async function findAdder(db: Db, personId: string, chapterIds: readonly string[]) {
  return db
    .selectFrom('auditLog as l')
    .leftJoin('people as who', (join) =>
      join.onRef('who.id', '=', 'l.actorId').on('who.erasedAt', 'is', null).on('l.actor', '=', 'person'),
    )
    .select(['l.actor', 'l.at', 'who.firstName', 'who.lastName'])
    .where('l.chapterId', '=', anyOf(chapterIds))
    .where('l.subjectType', '=', 'person')
    .where('l.subjectId', '=', personId)
    .where('l.action', '=', 'member.added')
    .orderBy('l.id')
    .limit(1)
    .executeTakeFirst();
}

/** Addresses that were hers before. */
export async function findFormerAddresses(db: Db, personId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('formerAddresses')
    .select('email')
    .where('personId', '=', personId)
    .orderBy('createdAt')
    .execute();
  return rows.map(({ email }) => email);
}
