import type { Locale, Translate } from './i18n.ts';

/** Dates and times in words, always on the event's own wall clock. */

type Parts =
  | 'day'
  | 'dayOfYear'
  | 'date'
  | 'weekday'
  | 'leafWeekday'
  | 'leafDay'
  | 'leafMonth'
  | 'clock'
  | 'year'
  | 'iso'
  | 'zone';

const options: Record<Parts, Intl.DateTimeFormatOptions> = {
  day: { weekday: 'long', day: 'numeric', month: 'long' },
  dayOfYear: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  date: { day: 'numeric', month: 'long', year: 'numeric' },
  weekday: { weekday: 'long' },
  leafWeekday: { weekday: 'short' },
  leafDay: { day: 'numeric' },
  leafMonth: { month: 'short' },
  clock: { hour: 'numeric', minute: '2-digit', hourCycle: 'h23' },
  year: { year: 'numeric' },
  iso: { year: 'numeric', month: '2-digit', day: '2-digit' },
  zone: { timeZoneName: 'longGeneric' },
};

/** A formatter with what it said of late, by minute: none of these parts is finer, and a page says the same few over and over. */
type Speaker = { formatter: Intl.DateTimeFormat; said: Map<number, string> };

// Making a formatter costs a thousand times what using one does.
const speakers = new Map<string, Speaker>();

function speaker(parts: Parts, timeZone: string, locale: Locale): Speaker {
  const key = `${parts} ${timeZone} ${locale}`;
  const found = speakers.get(key);
  if (found) return found;
  // A British reader's clock has 24 hours, as an event's page here has.
  const language = parts === 'iso' ? 'sv' : locale === 'en' ? 'en-GB' : locale;
  const formatter = new Intl.DateTimeFormat(language, { ...options[parts], timeZone });
  const made = { formatter, said: new Map() };
  speakers.set(key, made);
  return made;
}

function say(at: Date, parts: Parts, zone: string, locale: Locale): string {
  const { formatter, said } = speaker(parts, zone, locale);
  const minute = Math.floor(at.getTime() / 60_000);
  const known = said.get(minute);
  if (known !== undefined) return known;
  const words = formatter.format(at);
  if (said.size >= 500) said.clear();
  said.set(minute, words);
  return words;
}

/** "giovedì 26 novembre", with the year where it is not the present one. */
export function dayInWords(at: Date, zone: string, locale: Locale, now: Date): string {
  const sameYear = say(at, 'year', zone, locale) === say(now, 'year', zone, locale);
  return say(at, sameYear ? 'day' : 'dayOfYear', zone, locale);
}

/** "26 novembre 2026": a day long past, whose weekday nobody asks for. */
export function dateInWords(at: Date, zone: string, locale: Locale): string {
  return say(at, 'date', zone, locale);
}

/** "18:30" */
export function clockTime(at: Date, zone: string, locale: Locale): string {
  return say(at, 'clock', zone, locale);
}

/** "giovedì 26 novembre, 18:30–20:30", or both days where it ends on another one. */
export function periodInWords(start: Date, end: Date, zone: string, locale: Locale, now: Date): string {
  const first = `${dayInWords(start, zone, locale, now)}, ${clockTime(start, zone, locale)}`;
  const last = clockTime(end, zone, locale);
  const night = end.getTime() - start.getTime() < 12 * 3_600_000;
  if (night || isoDay(start, zone) === isoDay(end, zone)) return `${first}–${last}`;
  return `${first} – ${dayInWords(end, zone, locale, now)}, ${last}`;
}

/** "2026-11-26", the local day. */
export function isoDay(at: Date, zone: string): string {
  return say(at, 'iso', zone, 'it');
}

/** "oggi", "domani", "giovedì" within the coming six days, else "giovedì 26 novembre". */
export function relativeDay(at: Date, zone: string, locale: Locale, now: Date, t: Translate): string {
  const days = (Date.parse(isoDay(at, zone)) - Date.parse(isoDay(now, zone))) / 86_400_000;
  if (days === 0) return t('common.today');
  if (days === 1) return t('common.tomorrow');
  return days > 1 && days < 7 ? say(at, 'weekday', zone, locale) : dayInWords(at, zone, locale, now);
}

/** "oggi alle 16:15" */
export function momentInWords(at: Date, zone: string, locale: Locale, now: Date, t: Translate): string {
  const time = clockTime(at, zone, locale);
  return t('common.moment', {
    day: relativeDay(at, zone, locale, now, t),
    time,
    hour: Number(time.split(':')[0]),
  });
}

/** "Ora dell’Europa centrale", for those who may sit in another one. */
export function zoneInWords(at: Date, zone: string, locale: Locale): string {
  const part = speaker('zone', zone, locale)
    .formatter.formatToParts(at)
    .find(({ type }) => type === 'timeZoneName');
  return part?.value ?? zone;
}

export type Leaf = { weekday: string; day: string; month: string; iso: string };

/** The three lines of a calendar leaf: "gio", "26", "nov". */
export function leafOf(at: Date, zone: string, locale: Locale): Leaf {
  return {
    weekday: say(at, 'leafWeekday', zone, locale),
    day: say(at, 'leafDay', zone, locale),
    month: say(at, 'leafMonth', zone, locale),
    iso: isoDay(at, zone),
  };
}
