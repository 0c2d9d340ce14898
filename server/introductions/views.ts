import { dayInWords } from '../web/dates.ts';
import type { Locale, Translate } from '../web/i18n.ts';
import { type OwnIntroduction, readOther } from './queries.ts';
import { askLastsMs, type ContactKind, contactKinds, outcomes, standingOf } from './rules.ts';

type Saying = { t: Translate; locale: Locale; now: Date };

/** One introduction, as one of the two may see it. */
export function introductionView(introduction: OwnIntroduction, { t, locale, now }: Saying) {
  const { timeZone } = introduction;
  const other = readOther(introduction.otherJson);
  // Where the other one has gone, nothing is left to say of her.
  const standing = other ? standingOf(introduction, now) : 'over';
  const name = [other?.firstName, other?.lastName].filter(Boolean).join(' ');
  const lastDay = new Date(introduction.createdAt.getTime() + askLastsMs);
  return {
    standing,
    name: name || t('meet.somebody'),
    firstName: other?.firstName || t('meet.somebody'),
    isNamed: name !== '',
    lines: other ? [other.work, other.askMe && t('meet.askMe', { what: other.askMe })].filter(Boolean) : [],
    contacts: contactLines(other?.contacts ?? {}, t),
    when: introduction.mailedAt && dayInWords(introduction.mailedAt, timeZone, locale, now),
    until: dayInWords(lastDay, timeZone, locale, now),
    metAt: introduction.eventTitle,
    by: introduction.introducer,
    words: introduction.words,
    later: introduction.askedLaterAt
      ? {
          metAgain: (['yes', 'no'] as const).map((value) => ({
            value,
            label: t(`meet.later.met.${value}`),
            isChosen: introduction.metAgain === value,
          })),
          outcomes: outcomes.map((value) => ({
            value,
            label: t(`meet.later.outcome.${value}`),
            isChosen: introduction.outcome === value,
          })),
        }
      : null,
  };
}

const hrefs: Record<ContactKind, (value: string) => string | null> = {
  email: (value) => `mailto:${value}`,
  phone: (value) => `tel:${value.replace(/[^\d+]/g, '')}`,
  website: (value) => (/^https?:\/\//i.test(value) && URL.canParse(value) ? value : null),
};

function contactLines(contacts: Partial<Record<ContactKind, string>>, t: Translate) {
  return contactKinds.flatMap((kind) => {
    const value = contacts[kind];
    return value ? [{ label: t(`meet.contact.${kind}`), value, href: hrefs[kind](value) }] : [];
  });
}
