import type { Translate } from '../../web/i18n.ts';
import { type EventField, type EventFormErrors, type EventFormValues, eventFields } from './event-form.ts';

/** What the form needs beside the desk's own files. */
export const formFiles = { sheets: ['gather.css'], scripts: ['event-form.js'] } as const;

/** Fields that are folded away until something in them is said or wrong. */
const folded: Record<'seats' | 'details' | 'rules', readonly EventField[]> = {
  seats: ['seatsRoom', 'seatsOnline', 'guestsAllowed', 'maybeAllowed'],
  details: ['cost', 'bring', 'description'],
  rules: ['endDate', 'access', 'closeDate', 'closeTime', 'promotion', 'timeZone'],
};

/** The form of an event as its template prints it: words, and what is wrong beside each. */
export function formView(values: EventFormValues, errors: EventFormErrors, t: Translate) {
  const messages = Object.fromEntries(
    eventFields.map((field) => [field, errors[field] ? t(`desk.error.${errors[field]}`) : null]),
  ) as Record<EventField, string | null>;
  const wrong = eventFields.filter((field) => errors[field]);
  return {
    values,
    errors: messages,
    wrong: wrong.map((field) => ({ field, label: t(`desk.field.${field}`), message: messages[field] })),
    open: Object.fromEntries(
      Object.entries(folded).map(([group, fields]) => [group, fields.some((field) => errors[field])]),
    ),
  };
}
