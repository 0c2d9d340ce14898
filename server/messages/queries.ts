import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { heldBy } from '../events/holders.ts';
import { countsByState, type DeliveryState } from '../mailings/queries.ts';

/** A message with the mailing that carries it, if one does, and what became of that. */
export type MessageRow = {
  id: string;
  chapterId: string;
  subject: string;
  body: string;
  audience: string;
  eventId: string | null;
  eventAudience: string | null;
  mailingId: string | null;
  updatedAt: Date;
  discardedAt: Date | null;
  /** Null for a draft. */
  state: 'planned' | 'held' | 'sending' | 'done' | 'cancelled' | 'missed' | null;
  reason: string | null;
  dueAt: Date | null;
  eventTitle: string | null;
  eventStartsAt: Date | null;
  eventTimeZone: string | null;
  /** How many it names one by one. */
  chosen: number;
  counts: Record<DeliveryState, number> | null;
};

const columns = sql`
  m.id, m.chapter_id, m.subject, m.body, m.audience, m.event_id, m.event_audience, m.mailing_id, m.updated_at,
  m.discarded_at, g.state, g.reason, g.due_at, e.title as event_title, e.starts_at as event_starts_at,
  e.time_zone as event_time_zone,
  (select count(*)::int from message_people mp where mp.message_id = m.id) as chosen,
  (select ${countsByState} from deliveries d where d.mailing_id = m.mailing_id) as counts`;

const joined = sql`messages m left join mailings g on g.id = m.mailing_id left join events e on e.id = m.event_id`;

/** A chapter's messages: drafts and what is planned, or what has left, the latest first. */
export async function listMessages(
  db: Db,
  chapterId: string,
  which: 'open' | 'left',
  limit: number,
): Promise<MessageRow[]> {
  const open = sql`(m.mailing_id is null or g.state in ('planned', 'held'))`;
  const result = await sql<MessageRow>`
    select ${columns} from ${joined}
    where m.chapter_id = ${chapterId} and m.discarded_at is null
      and ${which === 'open' ? open : sql`not ${open}`}
    order by coalesce(g.due_at, m.updated_at) desc, m.id desc
    limit ${limit}
  `.execute(db);
  return result.rows;
}

/** A message of this chapter; another chapter's does not exist. */
export async function findMessage(
  db: Db,
  chapterId: string,
  messageId: string,
): Promise<MessageRow | undefined> {
  const result = await sql<MessageRow>`
    select ${columns} from ${joined} where m.id = ${messageId} and m.chapter_id = ${chapterId}
  `.execute(db);
  return result.rows[0];
}

/**
 * What became of a message, person by person: first what did not arrive. Whoever was erased is nobody any more; of
 * another chapter's members, who come to an event that both hold, there is no address, nor what a server says of it.
 */
export async function listReaders(
  db: Db,
  { mailingId, chapterId }: { mailingId: string; chapterId: string },
  limit: number,
) {
  const isHers = sql<boolean>`(exists (
      select 1 from memberships hers where hers.person_id = p.id and hers.chapter_id = ${chapterId})
    or not exists (select 1 from memberships any_of where any_of.person_id = p.id))`;
  return db
    .selectFrom('deliveries')
    .innerJoin('people as p', 'p.id', 'deliveries.personId')
    .select(['deliveries.id', 'deliveries.state', 'deliveries.reason', 'deliveries.nextAttemptAt'])
    .select([
      sql<string | null>`case when ${isHers} then deliveries.response end`.as('response'),
      sql<string[]>`case when ${isHers} then deliveries.unknown_causes else '{}' end`.as('unknownCauses'),
      sql<string | null>`case when ${isHers} then p.email end`.as('email'),
      sql<boolean>`(deliveries.response is not null)`.as('wasTried'),
    ])
    .select(['p.id as personId', 'p.firstName', 'p.lastName'])
    .where('deliveries.mailingId', '=', mailingId)
    .where('p.erasedAt', 'is', null)
    .orderBy(
      sql`array_position(array['failed', 'unknown', 'queued', 'sending', 'suppressed', 'skipped', 'sent'], deliveries.state)`,
    )
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy(sql`p.last_name collate "it-x-icu"`)
    .limit(limit)
    .execute();
}

export type Reader = Awaited<ReturnType<typeof listReaders>>[number];

/** Whom a message names one by one. */
export async function listChosen(db: Db, messageId: string, limit: number) {
  return db
    .selectFrom('messagePeople')
    .innerJoin('people as p', 'p.id', 'messagePeople.personId')
    .select(['p.firstName', 'p.lastName'])
    .where('messagePeople.messageId', '=', messageId)
    .where('p.erasedAt', 'is', null)
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy(sql`p.last_name collate "it-x-icu"`)
    .limit(limit)
    .execute();
}

/** The events whose people a message may go to: what is near, in either direction. */
export async function listEventsToChoose(db: Db, chapterId: string, now: Date) {
  const year = 365 * 86_400_000;
  return db
    .selectFrom('events')
    .select(['id', 'title', 'startsAt', 'timeZone', 'state'])
    .where('id', 'in', heldBy([chapterId]))
    .where('publishedAt', 'is not', null)
    .where('startsAt', '>', new Date(now.getTime() - year))
    .orderBy('startsAt', 'desc')
    .limit(60)
    .execute();
}

export type EventToChoose = Awaited<ReturnType<typeof listEventsToChoose>>[number];

/** The messages of some chapters that did not reach everybody, two weeks back and no further. */
export async function listFailedMessages(db: Db, chapterIds: readonly string[], since: Date) {
  return db
    .selectFrom('messages as m')
    .innerJoin('mailings as g', 'g.id', 'm.mailingId')
    .innerJoin('deliveries as d', 'd.mailingId', 'g.id')
    .innerJoin('chapters as c', 'c.id', 'm.chapterId')
    .select(['m.id', 'm.subject', 'c.slug', (select) => select.fn.countAll<number>().as('count')])
    .where('m.chapterId', '=', sql<string>`any (${chapterIds}::uuid[])`)
    .where('d.state', 'in', ['failed', 'unknown'])
    .where('d.nextAttemptAt', 'is', null)
    .where('m.discardedAt', 'is', null)
    .where('g.dueAt', '>', since)
    .groupBy(['m.id', 'm.subject', 'c.slug'])
    .execute();
}
