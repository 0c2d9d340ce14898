import type { Desk } from '../../organizers/guard.ts';
import {
  type Choice,
  type ChoiceProblem,
  newChoice,
  type Place,
  places,
  type Unit,
  units,
} from '../../series/choices.ts';
import { parseRule, weekdayCodes } from '../../series/recurrence.ts';
import { addDays, rhythms } from '../../series/rules.ts';
import { weekdayName } from '../../series/views.ts';
import { fieldOf, fieldsOf } from '../page.ts';
import { readDay } from './typed-dates.ts';

/** The fields of a form in which somebody chooses how often an event comes again: words, whatever they are worth. */
export type RuleValues = {
  rhythm: string;
  unit: string;
  every: string;
  weekdays: string[];
  place: string;
  nths: string[];
  ends: string;
  until: string;
  times: string;
};

export type RuleErrors = Partial<Record<ChoiceProblem['field'], string>>;

/** What the form shows before anything was chosen, and the choice as a form shows it. */
export function ruleValues(choice: Choice, rhythm: string = choice.rhythm): RuleValues {
  return {
    rhythm,
    unit: choice.unit,
    every: String(choice.every),
    weekdays: choice.weekdays.map((weekday) => weekdayCodes[weekday] as string),
    place: choice.place,
    nths: choice.nths.map(String),
    ends: choice.ends,
    until: choice.until ?? '',
    times: choice.times === null ? '' : String(choice.times),
  };
}

export const newRuleValues = (day: string, rhythm = ''): RuleValues => ruleValues(newChoice(day), rhythm);

/**
 * Reads the form. What it leaves out is as for a new series on that day.
 * @param field the name of the field with the rhythm itself
 */
export function readRuleValues(
  body: unknown,
  field: 'rhythm' | 'repeats',
  day: string,
  now: Date,
): RuleValues {
  const empty = newRuleValues(day);
  const one = (name: keyof RuleValues) => fieldOf(body, name).trim();
  const until = readDay(one('until'), now, 'UTC');
  const isOther = fieldOf(body, field) === 'other';
  return {
    rhythm: fieldOf(body, field),
    unit: one('unit') || empty.unit,
    every: isOther ? one('every') : empty.every,
    weekdays: isOther ? fieldsOf(body, 'weekdays') : empty.weekdays,
    place: one('place') || empty.place,
    nths: isOther ? fieldsOf(body, 'nths') : empty.nths,
    ends: one('ends') || empty.ends,
    until,
    times: one('times'),
  };
}

/** The choice in the form, or null where no rhythm was chosen. Numbers that are none come out as 0. */
export function choiceIn(values: RuleValues): Choice | null {
  const rhythm = [...rhythms, 'other' as const].find((one) => one === values.rhythm);
  if (!rhythm) return null;
  const whole = (text: string) => (/^\d{1,3}$/.test(text) ? Number(text) : 0);
  return {
    rhythm,
    unit: units.find((unit): unit is Unit => unit === values.unit) ?? 'month',
    every: whole(values.every),
    weekdays: values.weekdays.map((code) => weekdayCodes.indexOf(code as 'MO')).filter((one) => one >= 0),
    place: places.find((place): place is Place => place === values.place) ?? 'weekday',
    nths: values.nths.map(Number).filter((nth) => [1, 2, 3, 4, -1].includes(nth)),
    ends: (['until', 'count'] as const).find((ends) => ends === values.ends) ?? 'never',
    until: /^\d{4}-\d{2}-\d{2}$/.test(values.until) && isDay(values.until) ? values.until : null,
    times: whole(values.times),
  };
}

const isDay = (day: string) => parseRule(`FREQ=DAILY;UNTIL=${day.replaceAll('-', '')}`).ok;

/** The same choice for another day: what named the old day names the new one. */
export function choiceOn(choice: Choice, from: string, to: string): Choice {
  const before = newChoice(from);
  const after = newChoice(to);
  const single = choice.nths.length === 1;
  const isLast = single && choice.nths[0] === -1 && addDays(to, 7).slice(5, 7) !== to.slice(5, 7);
  return {
    ...choice,
    weekdays: choice.weekdays.map((one) =>
      one === before.weekdays[0] ? (after.weekdays[0] as number) : one,
    ),
    nths: single && !isLast ? after.nths : choice.nths,
  };
}

/** What is wrong, in words that name it. */
export function ruleErrors(problems: readonly ChoiceProblem[], day: string, { t, locale }: Desk): RuleErrors {
  const choice = newChoice(day);
  const about = {
    weekday: weekdayName(choice.weekdays[0] as number, locale),
    isSunday: choice.weekdays[0] === 0 ? 'yes' : 'no',
    nth: choice.nths[0] ?? -1,
  };
  const errors: RuleErrors = {};
  for (const { field, reason } of problems) errors[field] ??= t(`recurring.error.${reason}`, about);
  return errors;
}

/** What the form's template needs beside the values. */
export function ruleView(values: RuleValues, errors: RuleErrors, { locale }: Desk) {
  return {
    values,
    errors,
    weekdays: [1, 2, 3, 4, 5, 6, 0].map((weekday) => ({
      value: weekdayCodes[weekday] as string,
      label: weekdayName(weekday, locale),
    })),
  };
}
