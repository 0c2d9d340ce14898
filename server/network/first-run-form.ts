import { isZone } from '../events/local-time.ts';
import { readAddress, tidyName } from '../people/rules.ts';
import type { Locale } from '../web/i18n.ts';
import type { Setup } from './setup.ts';

/** The steps that lead to a network, each a page; what was said on earlier ones travels along in hidden fields. */
export const steps = ['network', 'chapter', 'you'] as const;
export type Step = (typeof steps)[number];

const fieldsOf = {
  network: ['network', 'locale'],
  chapter: ['chapter', 'slug', 'timeZone'],
  you: ['firstName', 'lastName', 'email'],
} as const satisfies Record<Step, readonly string[]>;

export type SetUpField = (typeof fieldsOf)[Step][number];
export type SetUpValues = Record<SetUpField, string>;
export type SetUpErrors = Partial<Record<SetUpField, string>>;

export const emptySetUp = (locale: Locale): SetUpValues => ({
  network: '',
  locale,
  chapter: '',
  slug: '',
  timeZone: 'Europe/Rome',
  firstName: '',
  lastName: '',
  email: '',
});

/** What was typed so far, tidied; the chapter's part of addresses is suggested from its name. */
export function readSetUp(field: (name: string) => string, locale: Locale): SetUpValues {
  const given = (name: SetUpField) => tidyName(field(name)).slice(0, 300);
  const chapter = given('chapter');
  return {
    network: given('network'),
    locale: given('locale') === 'en' ? 'en' : given('locale') === 'it' ? 'it' : locale,
    chapter,
    slug: given('slug').toLowerCase() || suggestSlug(chapter),
    timeZone: given('timeZone') || 'Europe/Rome',
    firstName: given('firstName'),
    lastName: given('lastName'),
    email: given('email'),
  };
}

/** "San Giovanni in Persiceto" → "san-giovanni-in-persiceto" */
export function suggestSlug(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
}

/** What is wrong on one step, by field. */
export function checkStep(step: Step, values: SetUpValues): SetUpErrors {
  const errors: SetUpErrors = {};
  const name = (field: SetUpField, required = true) => {
    if (values[field].length > 100) errors[field] = 'tooLong';
    if (required && values[field] === '') errors[field] = 'missing';
  };
  if (step === 'network') name('network');
  if (step === 'chapter') {
    name('chapter');
    if (!errors.chapter && !isSlug(values.slug)) errors.slug = 'notASlug';
    if (!isZone(values.timeZone)) errors.timeZone = 'notAZone';
  }
  if (step === 'you') {
    name('firstName');
    name('lastName', false);
    if (!readAddress(values.email)) errors.email = 'notAnAddress';
  }
  return errors;
}

export function isSlug(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/.test(text);
}

/** The fields that a page carries along without showing them. */
export function carried(step: Step, values: SetUpValues): { name: string; value: string }[] {
  return steps
    .filter((other) => other !== step)
    .flatMap((other) => fieldsOf[other].map((name) => ({ name, value: values[name] })));
}

export function setupOf(values: SetUpValues): Setup {
  const { network, chapter: name, slug, timeZone, locale, firstName, lastName } = values;
  return {
    network,
    chapter: { slug, name, timeZone, locale },
    coordinator: { email: readAddress(values.email), firstName, lastName, locale },
  };
}
