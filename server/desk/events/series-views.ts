import { type HolidayPlace, holidayOn } from '../../holidays/calendar.ts';
import { outOfQuietHours } from '../../mailings/quiet-hours.ts';
import type { Desk } from '../../organizers/guard.ts';
import { type OnHoliday, onHolidays } from '../../series/flags.ts';
import { daysOf } from '../../series/recurrence.ts';
import {
  placeOnDay,
  planOf,
  publicationOf,
  type Rhythm,
  rhythms,
  rhythmsOf,
  ruleOf,
} from '../../series/rules.ts';
import { rhythmInWords } from '../../series/views.ts';
import { dayInWords } from '../../web/dates.ts';
import { fieldOf } from '../page.ts';
import type { DeskEvent } from '../queries.ts';
import { exactMoment } from '../views.ts';

/** What the form of a series says beside its rhythm: words, whatever they are worth. */
export type SeriesValues = { publication: string; daysBefore: string; ahead: string; onHoliday: string };

export const newSeriesValues: SeriesValues = {
  publication: 'itself',
  daysBefore: '14',
  ahead: '6',
  onHoliday: 'ask',
};

export type SeriesErrors = Partial<Record<keyof SeriesValues, string>>;

export const mostDaysBefore = 60;
export const mostAhead = 12;

/** Reads when dates publish themselves and how many are kept ahead; all that is wrong at once, her words kept. */
export function readSettings(body: unknown) {
  const values: SeriesValues = {
    publication: fieldOf(body, 'publication') === 'draft' ? 'draft' : 'itself',
    daysBefore: fieldOf(body, 'daysBefore').trim(),
    ahead: fieldOf(body, 'ahead').trim(),
    onHoliday: onHolidays.find((one) => one === fieldOf(body, 'onHoliday')) ?? 'ask',
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
  const onHoliday = values.onHoliday as OnHoliday;
  return { values, errors, settings: { publishDaysBefore, datesAhead, onHoliday } };
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

/** "Capodanno", where a day is a holiday of the chapter. */
export async function holidayInWords(place: HolidayPlace, day: string, desk: Desk): Promise<string | null> {
  const holiday = await holidayOn(place, day);
  return holiday?.[desk.locale] ?? null;
}

/** The dates that a series will begin with, when the invitation to each leaves, and which fall on a holiday. */
export async function firstDates(
  event: DeskEvent,
  rule: string,
  settings: { publishDaysBefore: number | null; datesAhead: number; onHoliday: OnHoliday },
  chapter: HolidayPlace & { quietFrom: string; quietUntil: string },
  desk: Desk,
  now: Date,
) {
  const { day, ...plan } = planOf(event);
  const { publishDaysBefore } = settings;
  const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
  // When what is late already leaves: now, or in the morning.
  const firstMoment = outOfQuietHours(now, event.timeZone, quiet);
  // One that is out already is invited to already.
  const own = event.state === 'draft' ? [day] : [];
  const following = daysOf(rule, day, day, settings.datesAhead - (event.startsAt > now ? 1 : 0));
  const dates = [];
  for (const next of [...own, ...following]) {
    const at = next === day ? event.startsAt : placeOnDay(plan, next).startsAt;
    if (at <= now) continue;
    const holiday = await holidayInWords(chapter, next, desk);
    const leaves = publicationOf({ startsAt: at, timeZone: event.timeZone }, publishDaysBefore, quiet, now);
    const waits = holiday !== null && settings.onHoliday !== 'keep';
    dates.push({
      when: exactMoment(at, event.timeZone, desk, now),
      leaves: waits
        ? desk.t(`recurring.holiday.will.${settings.onHoliday}`)
        : leavesInWords(leaves, event.timeZone, desk, now),
      holiday,
      isNow: !waits && leaves !== null && leaves.getTime() === firstMoment.getTime(),
    });
  }
  return dates;
}

/** "l'invito parte giovedì 19 marzo alle 10:00", "… parte subito", or that she publishes it herself. */
export function leavesInWords(at: Date | null, zone: string, desk: Desk, now: Date): string {
  const { t } = desk;
  if (!at) return t('recurring.desk.leavesByHand');
  if (at <= now) return t('recurring.desk.leavesNow');
  return t('recurring.desk.leaves', { when: exactMoment(at, zone, desk, now) });
}

/** The rhythms for a form that does not know the day yet, or that changes it. */
export function rhythmNames(desk: Desk): { value: Rhythm | 'other'; label: string }[] {
  return [...rhythms, 'other' as const].map((value) => ({
    value,
    label: desk.t(`recurring.choice.${value}`),
  }));
}
