import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import { ask, prepared } from '../db/prepared.ts';
import { cohostNames, heldBy } from '../events/holders.ts';
import { shownColumns } from '../events/queries.ts';
import { hostOf, seatsTaken } from '../rsvps/page-queries.ts';
import type { Topic } from '../web/links.ts';

/** What the public pages may show of the network, or undefined before it is set up. */
export async function findNetwork(db: Db) {
  return db.selectFrom('networks').select(['name', 'form', 'locale', 'privacyNotice']).executeTakeFirst();
}

export async function listChapters(db: Db) {
  return db
    .selectFrom('chapters')
    .select(['slug', 'name', 'accentColour'])
    .orderBy(sql`name collate "it-x-icu"`)
    .execute();
}

export async function findChapter(db: Db, slug: string) {
  return db
    .selectFrom('chapters as c')
    .innerJoin('networks as n', (join) => join.onTrue())
    .select(['c.id', 'c.slug', 'c.name', 'c.locale', 'c.timeZone', 'c.accentColour', 'n.name as networkName'])
    .select(['c.joinIt', 'c.joinEn'])
    .where('c.slug', '=', slug)
    .executeTakeFirst();
}

export type ChapterRow = NonNullable<Awaited<ReturnType<typeof findChapter>>>;

const publicEvent = prepared<{ eventId: string; now: Date }>()((db, { eventId, now }) =>
  db
    .selectFrom('events as e')
    .innerJoin('chapters as c', 'c.id', 'e.chapterId')
    .innerJoin('networks as n', (join) => join.onTrue())
    .select(shownColumns)
    .select(['c.slug', 'c.name as chapterName', 'c.locale as chapterLocale', 'c.accentColour'])
    .select(['n.name as networkName', seatsTaken.as('taken')])
    .select([hostOf(now).as('host'), cohostNames.as('cohosts')])
    .where('e.id', '=', eventId)
    .where('e.state', '<>', 'draft'),
);

/** An event with all that its public page shows; undefined for drafts, which nobody knows of. */
export async function findPublicEvent(
  db: Db,
  eventId: string,
  now: Date,
): Promise<PublicEventRow | undefined> {
  const [row] = await ask(db, publicEvent.with({ eventId, now }));
  return row;
}

export type PublicEventRow = (typeof publicEvent)['row'];

/** The public events that a chapter holds, alone or with others: those to come, or for a calendar those of the last weeks too. */
export async function listPublicEvents(
  db: Db,
  chapterId: string,
  endsAfter: Date,
  states: readonly string[],
  most = 100,
) {
  return db
    .selectFrom('events')
    .selectAll()
    .where('id', 'in', heldBy([chapterId]))
    .where('access', '=', 'public')
    .where('state', 'in', states)
    .where('publishedAt', 'is not', null)
    .where('endsAt', '>', endsAfter)
    .orderBy('startsAt')
    .orderBy('id')
    .limit(most)
    .execute();
}

export type PublicEvent = Awaited<ReturnType<typeof listPublicEvents>>[number];

/**
 * The one member of a chapter whom a newcomer means: by address, by full name, as her link shows her ("Anna R."), or
 * by a first name that nobody else in the chapter has.
 */
export async function findInviter(
  trx: Trx,
  chapterId: string,
  words: string,
  now: Date,
): Promise<string | null> {
  const rows = await trx
    .selectFrom('memberships as m')
    .innerJoin('people as p', 'p.id', 'm.personId')
    .select('p.id')
    .distinct()
    .where('m.chapterId', '=', chapterId)
    .where(isCurrent('m', now))
    .where('p.erasedAt', 'is', null)
    .where(
      sql<boolean>`lower(${words}) in (
        lower(p.email::text), lower(p.first_name), lower(trim(p.first_name || ' ' || p.last_name)),
        lower(p.first_name || ' ' || left(p.last_name, 1) || '.'))`,
    )
    .limit(2)
    .execute();
  return rows.length === 1 ? (rows[0]?.id ?? null) : null;
}

/** How many personal links a person has asked for since a moment. */
export async function countLinkMails(trx: Trx, personId: string, since: Date): Promise<number> {
  const row = await trx
    .selectFrom('mailings')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('personId', '=', personId)
    .where('template', 'in', ['personal_link', 'feedback_link'])
    .where('dueAt', '>', since)
    .executeTakeFirstOrThrow();
  return row.count;
}

export async function listOptOuts(
  db: Db,
  of: { personId: string; chapterId: string },
): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('preferences')
    .select('topic')
    .where('personId', '=', of.personId)
    .where('chapterId', '=', of.chapterId)
    .execute();
  return new Set(rows.map(({ topic }) => topic));
}

/** Whose `/u/` link it is, and of which chapter. An erased person's link keeps working: it has nothing left to do. */
export async function findSubscriber(db: Db, of: { personId: string; chapterId: string; topic: Topic }) {
  return db
    .selectFrom('people as p')
    .innerJoin('chapters as c', (join) => join.onTrue())
    .innerJoin('networks as n', (join) => join.onTrue())
    .select(['p.erasedAt', 'p.locale as personLocale', 'p.form as personForm'])
    .select(['c.slug', 'c.name as chapterName', 'c.locale as chapterLocale', 'c.accentColour'])
    .select(['n.name as networkName', sql<string>`coalesce(c.form, n.form)`.as('networkForm')])
    .where('p.id', '=', of.personId)
    .where('c.id', '=', of.chapterId)
    .executeTakeFirst();
}
