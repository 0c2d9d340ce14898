import { fieldOf, fieldsOf } from '../desk/page.ts';
import type { Translate } from '../web/i18n.ts';
import { contactKinds, findProfile, limits, type Profile } from './profile.ts';
import type { OwnSection, Refused } from './section.ts';

export type TextField = keyof typeof limits;
const textFields = Object.keys(limits) as TextField[];

/** "Chiedimi di…" first: people trust people, and not a curriculum. */
export const profileSection: OwnSection = {
  name: 'profile',

  async view({ deps, person, t }, refused) {
    const profile = refused ? readProfile(refused.typed).profile : await findProfile(deps.db, person.id);
    const has = { email: person.email, phone: person.phone, website: profile.website };
    return {
      fields: profileFields(textFields, profile, refused?.problems ?? [], t),
      visible: profile.visible,
      welcomes: profile.welcomes,
      contacts: contactKinds.map((kind) => ({
        kind,
        label: t(`own.profile.contact.${kind}`),
        value: has[kind] || t('own.profile.none'),
        isChosen: profile.contacts.includes(kind),
      })),
    };
  },
};

/** The fields of a form about her, as templates print them. */
export function profileFields<Name extends TextField>(
  names: readonly Name[],
  values: Record<Name, string>,
  problems: Refused['problems'],
  t: Translate,
) {
  return names.map((name) => ({
    name,
    label: t(`own.profile.${name}`),
    hint: t(`own.profile.${name}Hint`),
    value: values[name],
    isLong: limits[name] > 200,
    problem: problems.find(({ field }) => field === name)?.message ?? null,
  }));
}

/** Reads the form, and what is wrong with it: a text that is too long, an address of a site that is none. */
export function readProfile(body: unknown): { profile: Profile; tooLong: TextField[]; isNoSite: boolean } {
  // Line breaks stay where there is room for more than one.
  const text = (name: TextField) =>
    fieldOf(body, name)
      .replace(/\r\n?/g, '\n')
      .replace(limits[name] > 200 ? /[^\S\n]+/g : /\s+/g, ' ')
      .trim();
  const profile: Profile = {
    askMe: text('askMe'),
    work: text('work'),
    seeks: text('seeks'),
    offers: text('offers'),
    website: siteOf(text('website')),
    visible: fieldOf(body, 'visible') === 'yes',
    welcomes: fieldOf(body, 'welcomes') === 'yes',
    contacts: contactKinds.filter((kind) => fieldsOf(body, 'contact').includes(kind)),
  };
  return {
    profile,
    tooLong: textFields.filter((name) => profile[name].length > limits[name]),
    isNoSite: profile.website !== '' && !/^https?:\/\/[^\s/]+\.[^\s/]+/.test(profile.website),
  };
}

/** Most people write their site without its beginning. */
function siteOf(typed: string): string {
  return typed === '' || /^[a-z][a-z0-9+.-]*:/i.test(typed) ? typed : `https://${typed}`;
}

/** What is wrong with a form, in words for her. */
export function problemsOf(
  { tooLong, isNoSite }: Pick<ReturnType<typeof readProfile>, 'tooLong' | 'isNoSite'>,
  t: Translate,
) {
  return [
    ...tooLong.map((field) => ({ field, message: t('own.profile.tooLong', { max: limits[field] }) })),
    ...(isNoSite ? [{ field: 'website', message: t('own.profile.noSite') }] : []),
  ];
}
