import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import { type HolidayNames, holidayOn } from '../holidays/calendar.ts';
import { dayAt, publicationOf } from './rules.ts';

/** What becomes of a date that falls on a public holiday: asked about, skipped, or held like any other. */
export const onHolidays = ['ask', 'skip', 'keep'] as const;
export type OnHoliday = (typeof onHolidays)[number];

/**
 * Looks at which dates to come fall on a public holiday, and does what the series says: a draft that is asked about
 * does not publish itself until somebody decides. One that was moved to its day by hand, or is out already, is only
 * marked: whoever put it there knew the day.
 * @param only one date, where its caller holds no more than its lock
 * @returns how many dates were skipped, which leaves room for as many others
 */
export async function flagDates(trx: Trx, seriesId: string, now: Date, only?: string): Promise<number> {
  const dates = await trx
    .selectFrom('events as e')
    .innerJoin('series as s', 's.id', 'e.seriesId')
    .innerJoin('chapters as c', 'c.id', 'e.chapterId')
    .select(['e.id', 'e.state', 'e.startsAt', 'e.timeZone', 'e.holiday', 'e.holidayDecidedAt'])
    .select(['e.recurrenceOn', 'e.publishAt', 's.onHoliday', 's.publishDaysBefore'])
    .select(['c.holidayCountry', 'c.holidayRegion', 'c.quietFrom', 'c.quietUntil'])
    .where('e.seriesId', '=', seriesId)
    .where('e.state', 'in', ['draft', 'published'])
    .where('e.startsAt', '>', now)
    .$if(only !== undefined, (query) => query.where('e.id', '=', only as string))
    .orderBy('e.id')
    .modifyEnd(sql`for no key update of e`)
    .execute();
  let skipped = 0;
  for (const date of dates) {
    const day = dayAt(date.startsAt, date.timeZone);
    const holiday = await holidayOn(date, day);
    const before = date.holiday as HolidayNames | null;
    if (before?.it === holiday?.it && before?.en === holiday?.en) continue;
    const isDraft = date.state === 'draft';
    const isWaiting = before !== null && date.holidayDecidedAt === null && isDraft;
    const quiet = { from: date.quietFrom, until: date.quietUntil };
    const planned = publicationOf(date, date.publishDaysBefore, quiet, now);
    // Moved there by hand, the day is her choice.
    const isHers = !isDraft || (date.recurrenceOn !== null && date.recurrenceOn !== day);
    const skips = holiday !== null && !isHers && date.onHoliday === 'skip';
    const asks = holiday !== null && !isHers && date.onHoliday === 'ask';
    if (skips) skipped += 1;
    await trx
      .updateTable('events')
      .set({
        holiday: holiday && JSON.stringify(holiday),
        holidayDecidedAt: holiday && !asks ? now : null,
        ...(skips && { state: 'cancelled', cancelledAt: now }),
        ...(isDraft && { publishAt: skips || asks ? null : isWaiting ? planned : date.publishAt }),
      })
      .where('id', '=', date.id)
      .execute();
  }
  return skipped;
}

/** Whether a date waits for somebody to say what becomes of it. */
export function isAskedAbout(
  event: {
    state: string;
    holiday: unknown;
    holidayDecidedAt: Date | null;
    startsAt: Date;
  },
  now: Date,
): boolean {
  return event.state === 'draft' && event.holiday !== null && !event.holidayDecidedAt && event.startsAt > now;
}

/** A chapter keeps other holidays from now on: its dates to come are looked at again. */
export async function flagDatesOf(trx: Trx, chapterId: string, now: Date): Promise<void> {
  const series = await trx
    .selectFrom('series')
    .select('id')
    .where('chapterId', '=', chapterId)
    .where('endedAt', 'is', null)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  for (const { id } of series) await flagDates(trx, id, now);
}
