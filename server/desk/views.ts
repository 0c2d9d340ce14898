import { placeInWords } from '../events/views.ts';
import type { HolidayNames } from '../holidays/calendar.ts';
import type { Desk } from '../organizers/guard.ts';
import { isAskedAbout } from '../series/flags.ts';
import { clockTime, dayInWords, type Leaf, leafOf, momentInWords, periodInWords } from '../web/dates.ts';
import type { Translate } from '../web/i18n.ts';
import type { Counts, DeskEvent } from './queries.ts';

/** An event as the desk's pages name it. */
export type EventHead = {
  id: string;
  href: string;
  title: string;
  leaf: Leaf;
  when: string;
  place: string;
  state: 'draft' | 'published' | 'cancelled' | 'ended';
  /** "Bozza", "Annullato": what is not simply on. */
  badge: string | null;
  isOver: boolean;
  /** Where its series is, if it is a date of one. */
  series: string | null;
  /** When it publishes itself, where it is to. */
  publishes: string | null;
  /** "Capodanno": the public holiday that it falls on. */
  holiday: string | null;
  /** Nobody has said yet whether it is held on that holiday. */
  isAsked: boolean;
};

export function eventHead(event: Omit<DeskEvent, 'cohostIds'>, desk: Desk, now: Date): EventHead {
  const { t, locale } = desk;
  const { startsAt, endsAt, timeZone } = event;
  const isOver = endsAt <= now;
  const state = event.state as EventHead['state'];
  return {
    id: event.id,
    href: `/desk/events/${event.id}`,
    title: event.title,
    leaf: leafOf(startsAt, timeZone, locale),
    when: periodInWords(startsAt, endsAt, timeZone, locale, now),
    place: placeInWords(event, t),
    state,
    badge: state === 'draft' || state === 'cancelled' ? t(`desk.state.${state}`) : null,
    isOver,
    series: event.seriesId ? `/desk/events/${event.id}/series` : null,
    publishes:
      state === 'draft' && event.publishAt
        ? t('recurring.desk.leaves', { when: exactMoment(event.publishAt, timeZone, desk, now) })
        : null,
    holiday: (event.holiday as HolidayNames | null)?.[locale] ?? null,
    isAsked: isAskedAbout(event, now),
  };
}

/** "un posto offerto · 3 in attesa · 12 senza risposta" */
export function othersInWords(counts: Counts, t: Translate): string | null {
  const parts = (['offered', 'waiting', 'maybe', 'unanswered'] as const)
    .filter((key) => counts[key] > 0)
    .map((key) => t(`desk.counts.${key}`, { count: counts[key] }));
  return parts.length > 0 ? parts.join(' · ') : null;
}

/** "giovedì 19 novembre alle 10:00": a moment on the event's own clock, said in full. */
export function exactMoment(at: Date, zone: string, desk: Desk, now: Date): string {
  const time = clockTime(at, zone, desk.locale);
  return desk.t('common.moment', {
    day: dayInWords(at, zone, desk.locale, now),
    time,
    hour: Number(time.split(':')[0]),
  });
}

/** "oggi alle 16:15" */
export function nearMoment(at: Date, zone: string, desk: Desk, now: Date): string {
  return momentInWords(at, zone, desk.locale, now, desk.t);
}

export function fullName(person: { firstName: string; lastName: string }): string {
  return `${person.firstName} ${person.lastName}`.trim();
}
