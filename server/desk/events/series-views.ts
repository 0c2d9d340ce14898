import { outOfQuietHours } from '../../mailings/quiet-hours.ts';
import type { Desk } from '../../organizers/guard.ts';
import {
  daysOf,
  placeOnDay,
  planOf,
  publicationOf,
  type Rhythm,
  readRule,
  rhythmsOf,
  ruleOf,
} from '../../series/rules.ts';
import { rhythmInWords } from '../../series/views.ts';
import { dayInWords } from '../../web/dates.ts';
import { fieldOf } from '../page.ts';
import type { DeskEvent } from '../queries.ts';
import { exactMoment } from '../views.ts';

/** What the form of a series says: words, whatever they are worth. */
export type SeriesValues = { rhythm: string; publication: string; daysBefore: string; ahead: string };

export const newSeriesValues: SeriesValues = {
  rhythm: '',
  publication: 'itself',
  daysBefore: '14',
  ahead: '6',
};

export type SeriesErrors = Partial<Record<keyof SeriesValues, string>>;

export const mostDaysBefore = 60;
export const mostAhead = 12;

/** Reads when dates publish themselves and how many are kept ahead; all that is wrong at once, her words kept. */
export function readSettings(body: unknown) {
  const values: SeriesValues = {
    rhythm: fieldOf(body, 'rhythm'),
    publication: fieldOf(body, 'publication') === 'draft' ? 'draft' : 'itself',
    daysBefore: fieldOf(body, 'daysBefore').trim(),
    ahead: fieldOf(body, 'ahead').trim(),
  };
  const errors: SeriesErrors = {};
  const whole = (field: 'daysBefore' | 'ahead', most: number) => {
    const number = /^\d{1,3}$/.test(values[field]) ? Number(values[field]) : 0;
    if (number < 1 || number > most) errors[field] = field;
    return number;
  };
  const itself = values.publication === 'itself';
  const publishDaysBefore = itself ? whole('daysBefore', mostDaysBefore) : null;
  const datesAhead = whole('ahead', mostAhead);
  return { values, errors, settings: { publishDaysBefore, datesAhead } };
}

/** What a rhythm would give, as its choice shows it: in words, with the next days. */
export function rhythmChoices(event: DeskEvent, desk: Desk, now: Date) {
  const { day, ...plan } = planOf(event);
  return rhythmsOf(day).map((rhythm) => {
    const rule = ruleOf(rhythm, day) as string;
    const days = daysOf(rule, day, day, 3).map((next) =>
      dayInWords(placeOnDay(plan, next).startsAt, event.timeZone, desk.locale, now),
    );
    return { value: rhythm, label: rhythmInWords(rule, desk.t, desk.locale), hint: days.join(', ') };
  });
}

/** The dates that a series will begin with, and when the invitation to each leaves. */
export function firstDates(
  event: DeskEvent,
  rhythm: Rhythm,
  settings: { publishDaysBefore: number | null; datesAhead: number },
  quiet: { from: string; until: string },
  desk: Desk,
  now: Date,
) {
  const { day, ...plan } = planOf(event);
  const rule = ruleOf(rhythm, day) as string;
  const { publishDaysBefore } = settings;
  // When what is late already leaves: now, or in the morning.
  const firstMoment = outOfQuietHours(now, event.timeZone, quiet);
  // One that is out already is invited to already.
  const own = event.state === 'draft' ? [day] : [];
  const following = daysOf(rule, day, day, settings.datesAhead - (event.startsAt > now ? 1 : 0));
  return [...own, ...following]
    .map((next) => ({ at: next === day ? event.startsAt : placeOnDay(plan, next).startsAt }))
    .filter(({ at }) => at > now)
    .map(({ at }) => {
      const leaves = publicationOf({ startsAt: at, timeZone: event.timeZone }, publishDaysBefore, quiet, now);
      return {
        when: exactMoment(at, event.timeZone, desk, now),
        leaves: leavesInWords(leaves, event.timeZone, desk, now),
        isNow: leaves !== null && leaves.getTime() === firstMoment.getTime(),
      };
    });
}

/** "l'invito parte giovedì 19 marzo alle 10:00", "… parte subito", or that she publishes it herself. */
export function leavesInWords(at: Date | null, zone: string, desk: Desk, now: Date): string {
  const { t } = desk;
  if (!at) return t('recurring.desk.leavesByHand');
  if (at <= now) return t('recurring.desk.leavesNow');
  return t('recurring.desk.leaves', { when: exactMoment(at, zone, desk, now) });
}

/** The rhythms for a form that does not know the day yet, or that changes it. */
export function rhythmNames(desk: Desk): { value: Rhythm; label: string }[] {
  return (
    [
      'weekly',
      'fortnightly',
      'monthly_weekday',
      'monthly_last_weekday',
      'monthly_day',
      'monthly_last_day',
    ] as const
  ).map((value) => ({ value, label: desk.t(`recurring.choice.${value}`) }));
}

/** The rhythm that a rule of the desk's follows. */
export const rhythmOf = (rule: string): Rhythm | null => readRule(rule)?.rhythm ?? null;
