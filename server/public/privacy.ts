import { readFileSync } from 'node:fs';
import type { Retention } from '../retention/settings.ts';
import { type Locale, locales } from '../web/i18n.ts';
import { renderMarkdown } from '../web/markdown.ts';

const defaults = Object.fromEntries(
  locales.map((locale) => [
    locale,
    readFileSync(new URL(`../../templates/pages/privacy.${locale}.md`, import.meta.url), 'utf8'),
  ]),
) as Record<Locale, string>;

/** The network's own notice, or the product's, which says what it does and for how long; as HTML with headings. */
export function readPrivacyNotice(
  own: string | null,
  network: string,
  locale: Locale,
  keep: Retention,
): string {
  const values: Record<string, string> = {
    network: network.replace(/[\\`*_[\]<>]/g, '\\$&'),
    notesDays: String(keep.keepNotesDays),
    deliveryMonths: String(keep.keepDeliveryMonths),
    answersMonths: String(keep.keepAnswersMonths),
    logsDays: String(keep.keepLogsDays),
  };
  const source = own?.trim()
    ? own
    : defaults[locale].replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  return renderMarkdown(source, { headings: true });
}
