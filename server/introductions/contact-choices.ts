import type { Translate } from '../web/i18n.ts';
import { type ContactKind, contactKinds } from './rules.ts';
import type { OwnContacts } from './wish-queries.ts';

export type ContactChoice = { kind: ContactKind; label: string; value: string; isChosen: boolean };

/** The contacts that she has, to be given or not. */
export function contactChoices(
  { has }: Pick<OwnContacts, 'has'>,
  chosen: readonly ContactKind[],
  t: Translate,
): ContactChoice[] {
  return contactKinds.flatMap((kind) => {
    const value = has[kind];
    return value ? [{ kind, label: t(`meet.contact.${kind}`), value, isChosen: chosen.includes(kind) }] : [];
  });
}
