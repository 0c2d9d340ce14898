import { daysOf, formatRule, mostInterval, mustParse, parseRule, type Recurrence } from './recurrence.ts';
import { partsOf, type Rhythm, readRule, ruleOf } from './rules.ts';

/** What a person can choose of how often an event comes again. Pure: a day is `YYYY-MM-DD`. */

export const units = ['day', 'week', 'month', 'year'] as const;
export type Unit = (typeof units)[number];
/** Within a month, or on the day of a year. */
export const places = ['weekday', 'day', 'last_day', 'last_working', 'first_working'] as const;
export type Place = (typeof places)[number];
export const mostTimes = 200;

export type Choice = {
  rhythm: Rhythm | 'other';
  /** Only where the rhythm is another one. */
  unit: Unit;
  every: number;
  /** 0 is Sunday; only for weeks. */
  weekdays: number[];
  /** Only for months and years. */
  place: Place;
  /** 1 to 4, and -1 for the last; only for the weekdays of a month or year. */
  nths: number[];
  ends: 'never' | 'until' | 'count';
  until: string | null;
  times: number | null;
};

export type ChoiceProblem = {
  field: 'rhythm' | 'every' | 'weekdays' | 'place' | 'nths' | 'until' | 'times';
  reason: string;
};

/**
 * The rule of a choice that begins on a day, or all that is wrong with it: the day must be the first that it gives, or
 * the event that is already there would be none of its own series.
 */
export function ruleOfChoice(
  choice: Choice,
  day: string,
): { ok: true; rule: string } | { ok: false; problems: ChoiceProblem[] } {
  const problems: ChoiceProblem[] = [];
  const wrong = (field: ChoiceProblem['field'], reason: string) => void problems.push({ field, reason });
  const { ends, until, times } = choice;
  if (ends === 'until' && until === null) wrong('until', 'untilMissing');
  if (ends === 'until' && until !== null && until < day) wrong('until', 'untilBefore');
  if (ends === 'count' && (times === null || times < 1 || times > mostTimes)) wrong('times', 'times');
  const rule = choice.rhythm === 'other' ? other(choice, day, wrong) : preset(choice.rhythm, day, wrong);
  if (!rule || problems.length > 0) return { ok: false, problems };
  const ended = {
    ...rule,
    until: ends === 'until' ? until : null,
    count: ends === 'count' ? times : null,
  };
  return { ok: true, rule: formatRule(ended) };
}

type Wrong = (field: ChoiceProblem['field'], reason: string) => void;

function preset(rhythm: Rhythm, day: string, wrong: Wrong): Recurrence | null {
  const rule = ruleOf(rhythm, day);
  if (!rule) wrong('rhythm', 'rhythm');
  return rule === null ? null : mustParse(rule);
}

function other({ unit, every, weekdays, place, nths }: Choice, day: string, wrong: Wrong): Recurrence | null {
  if (!Number.isInteger(every) || every < 1 || every > mostInterval) wrong('every', 'every');
  const { weekday, month, dayOfMonth } = partsOf(day);
  const base: Recurrence = {
    freq: ({ day: 'DAILY', week: 'WEEKLY', month: 'MONTHLY', year: 'YEARLY' } as const)[unit],
    ...{ interval: every, months: [], monthDays: [], weekdays: [], positions: [] },
    ...{ weekStart: 1, count: null, until: null },
  };
  if (unit === 'day') return base;
  if (unit === 'week') {
    if (weekdays.length === 0) wrong('weekdays', 'weekdaysMissing');
    else if (!weekdays.includes(weekday)) wrong('weekdays', 'weekdayOfDay');
    return { ...base, weekdays: weekdays.map((one) => ({ weekday: one, nth: null })) };
  }
  const months = unit === 'year' ? [month] : [];
  if (place === 'day') return { ...base, months, monthDays: [dayOfMonth] };
  if (place === 'weekday') {
    if (nths.length === 0) wrong('nths', 'nthsMissing');
    else if (!nths.some((nth) => isNth(day, nth))) wrong('nths', 'nthOfDay');
    return { ...base, months, weekdays: nths.map((nth) => ({ weekday, nth })) };
  }
  if (place === 'last_day') {
    if (!isNthDay(base, { months, monthDays: [-1] }, day)) wrong('place', 'notLastDay');
    return { ...base, months, monthDays: [-1] };
  }
  const working = {
    months,
    weekdays: [1, 2, 3, 4, 5].map((one) => ({ weekday: one, nth: null })),
    positions: [place === 'last_working' ? -1 : 1],
  };
  if (!isNthDay(base, working, day))
    wrong('place', place === 'last_working' ? 'notLastWorking' : 'notFirstWorking');
  return { ...base, ...working };
}

/** Whether a rule gives the day that it is to begin with. */
function isNthDay(base: Recurrence, of: Partial<Recurrence>, day: string): boolean {
  return daysOf(formatRule({ ...base, interval: 1, ...of }), day, null, 1)[0] === day;
}

/** The places that a day has among its weekdays in its month: 1 to 4, and -1 where it is the last one. */
export function nthsOf(day: string): number[] {
  return [1, 2, 3, 4, -1].filter((nth) => isNth(day, nth));
}

function isNth(day: string, nth: number): boolean {
  const { dayOfMonth, daysInMonth } = partsOf(day);
  return nth === -1 ? dayOfMonth > daysInMonth - 7 : Math.ceil(dayOfMonth / 7) === nth;
}

/** What a form shows for a day before anything was chosen. */
export function newChoice(day: string): Choice {
  return {
    rhythm: 'other',
    ...{ unit: 'month', every: 1, weekdays: [partsOf(day).weekday], place: 'weekday' },
    ...{ nths: nthsOf(day).slice(0, 1), ends: 'never', until: null, times: null },
  };
}

/** The choice that makes a rule on a day; null for one that came from elsewhere and that no form can make. */
export function choiceOf(rule: string, day: string): Choice | null {
  const read = parseRule(rule);
  if (!read.ok) return null;
  const { until, count, interval, weekdays } = read.rule;
  const ends = until ? 'until' : count !== null ? 'count' : 'never';
  const end = { ends, until, times: count } as const;
  const open = formatRule({ ...read.rule, until: null, count: null });
  const first = { ...newChoice(day), ...end, every: interval };
  const rhythm = readRule(open)?.rhythm;
  if (rhythm && ruleOf(rhythm, day) === open) return { ...first, every: 1, rhythm };
  const unit = units[['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].indexOf(read.rule.freq)] as Unit;
  const candidates: Choice[] = [
    { ...first, unit, weekdays: weekdays.map(({ weekday }) => weekday) },
    { ...first, unit, place: 'weekday', nths: weekdays.flatMap(({ nth }) => nth ?? []) },
    ...places.map((place) => ({ ...first, unit, place })),
  ];
  return (
    candidates.find((candidate) => {
      const made = ruleOfChoice(candidate, day);
      return made.ok && made.rule === rule;
    }) ?? null
  );
}
