/**
 * Recurrence rules on the level of days, RFC 5545 section 3.3.10. Pure: a day is `YYYY-MM-DD`, a weekday counts from
 * Sunday as 0. The days are found here and not by ical.js: its iterator ignores BYSETPOS on most rules, and INTERVAL
 * beside BYMONTH, so that "the last working day" and its like would come out wrong.
 */

export type Weekday = { weekday: number; nth: number | null };

export type Recurrence = {
  freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  interval: number;
  months: number[];
  monthDays: number[];
  weekdays: Weekday[];
  positions: number[];
  /** On which day a week begins, for rules of every few weeks. */
  weekStart: number;
  count: number | null;
  /** The last day that may be given. */
  until: string | null;
};

/** What is wrong with a rule: the part, and what it would take. */
export type RuleProblem = { part: string; takes: string };

export const weekdayCodes = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'] as const;
const frequencies = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const;
const ofTime = ['BYSECOND', 'BYMINUTE', 'BYHOUR'];
export const mostInterval = 99;
export const mostCount = 999;

/** Reads a rule without its name, `FREQ=MONTHLY;BYDAY=1TH`. All that is wrong with it at once. */
export function parseRule(
  text: string,
): { ok: true; rule: Recurrence } | { ok: false; problems: RuleProblem[] } {
  const problems: RuleProblem[] = [];
  const wrong = (part: string, takes: string) => void problems.push({ part, takes });
  const parts = new Map<string, string>();
  for (const piece of text.trim().toUpperCase().split(';')) {
    const [, name = '', value = ''] = /^([A-Z]+)=(.+)$/.exec(piece) ?? [];
    if (name === '') wrong(piece.slice(0, 20) || 'rule', 'parts such as FREQ=MONTHLY, between semicolons');
    else if (parts.has(name)) wrong(name, 'to be named once');
    else parts.set(name, value);
  }
  const take = (name: string) => {
    const value = parts.get(name);
    parts.delete(name);
    return value;
  };
  const numbers = (name: string, isGood: (number: number) => boolean, takes: string) => {
    const texts = take(name)?.split(',') ?? [];
    const found = texts.map((one) => (/^[+-]?\d{1,3}$/.test(one) ? Number(one) : Number.NaN));
    if (!found.every((number) => Number.isInteger(number) && isGood(number))) wrong(name, takes);
    return [...new Set(found)];
  };
  const whole = (name: string, most: number) => {
    const value = take(name);
    if (value === undefined) return null;
    const number = /^\d{1,4}$/.test(value) ? Number(value) : 0;
    if (number < 1 || number > most) wrong(name, `a number from 1 to ${most}`);
    return number;
  };

  const freq = take('FREQ') as Recurrence['freq'];
  if (!frequencies.includes(freq)) wrong('FREQ', 'DAILY, WEEKLY, MONTHLY or YEARLY');
  const between = (least: number, most: number) => (number: number) => {
    const size = Math.abs(number);
    return size >= least && size <= most;
  };
  const rule: Recurrence = {
    freq,
    interval: whole('INTERVAL', mostInterval) ?? 1,
    months: numbers('BYMONTH', (month) => month >= 1 && month <= 12, 'months from 1 to 12').sort(ascending),
    monthDays: numbers('BYMONTHDAY', between(1, 31), 'days from 1 to 31, or from -1 to -31 from the end'),
    weekdays: [],
    positions: numbers('BYSETPOS', between(1, 366), 'places from 1 to 366, or from -1 on from the end'),
    weekStart: 1,
    count: whole('COUNT', mostCount),
    until: null,
  };
  for (const one of take('BYDAY')?.split(',') ?? []) {
    const [, nth, code = ''] = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(one) ?? [];
    const weekday = weekdayCodes.indexOf(code as 'SU');
    const number = nth === undefined ? null : Number(nth);
    const most = freq === 'YEARLY' && rule.months.length === 0 ? 53 : 5;
    if (weekday < 0 || (number !== null && !between(1, most)(number))) {
      wrong('BYDAY', 'weekdays such as TH, or 1TH and -1TH for the first and the last');
    } else if (!rule.weekdays.some((other) => other.weekday === weekday && other.nth === number)) {
      rule.weekdays.push({ weekday, nth: number });
    }
  }
  const wkst = take('WKST');
  if (wkst !== undefined) {
    rule.weekStart = weekdayCodes.indexOf(wkst as 'MO');
    if (rule.weekStart < 0) wrong('WKST', 'a weekday such as MO');
  }
  const until = take('UNTIL');
  if (until !== undefined) {
    rule.until = `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6)}`;
    // RFC 5545: of the same type as the start, and that is a day here.
    if (!/^\d{8}$/.test(until) || !isRealDay(rule.until))
      wrong('UNTIL', 'a day such as 20270630, without a time');
  }

  const isNumbered = rule.weekdays.some(({ nth }) => nth !== null);
  if (isNumbered && (freq === 'DAILY' || freq === 'WEEKLY'))
    wrong('BYDAY', 'weekdays without a number where FREQ is DAILY or WEEKLY');
  if (rule.monthDays.length > 0 && freq === 'WEEKLY') wrong('BYMONTHDAY', 'no place where FREQ is WEEKLY');
  const isNarrowed = rule.months.length + rule.monthDays.length + rule.weekdays.length > 0;
  if (rule.positions.length > 0 && !isNarrowed) wrong('BYSETPOS', 'another part beside it, such as BYDAY');
  // Of the week that a series begins in, calendars count the places differently.
  if (rule.positions.length > 0 && (freq === 'DAILY' || freq === 'WEEKLY'))
    wrong('BYSETPOS', 'a place only where FREQ is MONTHLY or YEARLY');
  if (rule.count !== null && rule.until !== null) wrong('COUNT', 'no UNTIL beside it');
  for (const name of parts.keys()) {
    const takes = ofTime.includes(name) ? 'no place: the event says at what time' : 'no place in a rule here';
    wrong(name, takes);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, rule };
}

/** The one way to write a rule: the same meaning is the same text. */
export function formatRule(rule: Recurrence): string {
  const { freq, interval, months, monthDays, weekdays, positions, weekStart, count, until } = rule;
  const mondayFirst = ({ weekday }: Weekday) => (weekday + 6) % 7;
  const days = [...weekdays].sort(
    (a, b) => placeOf(a.nth) - placeOf(b.nth) || mondayFirst(a) - mondayFirst(b),
  );
  const matters = freq === 'WEEKLY' && weekStart !== 1 && interval > 1;
  return [
    `FREQ=${freq}`,
    interval > 1 && `INTERVAL=${interval}`,
    months.length > 0 && `BYMONTH=${[...months].sort(ascending)}`,
    monthDays.length > 0 && `BYMONTHDAY=${[...monthDays].sort((a, b) => placeOf(a) - placeOf(b))}`,
    days.length > 0 && `BYDAY=${days.map(({ nth, weekday }) => `${nth ?? ''}${weekdayCodes[weekday]}`)}`,
    positions.length > 0 && `BYSETPOS=${[...positions].sort((a, b) => placeOf(a) - placeOf(b))}`,
    matters && `WKST=${weekdayCodes[weekStart]}`,
    count !== null && `COUNT=${count}`,
    until !== null && `UNTIL=${until.replaceAll('-', '')}`,
  ]
    .filter(Boolean)
    .join(';');
}

/** From the first on, then those that count from the end: the last one is the last. */
const placeOf = (nth: number | null) => (nth === null ? 0 : nth > 0 ? nth : 1000 + nth);
const ascending = (a: number, b: number) => a - b;

/**
 * A rule that was read before, as what is stored was.
 * @throws RangeError for a text that is no rule
 */
export function mustParse(text: string): Recurrence {
  const read = parseRule(text);
  if (!read.ok) throw new RangeError(`not a rule: ${text}`);
  return read.rule;
}

/** For how long a rule is asked for a day that it may never give, such as 29 February every 99 years. */
const longestGapDays = 40 * 366;

/**
 * The first days that a rule gives, counted from the one it begins with; fewer where it ends.
 * @param rule as `parseRule` reads it
 * @param startsOn the day that the series begins with; the rule should give it (RFC 5545 section 3.8.5.3)
 * @param after only days later than this one
 * @throws RangeError for a text that is no rule: what is stored was read before
 */
export function daysOf(rule: string, startsOn: string, after: string | null, count: number): string[] {
  const read = mustParse(rule);
  const days: string[] = [];
  let given = 0;
  let quietSince = numberOf(startsOn);
  for (const period of periodsOf(read, numberOf(startsOn))) {
    if (period.first - quietSince > longestGapDays || days.length >= count) break;
    for (const number of daysIn(period, read, numberOf(startsOn))) {
      const day = textOf(number);
      if (day < startsOn) continue;
      given += 1;
      quietSince = number;
      if ((read.count !== null && given > read.count) || (read.until && day > read.until)) return days;
      if ((after === null || day > after) && days.length < count) days.push(day);
    }
  }
  return days;
}

/** A run of days, counted from 1970, both ends in it. */
type Period = { first: number; last: number };

/** The days, weeks, months or years that a rule looks at, one after the other, without end. */
function* periodsOf({ freq, interval, weekStart }: Recurrence, start: number): Generator<Period> {
  const { year, month, weekday } = partsOf(start);
  for (let step = 0; ; step += interval) {
    if (freq === 'DAILY') yield { first: start + step, last: start + step };
    else if (freq === 'WEEKLY') {
      const first = start - ((weekday - weekStart + 7) % 7) + 7 * step;
      yield { first, last: first + 6 };
    } else if (freq === 'MONTHLY') yield monthOf(year, month + step);
    else yield { first: dayNumber(year + step, 1, 1), last: dayNumber(year + step, 12, 31) };
  }
}

function daysIn(period: Period, rule: Recurrence, start: number): number[] {
  const days: number[] = [];
  for (let day = period.first; day <= period.last; day += 1) if (isGiven(day, rule, start)) days.push(day);
  if (rule.positions.length === 0) return days;
  const at = (position: number) => (position > 0 ? position - 1 : days.length + position);
  return days.filter((_, index) => rule.positions.some((position) => at(position) === index));
}

/** Whether a day of a period is in the rule's set. What the rule leaves open is as on the day it begins with. */
function isGiven(number: number, rule: Recurrence, start: number): boolean {
  const { freq, months, monthDays, weekdays } = rule;
  const day = partsOf(number);
  if (months.length > 0 && !months.includes(day.month)) return false;
  if (monthDays.length > 0) {
    const { first, last } = monthOf(day.year, day.month);
    const fromEnd = day.day - (last - first + 1) - 1;
    if (!monthDays.some((one) => one === day.day || one === fromEnd)) return false;
  }
  if (weekdays.length > 0) {
    const around =
      freq === 'YEARLY' && months.length === 0
        ? { first: dayNumber(day.year, 1, 1), last: dayNumber(day.year, 12, 31) }
        : monthOf(day.year, day.month);
    return weekdays.some(({ weekday, nth }) => weekday === day.weekday && isNth(number, nth, around));
  }
  if (monthDays.length > 0 || freq === 'DAILY') return true;
  const begun = partsOf(start);
  if (freq === 'WEEKLY') return day.weekday === begun.weekday;
  return day.day === begun.day && (freq === 'MONTHLY' || months.length > 0 || day.month === begun.month);
}

function isNth(number: number, nth: number | null, { first, last }: Period): boolean {
  if (nth === null) return true;
  return nth > 0
    ? Math.floor((number - first) / 7) === nth - 1
    : Math.floor((last - number) / 7) === -nth - 1;
}

const dayNumber = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / 86_400_000;
const monthOf = (year: number, month: number): Period => ({
  first: dayNumber(year, month, 1),
  last: dayNumber(year, month + 1, 0),
});

function numberOf(day: string): number {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return dayNumber(year, month, date);
}

const textOf = (number: number) => new Date(number * 86_400_000).toISOString().slice(0, 10);
const isRealDay = (day: string) => day >= '1970' && day < '2200' && textOf(numberOf(day)) === day;

function partsOf(number: number) {
  const at = new Date(number * 86_400_000);
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    weekday: at.getUTCDay(),
  };
}
