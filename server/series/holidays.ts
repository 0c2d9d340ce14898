import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { changeLocked } from '../events/service.ts';
import { type HolidayPlace, holidayOn } from '../holidays/calendar.ts';
import { type LockedEvent, lockEvent } from '../rsvps/queries.ts';
import { isAskedAbout } from './flags.ts';
import { addDays, placeOnDay, planOf, publicationOf } from './rules.ts';

/** What somebody decides about a date on a public holiday; a date that is skipped is cancelled like any other. */

type OfDate = { eventId: string; actor: Actor };
type Needs = Pick<Deps, 'db' | 'clock'>;

/** Holds a date although its day is a holiday: from now on it publishes itself like the others. */
export async function keepOnHoliday(deps: Needs, { eventId, actor }: OfDate): Promise<boolean> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (!event || !isAskedAbout(event, now)) return false;
    await planAgain(trx, event, now, { holidayDecidedAt: now });
    await record(trx, event, actor, 'event.held_on_holiday');
    return true;
  });
}

/** The days that a date on a holiday is best moved to: the next working day, and the same weekday a week later. */
export async function daysBeside(
  deps: Pick<Deps, 'db'>,
  event: {
    startsAt: Date;
    endsAt: Date;
    answersCloseAt: Date | null;
    timeZone: string;
    seriesId: string | null;
  },
  place: HolidayPlace,
): Promise<string[]> {
  const { day } = planOf(event);
  const taken = await deps.db
    .selectFrom('events')
    .select('recurrenceOn')
    .where('seriesId', '=', event.seriesId)
    .where(
      'recurrenceOn',
      'in',
      [1, 2, 3, 4, 5, 6, 7].map((ahead) => addDays(day, ahead)),
    )
    .execute();
  const isFree = async (one: string) =>
    !taken.some(({ recurrenceOn }) => recurrenceOn === one) && (await holidayOn(place, one)) === null;
  const days: string[] = [];
  for (let ahead = 1; ahead < 7 && days.length === 0; ahead += 1) {
    const one = addDays(day, ahead);
    const weekday = new Date(`${one}T00:00:00Z`).getUTCDay();
    if (weekday !== 0 && weekday !== 6 && (await isFree(one))) days.push(one);
  }
  const weekLater = addDays(day, 7);
  if (await isFree(weekLater)) days.push(weekLater);
  return days;
}

export type MoveOutcome = { ok: true } | { ok: false; reason: 'not_found' | 'in_the_past' | 'day' };

/**
 * Moves a date from its holiday to another day, at the same hour. Nobody has heard of it yet, so nobody is told; the day
 * that the rule gave is not given again.
 */
export async function moveFromHoliday(
  deps: Deps,
  { eventId, actor, day }: OfDate & { day: string },
): Promise<MoveOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx): Promise<MoveOutcome> => {
    const event = await lockEvent(trx, eventId);
    if (!event || !isAskedAbout(event, now)) return { ok: false, reason: 'not_found' };
    const { day: was, ...plan } = planOf(event);
    if (was === day) return { ok: false, reason: 'day' };
    const times = placeOnDay(plan, day);
    if (times.startsAt <= now) return { ok: false, reason: 'in_the_past' };
    const changed = await changeLocked(trx, deps, event, times, { actor, notify: false }, now);
    return changed.ok ? { ok: true } : { ok: false, reason: 'day' };
  });
}

/** Takes back that a draft was skipped: it is as it was. One that people had heard of stays cancelled. */
export async function resumeDate(deps: Needs, { eventId, actor }: OfDate): Promise<boolean> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    const isOver = !event?.seriesId || event.startsAt <= now;
    if (isOver || event.state !== 'cancelled' || event.publishedAt !== null) return false;
    const series = await trx
      .selectFrom('series')
      .select('endedAt')
      .where('id', '=', event.seriesId as string)
      .executeTakeFirstOrThrow();
    if (series.endedAt) return false;
    // Taken back on a holiday, it is hers to decide about.
    await planAgain(trx, event, now, {
      state: 'draft',
      cancelledAt: null,
      cancelReason: null,
      ...(event.holiday !== null && { holidayDecidedAt: now }),
    });
    await record(trx, event, actor, 'event.resumed');
    return true;
  });
}

async function planAgain(
  trx: Trx,
  event: LockedEvent,
  now: Date,
  change: { holidayDecidedAt?: Date; state?: string; cancelledAt?: null; cancelReason?: null },
): Promise<void> {
  const { publishDaysBefore } = await trx
    .selectFrom('series')
    .select('publishDaysBefore')
    .where('id', '=', event.seriesId as string)
    .executeTakeFirstOrThrow();
  const quiet = { from: event.quietFrom, until: event.quietUntil };
  await trx
    .updateTable('events')
    .set({ ...change, publishAt: publicationOf(event, publishDaysBefore, quiet, now) })
    .where('id', '=', event.id)
    .execute();
}

async function record(trx: Trx, event: LockedEvent, actor: Actor, action: string): Promise<void> {
  await audit(trx, { actor, chapterId: event.chapterId, action, subjectType: 'event', subjectId: event.id });
}
