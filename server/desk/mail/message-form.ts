import type { Deps } from '../../deps.ts';
import type { MailLocale } from '../../mail/variables.ts';
import {
  countReach,
  type EventAudience,
  eventAudiences,
  type MessageAudience,
  messageAudiences,
  type Reach,
  type ReachCount,
} from '../../messages/audience.ts';
import { checkMessage, firstWords, type MessageProblem } from '../../messages/check.ts';
import type { EventToChoose, MessageRow } from '../../messages/queries.ts';
import type { MessageContent } from '../../messages/service.ts';
import type { Desk } from '../../organizers/guard.ts';
import { dayInWords } from '../../web/dates.ts';
import type { Translate } from '../../web/i18n.ts';
import { fieldOf, isId } from '../page.ts';

/** A message's form as words, whatever they are worth. */
export type MessageValues = {
  subject: string;
  body: string;
  audience: string;
  eventId: string;
  who: string;
};
type Field = keyof MessageValues;
export type MessageErrors = Partial<Record<Field, string>>;

/** What a new message begins with; an event's page may say to whom. */
export function newMessageValues(locale: string, asked: { event?: string; who?: string }): MessageValues {
  const event = asked.event && isId(asked.event) ? asked.event : '';
  const who = eventAudiences.find((known) => known === asked.who) ?? 'going';
  return {
    subject: '',
    body: firstWords(locale as MailLocale),
    audience: event ? 'event' : 'members',
    eventId: event,
    who,
  };
}

export function valuesOfMessage(message: MessageRow): MessageValues {
  return {
    subject: message.subject,
    body: message.body,
    audience: message.audience,
    eventId: message.eventId ?? '',
    who: message.eventAudience ?? 'going',
  };
}

/**
 * Reads the form: all that is wrong with it, with her words kept.
 * @param chosen the message that is changed, where it names people one by one
 */
export function readMessageForm(
  body: unknown,
  t: Translate,
  chosen: { eventId: string | null } | null,
): { values: MessageValues; errors: MessageErrors; content: MessageContent } {
  const values: MessageValues = {
    subject: fieldOf(body, 'subject').replace(/\s+/g, ' ').trim(),
    body: fieldOf(body, 'body').replace(/\r\n?/g, '\n').trim(),
    audience: fieldOf(body, 'audience'),
    eventId: fieldOf(body, 'eventId'),
    who: fieldOf(body, 'who'),
  };
  const errors: MessageErrors = {};
  const audience = messageAudiences.find((known) => known === values.audience);
  if (!audience || (audience === 'people' && !chosen)) errors.audience = t('letter.error.audience');
  const who = eventAudiences.find((known) => known === values.who);
  const ofEvent = audience === 'event';
  if (ofEvent && !isId(values.eventId)) errors.eventId = t('letter.error.event');
  if (ofEvent && !who) errors.who = t('letter.error.audience');
  const eventId = ofEvent ? values.eventId : audience === 'people' ? (chosen?.eventId ?? null) : null;
  for (const problem of checkMessage({ ...values, aboutEvent: eventId !== null })) {
    errors[problem.field] ??= problemInWords(problem, t);
  }
  const content: MessageContent = {
    subject: values.subject,
    body: values.body,
    audience: (audience ?? 'members') as MessageAudience,
    eventId,
    eventAudience: ofEvent ? ((who ?? 'going') as EventAudience) : null,
  };
  return { values, errors, content };
}

function problemInWords({ field, reason, line, what }: MessageProblem, t: Translate): string {
  if (reason === 'missing' || reason === 'too_long') return t(`letter.error.${field}_${reason}`);
  return t(`letter.error.${reason}`, { line: line ?? 1, what: what ?? '' });
}

/** The form as its template prints it. */
export function messageFormView(
  desk: Desk,
  values: MessageValues,
  errors: MessageErrors,
  more: { events: readonly EventToChoose[]; chosen: string | null; now: Date },
) {
  const { t } = desk;
  const audiences = messageAudiences.filter(
    (audience) =>
      (audience !== 'people' || more.chosen !== null) && (audience !== 'event' || more.events.length > 0),
  );
  return {
    values,
    errors,
    wrong: (Object.keys(errors) as Field[]).map((field) => ({
      field: field === 'audience' ? `audience-${audiences[0]}` : field,
      label: t(`letter.field.${field}`),
      message: errors[field] as string,
    })),
    audiences: audiences.map((audience) => ({
      value: audience,
      label: t(`letter.audience.${audience}`),
      hint: audience === 'people' ? more.chosen : t(`letter.audienceHint.${audience}`),
    })),
    events: more.events.map((event) => ({
      id: event.id,
      label: `${dayInWords(event.startsAt, event.timeZone, desk.locale, more.now)} · ${event.title}`,
    })),
    whos: eventAudiences.map((who) => ({ value: who, label: t(`letter.who.${who}`) })),
    inserts: ['{{ firstName }}', '{{ coordinator.firstName }}', '{{ chapter.name }}'].map((code, index) => ({
      code,
      label: t(`letter.insert.${['firstName', 'coordinator', 'chapter'][index]}`),
    })),
    eventInserts: [
      ['{{ event.title }}', t('letter.insert.title')],
      ['{{ event.when }}', t('letter.insert.when')],
      ['{{ event.place }}', t('letter.insert.place')],
      [`[${t('letter.insert.buttonLabel')}]({{ links.answer }} "button")`, t('letter.insert.button')],
    ].map(([code, label]) => ({ code, label })),
  };
}

/** "Parte a 34 persone; 2 non ricevono i messaggi del gruppo" */
export async function reachInWords(deps: Deps, of: Reach, t: Translate, now: Date) {
  const count = await countReach(deps.db, of, now);
  return { count, text: wordsOfReach(count, t) };
}

function wordsOfReach({ reached, silent, withoutAddress }: ReachCount, t: Translate): string {
  return [
    t('letter.reach.reached', { count: reached }),
    silent > 0 ? t('letter.reach.silent', { count: silent }) : null,
    withoutAddress > 0 ? t('letter.reach.withoutAddress', { count: withoutAddress }) : null,
  ]
    .filter(Boolean)
    .join('; ');
}
