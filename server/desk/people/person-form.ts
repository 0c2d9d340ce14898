import type { Desk } from '../../organizers/guard.ts';
import type { Basics } from '../../people/edit.ts';
import { readAddress, tidyName } from '../../people/rules.ts';
import { fieldOf } from '../page.ts';

/** A person as the form holds her. */
export type TypedPerson = Record<keyof Basics, string>;

export const emptyPerson: TypedPerson = {
  firstName: '',
  lastName: '',
  email: '',
  phone: '',
  locale: '',
  form: '',
};

export type PersonErrors = Partial<Record<keyof TypedPerson, string>>;

const longestName = 100;
const longestPhone = 40;

/** Reads the form; what is wrong with it, by field, in the order of the page. */
export function readPerson(
  body: unknown,
  desk: Desk,
): { typed: TypedPerson; basics: Basics; errors: PersonErrors } {
  const typed = Object.fromEntries(
    Object.keys(emptyPerson).map((name) => [name, fieldOf(body, name).trim()]),
  ) as TypedPerson;
  const { t } = desk;
  const errors: PersonErrors = {};
  const email = typed.email ? readAddress(typed.email) : null;
  const phone = tidyName(typed.phone);
  if (!tidyName(typed.firstName)) errors.firstName = t('folk.error.firstName');
  else if (typed.firstName.length > longestName) errors.firstName = t('desk.error.tooLong');
  if (typed.lastName.length > longestName) errors.lastName = t('desk.error.tooLong');
  if (typed.email && !email) errors.email = t('folk.error.email');
  if (phone && !/^\+?[\d\s()./-]{5,}$/.test(phone)) errors.phone = t('folk.error.phone');
  else if (phone.length > longestPhone) errors.phone = t('desk.error.tooLong');
  if (!['', 'it', 'en'].includes(typed.locale)) errors.locale = t('desk.error.choose');
  if (!['', 'feminine', 'masculine', 'neutral'].includes(typed.form)) errors.form = t('desk.error.choose');
  return {
    typed,
    errors,
    basics: {
      firstName: tidyName(typed.firstName),
      lastName: tidyName(typed.lastName),
      email,
      phone: phone || null,
      locale: typed.locale || null,
      form: typed.form || null,
    },
  };
}

/** The errors as the top of the page lists them. */
export function wrongLines(errors: PersonErrors, desk: Desk) {
  return Object.entries(errors).map(([field, message]) => ({
    field,
    label: desk.t(`folk.field.${field}`),
    message,
  }));
}
