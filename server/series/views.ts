import type { Locale, Translate } from '../web/i18n.ts';
import { type RuleParts, readRule } from './rules.ts';

/** "ogni primo giovedì del mese", "ogni due settimane, di giovedì". */
export function rhythmInWords(rule: string, t: Translate, locale: Locale): string {
  const parts = readRule(rule);
  // A rule that came from elsewhere is said as it stands, rather than wrongly.
  if (!parts) return rule;
  return t(`recurring.rhythm.${parts.rhythm}`, {
    weekday: weekdayName(parts, locale),
    // In Italian a Sunday is feminine: "ogni prima domenica".
    isSunday: parts.weekday === 0 ? 'yes' : 'no',
    nth: parts.nth,
    day: parts.dayOfMonth,
    isShort: (parts.dayOfMonth ?? 0) > 28 ? 'yes' : 'no',
  });
}

/** "ogni primo giovedì del mese alle 13:00" */
export function seriesInWords(
  series: { rule: string; startsAtTime: string },
  t: Translate,
  locale: Locale,
): string {
  const [hour = '0', minute = '00'] = series.startsAtTime.split(':');
  return t('recurring.at', {
    rhythm: rhythmInWords(series.rule, t, locale),
    hour: Number(hour),
    time: `${Number(hour)}:${minute}`,
  });
}

function weekdayName({ weekday }: RuleParts, locale: Locale): string {
  if (weekday === null) return '';
  // The first of January 2023 was a Sunday.
  const day = new Date(Date.UTC(2023, 0, 1 + weekday));
  return new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : locale, {
    weekday: 'long',
    timeZone: 'UTC',
  }).format(day);
}
