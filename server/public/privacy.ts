import { readFileSync } from 'node:fs';
import { type Locale, locales } from '../web/i18n.ts';
import { renderMarkdown } from '../web/markdown.ts';

const defaults = Object.fromEntries(
  locales.map((locale) => [
    locale,
    readFileSync(new URL(`../../templates/pages/privacy.${locale}.md`, import.meta.url), 'utf8'),
  ]),
) as Record<Locale, string>;

/** The network's own notice, or the product's, which says what it does; as HTML with headings. */
export function readPrivacyNotice(own: string | null, network: string, locale: Locale): string {
  const source = own?.trim()
    ? own
    : defaults[locale].replaceAll('{network}', network.replace(/[\\`*_[\]<>]/g, '\\$&'));
  return renderMarkdown(source, { headings: true });
}
