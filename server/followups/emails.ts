import type { MailSource } from '../mail/render.ts';
import type { MailAfterwords } from '../mail/variables.ts';
import type { MailMaker } from '../mailings/emails.ts';
import { isThanks } from './rules.ts';

/** What the thanks say beyond the event: her line, photos and links. */
export function afterwordsOf({ facts, t, locale }: MailMaker): MailAfterwords {
  const said = facts.afterwords?.said;
  const recap = (said?.links ?? []).map(({ title, url, seen }) => ({
    title,
    url,
    note: seen.length > 0 ? t('followup.mail.seen', { names: listed(seen, locale) }) : null,
  }));
  return { personalLine: said?.line ?? null, recap: recap.length > 0 ? recap : null };
}

/** Those who came because of her: "Sara e Lia". */
export function broughtBy({ facts, locale }: MailMaker): string | null {
  const brought = facts.afterwords?.said.brought ?? [];
  return brought.length > 0 ? listed(brought, locale) : null;
}

const listed = (names: readonly string[], locale: string) => new Intl.ListFormat(locale).format(names);

/**
 * A coordinator's own words for her thanks may be older than the line that she writes to somebody today: what they have
 * no place for stands in a paragraph of its own, never inside a condition. Her line must not be lost without a word.
 */
export function withAfterwords(template: string, variables: object, source: MailSource): MailSource {
  if (!isThanks(template)) return source;
  const { personalLine, recap } = variables as { personalLine: string | null; recap: unknown };
  const paragraphs = source.body.split(/\n[ \t]*\n/);
  if (personalLine !== null && !source.body.includes('personalLine'))
    paragraphs.splice(breaksOf(paragraphs).at(0) ?? paragraphs.length, 0, '{{ personalLine }}');
  if (recap !== null && !source.body.includes('recap'))
    paragraphs.splice(breaksOf(paragraphs).at(-1) ?? paragraphs.length, 0, '{{ recap | links }}');
  return { ...source, body: paragraphs.join('\n\n') };
}

/** Before which paragraphs something may stand: after the first one, and outside of every condition. */
function breaksOf(paragraphs: readonly string[]): number[] {
  let depth = 0;
  return paragraphs.flatMap((paragraph, index) => {
    const may = index > 0 && depth === 0 ? [index] : [];
    for (const [tag] of paragraph.matchAll(/\{%-?\s*(?:end)?(?:if|unless|case|comment)\b/g))
      depth += tag.includes('end') ? -1 : 1;
    return may;
  });
}
