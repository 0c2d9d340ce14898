import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { LockedEvent } from '../rsvps/queries.ts';

/** A series of a chapter; another chapter's does not exist. */
export async function findSeries(db: Db, chapterId: string, seriesId: string) {
  return db
    .selectFrom('series')
    .selectAll()
    .where('id', '=', seriesId)
    .where('chapterId', '=', chapterId)
    .executeTakeFirst();
}

function withQuietHours(trx: Trx) {
  return trx
    .selectFrom('series')
    .innerJoin('chapters', 'chapters.id', 'series.chapterId')
    .selectAll('series')
    .select(['chapters.quietFrom', 'chapters.quietUntil']);
}

/** Locks a series against whatever else makes or changes its dates. Before its events, never after. */
export async function lockSeries(trx: Trx, seriesId: string) {
  return withQuietHours(trx)
    .where('series.id', '=', seriesId)
    .modifyEnd(sql`for no key update of series`)
    .executeTakeFirst();
}

export type SeriesRow = NonNullable<Awaited<ReturnType<typeof findSeries>>>;
export type LockedSeries = NonNullable<Awaited<ReturnType<typeof lockSeries>>>;

/** The series that nobody has looked at since a moment; one that is being looked at is left to whoever does. */
export async function takeSeriesToLookAt(trx: Trx, lookedBefore: Date) {
  return withQuietHours(trx)
    .where('series.endedAt', 'is', null)
    .where('series.lookedAt', '<', lookedBefore)
    .orderBy('series.lookedAt')
    .limit(1)
    .modifyEnd(sql`for no key update of series skip locked`)
    .executeTakeFirst();
}

/** The next date that is still on. */
export async function findNextDate(db: Db, seriesId: string, now: Date): Promise<string | null> {
  const row = await db
    .selectFrom('events')
    .select('id')
    .where('seriesId', '=', seriesId)
    .where('startsAt', '>', now)
    .where('state', 'in', ['draft', 'published'])
    .orderBy('startsAt')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** The date with which all that are still to come begin, in the order of the rule. */
export async function findFirstToCome(db: Db, seriesId: string, now: Date): Promise<string | null> {
  const row = await db
    .selectFrom('events')
    .select('id')
    .where('seriesId', '=', seriesId)
    .where('startsAt', '>', now)
    .where('recurrenceOn', 'is not', null)
    .where('state', 'in', ['draft', 'published'])
    .orderBy('recurrenceOn')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** How many dates are still to come. */
export async function countComing(db: Db, seriesId: string, now: Date): Promise<number> {
  const row = await db
    .selectFrom('events')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('seriesId', '=', seriesId)
    .where('startsAt', '>', now)
    .where('state', 'in', ['draft', 'published'])
    .executeTakeFirstOrThrow();
  return row.count;
}

/** The date that a new one takes its mails after: the latest that was not changed by itself. */
export async function findModelDate(db: Db, seriesId: string): Promise<string | null> {
  const row = await db
    .selectFrom('events')
    .select('id')
    .where('seriesId', '=', seriesId)
    .orderBy(sql`edited_apart_at is null`, 'desc')
    .orderBy('recurrenceOn', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** Locks the dates from a day on that have not begun, in the order of their ids as everywhere. */
export async function lockDatesFrom(trx: Trx, seriesId: string, fromDay: string, now: Date) {
  const rows = await datesFrom(trx, seriesId, fromDay, now)
    .orderBy('events.id')
    .modifyEnd(sql`for no key update of events`)
    .execute();
  return byDay(rows);
}

/** The same dates, to look at. */
export async function findDatesFrom(db: Db, seriesId: string, fromDay: string, now: Date) {
  return byDay(await datesFrom(db, seriesId, fromDay, now).execute());
}

/** Those that were called off are among them: they keep their place in the order. */
function datesFrom(db: Db, seriesId: string, fromDay: string, now: Date) {
  return db
    .selectFrom('events')
    .innerJoin('chapters', 'chapters.id', 'events.chapterId')
    .selectAll('events')
    .select(['chapters.quietFrom', 'chapters.quietUntil'])
    .where('events.seriesId', '=', seriesId)
    .where('events.recurrenceOn', '>=', fromDay)
    .where((where) =>
      where.or([where('events.startsAt', '>', now), where('events.state', '=', 'cancelled')]),
    );
}

function byDay(rows: LockedEvent[]): LockedEvent[] {
  return rows.sort((a, b) => (a.recurrenceOn as string).localeCompare(b.recurrenceOn as string));
}

/** The dates of a series, the latest hundred, in the order of its rule. */
export async function listDatesOf(db: Db, seriesId: string) {
  return db
    .selectFrom('events')
    .select(['id as eventId', 'recurrenceOn as recurrenceId', 'startsAt', 'holiday'])
    .where('seriesId', '=', seriesId)
    .orderBy('recurrenceOn', 'desc')
    .limit(100)
    .execute()
    .then((rows) => rows.reverse());
}
