import { renderMail } from '../mail/render.ts';
import { MailTemplateError } from '../mail/template-error.ts';
import type { AnnouncementMail, MailLocale } from '../mail/variables.ts';

export const longestSubject = 200;
export const longestBody = 20_000;

/** What is wrong with a message's words: where, why, and for an insert which one. */
export type MessageProblem = {
  field: 'subject' | 'body';
  reason: 'missing' | 'too_long' | 'unknown_insert' | 'needs_event' | 'not_readable';
  line?: number;
  what?: string;
};

/** Whether a message can be written to somebody: its words are there, and each insert stands for something. */
export function checkMessage(message: {
  subject: string;
  body: string;
  aboutEvent: boolean;
}): MessageProblem[] {
  const problems: MessageProblem[] = [];
  const { subject, body } = message;
  if (subject.trim() === '') problems.push({ field: 'subject', reason: 'missing' });
  else if (subject.length > longestSubject) problems.push({ field: 'subject', reason: 'too_long' });
  if (body.trim() === '') problems.push({ field: 'body', reason: 'missing' });
  else if (body.length > longestBody) problems.push({ field: 'body', reason: 'too_long' });
  if (problems.length > 0) return problems;
  // One after the other: the first insert that is wrong hides the others.
  const wrong =
    problemOf('subject', { subject, body: 'x' }, message.aboutEvent) ??
    problemOf('body', { subject: 'x', body }, message.aboutEvent);
  return wrong ? [wrong] : [];
}

function problemOf(
  field: MessageProblem['field'],
  source: { subject: string; body: string },
  aboutEvent: boolean,
): MessageProblem | null {
  try {
    renderMail('announcement', 'it', sampleFor(aboutEvent), source);
    return null;
  } catch (error) {
    if (!(error instanceof MailTemplateError)) throw error;
    const reason = error.message.slice(error.message.indexOf(': ') + 2);
    const what = /undefined variable: (.+)$/.exec(reason)?.[1];
    const line = error.line ?? 1;
    if (!what) return { field, reason: 'not_readable', line };
    if (!aboutEvent && /^(event|links\.answer)\b/.test(what)) return { field, reason: 'needs_event', what };
    return { field, reason: 'unknown_insert', line, what };
  }
}

/** A reader who has all that an insert can name. */
function sampleFor(aboutEvent: boolean): AnnouncementMail {
  const address = 'https://example.org/';
  return {
    network: { name: 'x', words: { coordinator: 'x', member: 'x', chapter: 'x' } },
    chapter: { name: 'x', accentColour: '#b4472e', url: address },
    person: { firstName: 'x', lastName: 'x', form: 'feminine', newcomer: false },
    coordinator: { firstName: 'x', lastName: 'x', phone: null },
    firstName: 'x',
    // What is not there must not pass for something that is empty.
    ...((aboutEvent ? { event: { title: 'x', when: 'x', whenShort: 'x', place: 'x' } } : {}) as {
      event: AnnouncementMail['event'];
    }),
    links: {
      privacy: address,
      unsubscribe: address,
      archive: address,
      ...((aboutEvent ? { answer: address } : {}) as { answer: string }),
    },
  };
}

/** What a new message begins with: a greeting and a signature, in the chapter's language. */
export function firstWords(locale: MailLocale): string {
  return locale === 'it'
    ? 'Ciao {{ firstName }},\n\n\n\nA presto,\n{{ coordinator.firstName }}'
    : 'Hi {{ firstName }},\n\n\n\nSee you soon,\n{{ coordinator.firstName }}';
}
