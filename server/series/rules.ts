import { resolveWallClock, shiftDays, type WallClock, wallClockAt } from '../events/local-time.ts';
import { outOfQuietHours, type QuietHours } from '../mailings/quiet-hours.ts';
import { daysOf, weekdayCodes } from './recurrence.ts';

/** Pure decisions about events that come again. A day is `YYYY-MM-DD`, a rule an RFC 5545 recurrence rule. */

/** The rhythms that the desk offers first; the day decides the rest of the rule. */
export const rhythms = [
  'weekly',
  'fortnightly',
  'monthly_weekday',
  'monthly_last_weekday',
  'monthly_day',
  'monthly_last_day',
] as const;
export type Rhythm = (typeof rhythms)[number];

/** The rhythms that a day can begin: a fifth Thursday is the last one, and no other. */
export function rhythmsOf(day: string): Rhythm[] {
  const { dayOfMonth, daysInMonth } = partsOf(day);
  return rhythms.filter((rhythm) => {
    if (rhythm === 'monthly_weekday') return dayOfMonth <= 28;
    if (rhythm === 'monthly_last_weekday') return dayOfMonth > daysInMonth - 7;
    return rhythm !== 'monthly_last_day' || dayOfMonth === daysInMonth;
  });
}

/** The rule of a rhythm that begins on a day, or null where the day cannot begin it. */
export function ruleOf(rhythm: Rhythm, day: string): string | null {
  if (!rhythmsOf(day).includes(rhythm)) return null;
  const { weekday, dayOfMonth } = partsOf(day);
  const name = weekdayCodes[weekday];
  switch (rhythm) {
    case 'weekly':
      return `FREQ=WEEKLY;BYDAY=${name}`;
    case 'fortnightly':
      return `FREQ=WEEKLY;INTERVAL=2;BYDAY=${name}`;
    case 'monthly_weekday':
      return `FREQ=MONTHLY;BYDAY=${Math.ceil(dayOfMonth / 7)}${name}`;
    case 'monthly_last_weekday':
      return `FREQ=MONTHLY;BYDAY=-1${name}`;
    case 'monthly_day':
      return `FREQ=MONTHLY;BYMONTHDAY=${dayOfMonth}`;
    case 'monthly_last_day':
      return 'FREQ=MONTHLY;BYMONTHDAY=-1';
  }
}

/** What a rule says that is one of those rhythms, without an end; null for any other. */
export type RuleParts = {
  rhythm: Rhythm;
  /** 0 is Sunday. */
  weekday: number | null;
  /** First to fourth; -1 is the last one. */
  nth: number | null;
  dayOfMonth: number | null;
};

export function readRule(rule: string): RuleParts | null {
  const found =
    /^FREQ=(?:WEEKLY(?<fortnight>;INTERVAL=2)?;BYDAY=(?<day>[A-Z]{2})|MONTHLY;(?:BYDAY=(?<nth>-1|[1-4])(?<nthDay>[A-Z]{2})|BYMONTHDAY=(?<monthDay>-1|\d{1,2})))$/.exec(
      rule,
    )?.groups;
  if (!found) return null;
  const name = found.day ?? found.nthDay;
  const weekday = name ? weekdayCodes.indexOf(name as 'SU') : null;
  if (weekday === -1) return null;
  const parts = { weekday, nth: found.nth ? Number(found.nth) : null, dayOfMonth: null };
  if (found.day) return { ...parts, rhythm: found.fortnight ? 'fortnightly' : 'weekly' };
  if (found.nth) return { ...parts, rhythm: parts.nth === -1 ? 'monthly_last_weekday' : 'monthly_weekday' };
  const dayOfMonth = Number(found.monthDay);
  return { ...parts, dayOfMonth, rhythm: dayOfMonth === -1 ? 'monthly_last_day' : 'monthly_day' };
}

/** How a series lies on its days: by the clock on the wall, wherever that clock stands. */
export type DayPlan = {
  /** `13:00` or `13:00:00` */
  startsAtTime: string;
  minutes: number;
  closesMinutesBefore: number | null;
  timeZone: string;
};

/**
 * When the event of a day begins and ends, and until when it takes answers. A time that the clocks skip is moved
 * forward by the gap, of one that they show twice the first is taken; an event that this would turn around keeps its
 * length.
 */
export function placeOnDay(
  plan: DayPlan,
  day: string,
): { startsAt: Date; endsAt: Date; answersCloseAt: Date | null } {
  const start = wallClockOf(day, plan.startsAtTime);
  const startsAt = resolveWallClock(start, plan.timeZone).at;
  const end = resolveWallClock(addMinutes(start, plan.minutes), plan.timeZone).at;
  const endsAt = end > startsAt ? end : new Date(startsAt.getTime() + plan.minutes * 60_000);
  const { closesMinutesBefore: before } = plan;
  const close = before === null ? null : resolveWallClock(addMinutes(start, -before), plan.timeZone).at;
  return { startsAt, endsAt, answersCloseAt: close && close > endsAt ? endsAt : close };
}

/** How an event lies on its day, and which day that is. */
export function planOf(event: {
  startsAt: Date;
  endsAt: Date;
  answersCloseAt: Date | null;
  timeZone: string;
}): DayPlan & { day: string } {
  const start = wallClockAt(event.startsAt, event.timeZone);
  const minutesTo = (at: Date) =>
    Math.round((asUtc(wallClockAt(at, event.timeZone)) - asUtc(start)) / 60_000);
  return {
    day: dayText(start),
    startsAtTime: [start.hour, start.minute, start.second].map(two).join(':'),
    minutes: Math.max(1, minutesTo(event.endsAt)),
    closesMinutesBefore: event.answersCloseAt && -minutesTo(event.answersCloseAt),
    timeZone: event.timeZone,
  };
}

/** The hour at which dates publish themselves, on the event's own clock. */
export const publicationHour = 10;

/**
 * When a date publishes itself: at ten, so many days before, never in the quiet hours; at the first good moment where
 * that is over. Null where it would have begun by then: somebody has to publish it.
 */
export function publicationOf(
  event: { startsAt: Date; timeZone: string },
  daysBefore: number | null,
  quiet: QuietHours,
  now: Date,
): Date | null {
  if (daysBefore === null) return null;
  const day = shiftDays(wallClockAt(event.startsAt, event.timeZone), { days: -daysBefore });
  const planned = resolveWallClock(
    { ...day, hour: publicationHour, minute: 0, second: 0, millisecond: 0 },
    event.timeZone,
  ).at;
  const at = outOfQuietHours(planned > now ? planned : now, event.timeZone, quiet);
  return at < event.startsAt ? at : null;
}

/** How far ahead dates are made at most, beyond the one that there always is. */
const horizonDays = 184;

/**
 * The days that are to be made now: so many to come as the series keeps ahead, none beyond about six months, and one
 * at least.
 * @param coming how many dates to come there are already
 */
export function daysToMake(
  series: { rule: string; startsOn: string; madeUntil: string | null; datesAhead: number },
  coming: number,
  today: string,
): string[] {
  const missing = series.datesAhead - coming;
  if (missing <= 0) return [];
  const after = series.madeUntil && series.madeUntil > today ? series.madeUntil : today;
  const until = addDays(today, horizonDays);
  return daysOf(series.rule, series.startsOn, after, missing).filter(
    (day, index) => day <= until || (coming === 0 && index === 0),
  );
}

export function addDays(day: string, days: number): string {
  return dayText(shiftDays(wallClockOf(day, '00:00'), { days }));
}

/** The local day of an instant. */
export function dayAt(at: Date, zone: string): string {
  return dayText(wallClockAt(at, zone));
}

/** The numbers of a day; `weekday` 0 is Sunday. */
export function partsOf(day: string) {
  const [year = 0, month = 0, dayOfMonth = 0] = day.split('-').map(Number);
  return {
    month,
    weekday: new Date(Date.UTC(year, month - 1, dayOfMonth)).getUTCDay(),
    dayOfMonth,
    daysInMonth: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}

function wallClockOf(day: string, time: string): Required<WallClock> {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  return { year, month, day: date, hour, minute, second: Math.trunc(second), millisecond: 0 };
}

function addMinutes(clock: Required<WallClock>, minutes: number): Required<WallClock> {
  const at = new Date(asUtc(clock) + minutes * 60_000);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    millisecond: 0,
  };
}

const asUtc = (clock: Required<WallClock>) =>
  Date.UTC(clock.year, clock.month - 1, clock.day, clock.hour, clock.minute, clock.second, clock.millisecond);

const two = (number: number) => String(number).padStart(2, '0');
const dayText = ({ year, month, day }: WallClock) => `${year}-${two(month)}-${two(day)}`;
