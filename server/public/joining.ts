import { readFileSync } from 'node:fs';
import { type Locale, locales } from '../web/i18n.ts';
import { renderMarkdown } from '../web/markdown.ts';

const defaults = Object.fromEntries(
  locales.map((locale) => [
    locale,
    readFileSync(new URL(`../../templates/pages/join.${locale}.md`, import.meta.url), 'utf8'),
  ]),
) as Record<Locale, string>;

/** How one joins a chapter, in the product's words: what its coordinator begins with. As Markdown. */
export function usualJoiningText(of: { name: string; networkName: string }, locale: Locale): string {
  const plain = (name: string) => name.replace(/[\\`*_[\]<>]/g, '\\$&');
  return defaults[locale]
    .replaceAll('{chapter}', () => plain(of.name))
    .replaceAll('{network}', () => plain(of.networkName));
}

/** The same in the chapter's own words where it has some, as HTML with headings. Safe to print. */
export function joiningHtml(
  chapter: { name: string; networkName: string; joinIt: string | null; joinEn: string | null },
  locale: Locale,
): string {
  const own = locale === 'it' ? chapter.joinIt : chapter.joinEn;
  return renderMarkdown(own?.trim() ? own : usualJoiningText(chapter, locale), { headings: true });
}
