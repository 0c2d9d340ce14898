import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isAnothers } from '../events/holders.ts';
import { audienceIs } from './audience.ts';
import { optedOut } from './opt-outs.ts';
import { topicOf } from './topics.ts';

export type DeliveryState = 'queued' | 'sending' | 'sent' | 'failed' | 'unknown' | 'skipped' | 'suppressed';

export type MailingRow = {
  id: string;
  kind: string;
  /** Null for mails to one person. */
  audience: string | null;
  dueAt: Date;
  state: string;
  reason: string | null;
  counts: Record<DeliveryState, number>;
};

type Page = { after: string | null; limit: number };

/** How many deliveries stand in each state, over the alias `d` (deliveries). */
export const countsByState = sql`jsonb_build_object(
  'queued', count(*) filter (where d.state = 'queued'),
  'sending', count(*) filter (where d.state = 'sending'),
  'sent', count(*) filter (where d.state = 'sent'),
  'failed', count(*) filter (where d.state = 'failed'),
  'unknown', count(*) filter (where d.state = 'unknown'),
  'skipped', count(*) filter (where d.state = 'skipped'),
  'suppressed', count(*) filter (where d.state = 'suppressed'))`;

/**
 * An event's mailings by id. Mails to one person each are one row by kind, under the id of the first of them: it stays
 * when more are added.
 */
export async function listMailings(db: Db, eventId: string, page: Page): Promise<MailingRow[]> {
  const result = await sql<MailingRow>`
    with rows as (
      select id, kind, audience, due_at, state, reason, array[id] as ids
      from mailings where event_id = ${eventId} and person_id is null
      union all
      select min(id::text)::uuid, kind, null, min(due_at),
        case when bool_or(state = 'sending') then 'sending' else 'done' end, null, array_agg(id)
      from mailings where event_id = ${eventId} and person_id is not null
      group by kind
    )
    select r.id, r.kind, r.audience, r.due_at as "dueAt", r.state, r.reason, c.counts
    from rows r cross join lateral (
      select ${countsByState} as counts
      from deliveries d where d.mailing_id = any (r.ids)
    ) c
    where ${page.after}::uuid is null or r.id > ${page.after}::uuid
    order by r.id
    limit ${page.limit}
  `.execute(db);
  return result.rows;
}

export async function findMailing(db: Db, mailingId: string) {
  return db
    .selectFrom('mailings')
    .select(['id', 'chapterId', 'eventId', 'personId', 'kind'])
    .where('id', '=', mailingId)
    .executeTakeFirst();
}

export type FoundMailing = NonNullable<Awaited<ReturnType<typeof findMailing>>>;

/**
 * What became of a mailing, person by person, by id; of one to one person, of all of its event and kind, by the mailing's
 * id. What a page reads does not grow with the ledger.
 */
export async function listDeliveries(db: Db, mailing: FoundMailing, page: Page) {
  const ids = isOneOfMany(mailing) ? idsOfKind(mailing, page) : idsOfMailing(mailing.id, page);
  return selectDeliveries(db)
    .where('deliveries.id', '=', sql<string>`any (array(${ids}))`)
    .orderBy(isOneOfMany(mailing) ? 'deliveries.mailingId' : 'deliveries.id')
    .execute();
}

/** Where the page after this row begins. */
export function pageKeyOf(mailing: FoundMailing, row: DeliveryRow): string {
  return isOneOfMany(mailing) ? row.mailingId : row.id;
}

function isOneOfMany(mailing: FoundMailing): mailing is FoundMailing & { eventId: string } {
  return mailing.personId !== null && mailing.eventId !== null;
}

const states: DeliveryState[] = ['queued', 'sending', 'sent', 'failed', 'unknown', 'skipped', 'suppressed'];
const beforeAll = '00000000-0000-0000-0000-000000000000';

/**
 * The first few of each state, and of these the first. `any (array[…])` instead of `=` keeps the planner from walking the
 * primary key, in whose order the rows lie too: it believes to meet one of this mailing soon, and reads all older ones.
 */
function idsOfMailing(mailingId: string, { after, limit }: Page): RawBuilder<unknown> {
  return sql`
    select d.id from unnest(${states}::text[]) as s (state) cross join lateral (
      select x.id from deliveries x
      where x.mailing_id = any (array[${mailingId}::uuid]) and x.state = s.state and x.id > ${after ?? beforeAll}::uuid
      order by x.mailing_id, x.state, x.id
      limit ${limit}
    ) d
    order by d.id limit ${limit}`;
}

/** Each mailing to one person has one delivery. */
function idsOfKind(of: { eventId: string; kind: string }, { after, limit }: Page): RawBuilder<unknown> {
  return sql`
    select d.id from (
      select x.id from mailings x
      where x.event_id = any (array[${of.eventId}::uuid]) and x.kind = ${of.kind} and x.person_id is not null
        and x.id > ${after ?? beforeAll}::uuid
      order by x.event_id, x.kind, x.id
      limit ${limit}
    ) m join deliveries d on d.mailing_id = m.id`;
}

export async function findDelivery(db: Db, deliveryId: string) {
  return selectDeliveries(db).where('deliveries.id', '=', deliveryId).executeTakeFirst();
}

function selectDeliveries(db: Db) {
  return db
    .selectFrom('deliveries')
    .innerJoin('people', 'people.id', 'deliveries.personId')
    .select([
      'deliveries.id',
      'deliveries.mailingId',
      'deliveries.chapterId',
      'deliveries.personId',
      'people.email',
      'deliveries.state',
      'deliveries.attempts',
      'deliveries.messageId',
      'deliveries.response',
      'deliveries.reason',
      'deliveries.unknownCauses',
      'deliveries.sentAt',
      'deliveries.nextAttemptAt',
    ])
    .select(
      isAnothers({
        eventId: sql.ref('deliveries.event_id'),
        personId: sql.ref('deliveries.person_id'),
        chapterId: sql.ref('deliveries.chapter_id'),
      }).as('isAnothers'),
    );
}

export type DeliveryRow = NonNullable<Awaited<ReturnType<typeof findDelivery>>>;

/** How many people a mailing would reach if it fell due now: those with an address who did not opt out. */
export async function countAudience(
  db: Db,
  eventId: string,
  audience: string,
  kind: string,
): Promise<number> {
  const result = await sql<{ count: number }>`
    select count(*)::int as count
    from invitations i
    join events e on e.id = i.event_id
    join people p on p.id = i.person_id and p.email is not null and p.erased_at is null
    left join rsvps r on r.event_id = i.event_id and r.person_id = i.person_id
    left join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
    where i.event_id = ${eventId} and ${audienceIs(audience, kind)}
      and not ${optedOut({
        personId: sql.ref('i.person_id'),
        chapterId: sql.ref('i.chapter_id'),
        eventId: sql.ref('i.event_id'),
        topic: topicOf(kind),
      })}
  `.execute(db);
  return result.rows[0]?.count ?? 0;
}
