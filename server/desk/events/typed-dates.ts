import { shiftDays, wallClockAt } from '../../events/local-time.ts';

/** Days and times as people type them where a browser has no picker of its own. Pure; "today" is given. */

const months = [
  ['gen', 'jan'],
  ['feb'],
  ['mar'],
  ['apr'],
  ['mag', 'may'],
  ['giu', 'jun'],
  ['lug', 'jul'],
  ['ago', 'aug'],
  ['set', 'sep'],
  ['ott', 'oct'],
  ['nov'],
  ['dic', 'dec'],
];
// From Sunday on, as Date counts.
const weekdays = [
  ['dom', 'sun'],
  ['lun', 'mon'],
  ['mar', 'tue'],
  ['mer', 'wed'],
  ['gio', 'thu'],
  ['ven', 'fri'],
  ['sab', 'sat'],
];
const near: Record<string, number> = { oggi: 0, today: 0, domani: 1, tomorrow: 1, dopodomani: 2 };

type Day = { year: number; month: number; day: number };

/**
 * Reads a day as it was typed: `2026-11-26`, `26/11/2026`, `26.11`, `26 novembre`, `giovedì`, `domani`. Without a year the
 * next such day is meant, a weekday is the next one after today. What is none of these comes back as it was.
 */
export function readDay(text: string, now: Date, zone: string): string {
  const today = wallClockAt(now, zone);
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === '' || /^\d{4}-\d{2}-\d{2}$/.test(words)) return text.trim();
  const found = numbers(words, today) ?? named(words, today) ?? relative(words, today);
  return found ? iso(found) : text;
}

/** Reads a time as it was typed: `18:30`, `18.30`, `1830`, `18`, `ore 18`, `6:30 pm`. */
export function readTime(text: string): string {
  const match = /^(?:ore |alle |at )?(\d{1,2})(?:[:.,h ]?(\d{2}))?(?::\d{2})? ?(am|pm)?$/.exec(
    text.trim().toLowerCase(),
  );
  if (!match) return text;
  const [, hour = '', minute = '00', half] = match;
  if (half && (Number(hour) > 12 || Number(hour) === 0)) return text;
  const shift = half === 'pm' && Number(hour) < 12 ? 12 : half === 'am' && hour === '12' ? -12 : 0;
  if (Number(hour) + shift > 23 || Number(minute) > 59) return text;
  return `${two(Number(hour) + shift)}:${minute}`;
}

function numbers(words: string, today: Day): Day | null {
  const match = /^(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?$/.exec(words);
  if (!match) return null;
  return inYear({ day: Number(match[1]), month: Number(match[2]) }, match[3], today);
}

function named(words: string, today: Day): Day | null {
  const match = /^(?:\p{L}+,? )?(\d{1,2})[°º]? (?:di )?(\p{L}{3,})(?: (\d{4}))?$/u.exec(words);
  const month = match ? months.findIndex((names) => names.some((name) => match[2]?.startsWith(name))) : -1;
  return match && month >= 0 ? inYear({ day: Number(match[1]), month: month + 1 }, match[3], today) : null;
}

function relative(words: string, today: Day): Day | null {
  const days = near[words];
  if (days !== undefined) return after(today, days);
  const weekday = weekdays.findIndex((names) => names.some((name) => words.startsWith(name)));
  if (weekday < 0 || words.includes(' ')) return null;
  const current = new Date(Date.UTC(today.year, today.month - 1, today.day)).getUTCDay();
  return after(today, (weekday - current + 7) % 7 || 7);
}

function inYear(date: { day: number; month: number }, year: string | undefined, today: Day): Day | null {
  const given = year === undefined ? today.year : Number(year.length === 2 ? `20${year}` : year);
  const isPast = date.month < today.month || (date.month === today.month && date.day < today.day);
  const found = { ...date, year: year === undefined && isPast ? given + 1 : given };
  const last = new Date(Date.UTC(found.year, found.month, 0)).getUTCDate();
  return found.month >= 1 && found.month <= 12 && found.day >= 1 && found.day <= last ? found : null;
}

function after(today: Day, days: number): Day {
  return shiftDays({ ...today, hour: 0, minute: 0, second: 0, millisecond: 0 }, { days });
}

const iso = ({ year, month, day }: Day) => `${year}-${two(month)}-${two(day)}`;
const two = (number: number) => String(number).padStart(2, '0');
