import type { MailSection } from '../mail/variables.ts';
import { nameOnLink } from '../rsvps/page-row.ts';
import type { Mode } from '../rsvps/rules.ts';
import type { Locale, Translate } from '../web/i18n.ts';
import type { Companion, Company } from './queries.ts';

/** "Chi incontrerai", as her page shows it. */
export type CompanyView = {
  title: string;
  /** "Ci sarà anche Paola N., che finora hai incontrato solo online." */
  onlineSoFar: string | null;
  people: { name: string; mode: string | null; askMe: string; photoOf: string | null }[];
  more: string | null;
};

/** Null where nobody who comes lets herself be named. */
export function companyView(
  { people, more }: Company,
  { mode, locale, t }: { mode: Mode; locale: Locale; t: Translate },
): CompanyView | null {
  if (people.length === 0) return null;
  return {
    title: t('before.company.title'),
    onlineSoFar: onlineLine(people, locale, t),
    people: people.map((person) => ({
      name: nameOnLink(person),
      mode: person.mode === mode ? null : t(`before.company.${person.mode}`),
      askMe: person.askMe,
      photoOf: person.photoOf ?? null,
    })),
    more: more > 0 ? t('before.company.more', { count: more }) : null,
  };
}

/** The same as the part of a mail; none where nobody is named. */
export function companySections(...given: Parameters<typeof companyView>): MailSection[] {
  const view = companyView(...given);
  if (!view) return [];
  const [, { t }] = given;
  return [
    {
      heading: view.title,
      note: view.onlineSoFar,
      url: null,
      lines: [
        ...view.people.map(({ name, mode, askMe }) => ({
          text: mode ? `${name} · ${mode}` : name,
          note: askMe && t('before.company.askMe', { askMe }),
        })),
        ...(view.more ? [{ text: view.more, note: null }] : []),
      ],
    },
  ];
}

function onlineLine(people: readonly Companion[], locale: Locale, t: Translate): string | null {
  const names = people.filter(({ onlineSoFar }) => onlineSoFar).map(nameOnLink);
  if (names.length === 0) return null;
  const list = new Intl.ListFormat(locale).format(names);
  return t('before.company.onlineSoFar', { count: names.length, names: list });
}
