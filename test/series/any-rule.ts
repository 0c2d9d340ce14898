import fc from 'fast-check';
import { daysOf, formatRule, type Recurrence, type Weekday } from '../../server/series/recurrence.ts';

/** Rules of every kind that is taken, each with a day that it begins with, and a plain reference for its days. */

const upTo = (most: number, value: fc.Arbitrary<number>) =>
  fc.uniqueArray(value, { minLength: 1, maxLength: most });
const weekday = fc.integer({ min: 0, max: 6 });
const monthDay = fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: -31, max: -1 }));
const plainDays: fc.Arbitrary<Weekday[]> = upTo(5, weekday).map((days) =>
  days.map((one) => ({ weekday: one, nth: null })),
);
const numberedDays: fc.Arbitrary<Weekday[]> = fc
  .uniqueArray(fc.tuple(weekday, fc.constantFrom(1, 2, 3, 4, 5, -1, -2)), {
    minLength: 1,
    maxLength: 3,
    selector: ([day, nth]) => `${nth}/${day}`,
  })
  .map((days) => days.map(([one, nth]) => ({ weekday: one, nth })));

/** Sometimes a part, else none. */
const maybe = <T>(part: fc.Arbitrary<T[]>, weight = 1): fc.Arbitrary<T[]> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant<T[]>([]) }, { weight, arbitrary: part });

const isLong = (freq: Recurrence['freq']) => freq === 'MONTHLY' || freq === 'YEARLY';

function parts(freq: Recurrence['freq']) {
  return fc.record({
    freq: fc.constant(freq),
    interval: fc.integer({ min: 1, max: freq === 'YEARLY' ? 3 : 6 }),
    months: maybe(upTo(4, fc.integer({ min: 1, max: 12 }))),
    monthDays: freq === 'WEEKLY' ? fc.constant<number[]>([]) : maybe(upTo(3, monthDay)),
    weekdays: maybe<Weekday>(isLong(freq) ? fc.oneof(plainDays, numberedDays) : plainDays, 4),
    positions: maybe(upTo(2, fc.constantFrom(1, 2, 3, -1, -2))),
    weekStart: weekday,
    end: fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
      { weight: 1, arbitrary: fc.integer({ min: 200, max: 3000 }).map((days) => ({ days })) },
    ),
  });
}

const anyDay = fc.integer({ min: Date.UTC(2020, 0, 1) / 86_400_000, max: Date.UTC(2036, 0, 1) / 86_400_000 });

/** A rule and the first day that it gives from some day on: RFC 5545 wants the start to be of the rule. */
export function anyRule(): fc.Arbitrary<{ rule: Recurrence; start: string }> {
  return fc
    .tuple(
      fc
        .constantFrom<Recurrence['freq']>('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY')
        .chain((freq) => parts(freq)),
      anyDay,
    )
    .map(([{ end, ...given }, day]) => {
      const isNarrowed = given.months.length + given.monthDays.length + given.weekdays.length > 0;
      const open: Recurrence = {
        ...given,
        positions: isNarrowed && isLong(given.freq) ? given.positions : [],
        count: null,
        until: null,
      };
      const from = textOf(day);
      const start = daysOf(formatRule({ ...open, interval: 1 }), from, null, 1)[0];
      if (!start) return null;
      const count = typeof end === 'number' ? end : null;
      const until =
        end !== null && typeof end === 'object' ? textOf(Date.parse(start) / 86_400_000 + end.days) : null;
      return { rule: { ...open, count, until }, start };
    })
    .filter((made) => made !== null)
    .filter(({ rule, start }) => tickedOff({ ...rule, count: null, until: null }, start, start)[0] === start);
}

/**
 * The plain reference: every day from the first of the start's year on is looked at by itself, asked in which period it
 * lies and whether the rule wants it, and the places within a period are counted at the end.
 */
export function tickedOff(rule: Recurrence, start: string, last: string): string[] {
  const begin = new Date(`${start}T00:00:00Z`);
  const groups = new Map<number, string[]>();
  const end = Date.parse(`${Number(last.slice(0, 4)) + 1}-01-31T00:00:00Z`);
  for (let at = Date.UTC(begin.getUTCFullYear(), 0, 1) - 7 * 86_400_000; at <= end; at += 86_400_000) {
    const day = new Date(at);
    const period = periodBetween(rule, begin, day);
    if (period < 0 || period % rule.interval !== 0 || !wants(rule, day, begin)) continue;
    const group = groups.get(period) ?? [];
    group.push(textOf(at / 86_400_000));
    groups.set(period, group);
  }
  const days = [...groups.values()].flatMap((group) =>
    rule.positions.length === 0
      ? group
      : group.filter((_, index) =>
          rule.positions.some((place) => (place > 0 ? index + 1 === place : index - group.length === place)),
        ),
  );
  const counted = days.filter((day) => day >= start).slice(0, rule.count ?? undefined);
  return counted.filter((day) => day <= last && (rule.until === null || day <= rule.until));
}

function periodBetween({ freq, weekStart }: Recurrence, from: Date, to: Date): number {
  const years = to.getUTCFullYear() - from.getUTCFullYear();
  if (freq === 'YEARLY') return years;
  if (freq === 'MONTHLY') return years * 12 + to.getUTCMonth() - from.getUTCMonth();
  const days = (to.getTime() - from.getTime()) / 86_400_000;
  if (freq === 'DAILY') return days;
  // From the first day of the week in which it began.
  const intoWeek = (from.getUTCDay() + 7 - weekStart) % 7;
  return Math.floor((days + intoWeek) / 7);
}

function wants(rule: Recurrence, day: Date, begin: Date): boolean {
  const { freq, months, monthDays, weekdays } = rule;
  const month = day.getUTCMonth() + 1;
  const date = day.getUTCDate();
  const fromEnd = new Date(Date.UTC(day.getUTCFullYear(), month, 0)).getUTCDate() - date + 1;
  const isLeft = months.length + monthDays.length + weekdays.length === 0;
  if (months.length > 0 && !months.includes(month)) return false;
  if (monthDays.length > 0 && !monthDays.includes(date) && !monthDays.includes(-fromEnd)) return false;
  if (weekdays.length > 0) {
    const isOfYear = freq === 'YEARLY' && months.length === 0;
    const before = isOfYear ? (day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / 86_400_000 + 1 : date;
    const behind = isOfYear
      ? (Date.UTC(day.getUTCFullYear() + 1, 0, 1) - day.getTime()) / 86_400_000
      : fromEnd;
    return weekdays.some(
      ({ weekday: one, nth }) =>
        one === day.getUTCDay() &&
        (nth === null || Math.ceil(before / 7) === nth || -Math.ceil(behind / 7) === nth),
    );
  }
  if (monthDays.length > 0) return true;
  if (freq === 'WEEKLY') return day.getUTCDay() === begin.getUTCDay();
  if (freq === 'MONTHLY') return date === begin.getUTCDate();
  if (freq === 'YEARLY') return date === begin.getUTCDate() && (!isLeft || month === begin.getUTCMonth() + 1);
  return true;
}

const textOf = (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10);
