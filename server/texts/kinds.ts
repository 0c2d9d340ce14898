import type { MailTemplate } from '../mail/variables.ts';
import { samplesOf } from './known.ts';

/** Whether a group may have words of its own for a mail: a link to sign in belongs to no group. */
export function isOfChapter(template: MailTemplate): boolean {
  return template !== 'sign_in';
}

/** Whether a mail speaks of one event to the people whom it concerns, so that the event may have words of its own. */
export function isOfEvent(template: MailTemplate): boolean {
  return template !== 'digest' && samplesOf(template, 'it').every(({ variables }) => 'event' in variables);
}
