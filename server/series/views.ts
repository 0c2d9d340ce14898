import type { Locale, Translate } from '../web/i18n.ts';
import { parseRule, type Recurrence } from './recurrence.ts';

/** "ogni primo giovedì del mese", "ogni due settimane, di giovedì", "il primo e il terzo giovedì del mese, per 10 volte". */
export function rhythmInWords(rule: string, t: Translate, locale: Locale): string {
  const said = sayRule(rule, t, locale);
  return said ? withEnd(said.rhythm, said.end, t) : rule;
}

/** "ogni primo giovedì del mese alle 13:00, fino al 30 giugno 2027" */
export function seriesInWords(
  series: { rule: string; startsAtTime: string },
  t: Translate,
  locale: Locale,
): string {
  const [hour = '0', minute = '00'] = series.startsAtTime.split(':');
  const said = sayRule(series.rule, t, locale);
  const rhythm = t('recurring.at', {
    rhythm: said?.rhythm ?? series.rule,
    hour: Number(hour),
    time: `${Number(hour)}:${minute}`,
  });
  return withEnd(rhythm, said?.end ?? null, t);
}

const withEnd = (rhythm: string, end: string | null, t: Translate) =>
  end === null ? rhythm : t('recurring.words.ended', { rhythm, end });

/** Null for a rule that came from elsewhere and has no words here: it is said as it stands, rather than wrongly. */
function sayRule(text: string, t: Translate, locale: Locale): { rhythm: string; end: string | null } | null {
  const read = parseRule(text);
  const rhythm = read.ok ? sayRhythm(read.rule, t, locale) : null;
  return read.ok && rhythm !== null ? { rhythm, end: sayEnd(read.rule, t, locale) } : null;
}

function sayEnd({ until, count }: Recurrence, t: Translate, locale: Locale): string | null {
  if (count !== null) return t('recurring.words.count', { count });
  if (until === null) return null;
  const [year = 0, month = 0, day = 0] = until.split('-').map(Number);
  return t('recurring.words.until', { day, month: monthName(month, locale), year });
}

function sayRhythm(rule: Recurrence, t: Translate, locale: Locale): string | null {
  const { freq, interval: n, months, monthDays, weekdays, positions, weekStart } = rule;
  const many = t('recurring.words.number', { n });
  const unplaced = months.length + monthDays.length + positions.length === 0;
  if (freq === 'DAILY')
    return unplaced && weekdays.length === 0 ? t('recurring.words.days', { n, many }) : null;
  if (freq === 'WEEKLY') {
    const names = weekdays.map(({ weekday }) => weekday);
    if (!unplaced || names.length === 0 || (weekStart !== 1 && n > 1)) return null;
    const days = { count: kindOfWeek(names), days: listOf(inOrder(names), locale) };
    return t(n === 1 ? 'recurring.words.weekly' : 'recurring.words.weeks', { many, ...days });
  }
  if (freq === 'YEARLY' && months.length !== 1) return null;
  if (freq === 'MONTHLY' && months.length > 0) return null;
  const month = freq === 'YEARLY' ? monthName(months[0] as number, locale) : '';
  const place = sayPlace(rule, month, t, locale);
  if (place === null) return null;
  if (freq === 'YEARLY') return t('recurring.words.years', { n, many, place });
  const [nth] = weekdays;
  // One weekday of each month is said as everybody says it.
  if (n === 1 && positions.length === 0 && weekdays.length === 1 && nth) {
    return t('recurring.words.monthly', { ...gender(nth.weekday, locale), nth: nth.nth });
  }
  if (n === 1 && positions.length === 0 && weekdays.length > 1) {
    return t('recurring.words.monthlyNths', { place: placeOfNths(rule, t, locale) });
  }
  return t('recurring.words.months', { n, many, place });
}

/** "il primo e il terzo giovedì", "il giorno 15", "l’8 marzo"; null for what has no words. */
function sayPlace(rule: Recurrence, month: string, t: Translate, locale: Locale): string | null {
  const { monthDays, weekdays, positions } = rule;
  const ofMonth = (place: string) =>
    t('recurring.words.ofMonth', { place, inMonth: month ? 'yes' : 'no', month });
  if (positions.length > 0) {
    const [position] = positions;
    const isWorking = kindOfWeek(weekdays.map(({ weekday }) => weekday)) === 'working';
    const isPlain = isWorking && monthDays.length === 0 && weekdays.every(({ nth }) => nth === null);
    if (!isPlain || positions.length > 1 || (position !== 1 && position !== -1)) return null;
    return ofMonth(t('recurring.words.working', { place: position }));
  }
  if (weekdays.length > 0) {
    const [first] = weekdays;
    const isSayable = weekdays.every(
      ({ nth, weekday }) =>
        nth !== null && weekday === first?.weekday && (nth === -1 || (nth > 0 && nth < 5)),
    );
    return isSayable && monthDays.length === 0 ? ofMonth(onPlace(placeOfNths(rule, t, locale), t)) : null;
  }
  const [day] = monthDays;
  if (monthDays.length !== 1 || day === undefined || (day < 0 && day !== -1)) return null;
  if (day === -1) return ofMonth(t('recurring.words.lastDay', {}));
  return month
    ? t('recurring.words.date', { day, month, isLeap: day === 29 && rule.months[0] === 2 ? 'yes' : 'no' })
    : t('recurring.words.dayOfMonth', { day, isShort: day > 28 ? 'yes' : 'no' });
}

const onPlace = (place: string, t: Translate) => t('recurring.words.on', { place });

/** "il primo e il terzo giovedì", in Italian with the gender of the weekday. */
function placeOfNths({ weekdays }: Recurrence, t: Translate, locale: Locale): string {
  const [first] = weekdays;
  const about = gender(first?.weekday ?? 0, locale);
  const nths = weekdays
    .map(({ nth }) => nth ?? 0)
    .sort((a, b) => (a === -1 ? 9 : a) - (b === -1 ? 9 : b))
    .map((nth) => t('recurring.words.nth', { ...about, nth }));
  return t('recurring.words.nths', { nths: list(nths, locale), weekday: about.weekday });
}

/** In Italian a Sunday is feminine: "ogni prima domenica". */
const gender = (weekday: number, locale: Locale) => ({
  weekday: weekdayName(weekday, locale),
  isSunday: weekday === 0 ? 'yes' : 'no',
});

function kindOfWeek(weekdays: readonly number[]): 'all' | 'working' | 'some' {
  const sorted = [...new Set(weekdays)].sort().join('');
  return sorted === '0123456' ? 'all' : sorted === '12345' ? 'working' : 'some';
}

/** Monday first, as a week is told. */
const inOrder = (weekdays: readonly number[]) => [...weekdays].sort((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
const listOf = (weekdays: readonly number[], locale: Locale) =>
  list(
    weekdays.map((weekday) => weekdayName(weekday, locale)),
    locale,
  );
// Making one of these costs a thousand times what using it does.
const lists = new Map<Locale, Intl.ListFormat>();
const names = new Map<string, string>();

function list(items: readonly string[], locale: Locale): string {
  const format = lists.get(locale) ?? new Intl.ListFormat(locale === 'en' ? 'en-GB' : locale);
  lists.set(locale, format);
  return format.format(items);
}

/** "giovedì"; 0 is Sunday. */
export function weekdayName(weekday: number, locale: Locale): string {
  // The first of January 2023 was a Sunday.
  return named(Date.UTC(2023, 0, 1 + weekday), { weekday: 'long' }, locale);
}

const monthName = (month: number, locale: Locale) =>
  named(Date.UTC(2023, month - 1, 1), { month: 'long' }, locale);

function named(at: number, options: Intl.DateTimeFormatOptions, locale: Locale): string {
  const key = `${locale} ${at} ${Object.keys(options)}`;
  const known = names.get(key);
  if (known !== undefined) return known;
  const language = locale === 'en' ? 'en-GB' : locale;
  const name = new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(new Date(at));
  names.set(key, name);
  return name;
}
