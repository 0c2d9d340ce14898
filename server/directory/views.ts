import { phoneLink } from '../desk/answers/people-view.ts';
import type { Translate } from '../web/i18n.ts';
import type { Listed } from './queries.ts';
import { perPage } from './rules.ts';

/** A page of the directory as a template prints it. @param base its own address, below which the photos are */
export function directoryView(
  found: readonly Listed[],
  { base, words, page, t }: { base: string; words: string; page: number; t: Translate },
) {
  const link = (to: number) => `${base}?${new URLSearchParams({ q: words, page: String(to) })}`;
  return {
    base,
    words,
    people: found.slice(0, perPage).map((person) => ({
      name: `${person.firstName} ${person.lastName}`.trim(),
      photo: person.hasPhoto ? `${base}/photos/${person.personId}` : null,
      work: person.work,
      askMe: person.askMe && t('directory.askMe', { what: person.askMe }),
      seeks: person.seeks && t('directory.seeks', { what: person.seeks }),
      offers: person.offers && t('directory.offers', { what: person.offers }),
      contacts: [
        person.email && { value: person.email, href: `mailto:${encodeURI(person.email)}` },
        person.phone && { value: person.phone, href: phoneLink(person.phone)?.href ?? null },
        person.website && { value: person.website.replace(/^https?:\/\//, ''), href: person.website },
      ].filter(Boolean),
    })),
    before: page > 1 ? link(page - 1) : null,
    after: found.length > perPage ? link(page + 1) : null,
  };
}

/** What an address asks for: words, and which page. */
export function readSearch(query: unknown): { words: string; page: number } {
  const { q, page } = query as { q?: unknown; page?: unknown };
  return {
    words: typeof q === 'string' ? q.replaceAll('\0', '').trim().slice(0, 100) : '',
    page: /^[1-9]\d{0,3}$/.test(String(page)) ? Number(page) : 1,
  };
}
