import type { MailTemplate } from '../mail/variables.ts';
import { samplesOf } from './known.ts';

/** Whether a mail has a text that can be put in place of ours: a message to the group is its own. */
export function isOfNetwork(template: MailTemplate): boolean {
  return template !== 'announcement';
}

/** Whether a group may have words of its own for a mail: what opens the desk or her own page is the network's to say. */
export function isOfChapter(template: MailTemplate): boolean {
  return isOfNetwork(template) && template !== 'sign_in' && template !== 'office' && template !== 'my_page';
}

/** Whether a mail speaks of one event to the people whom it concerns, so that the event may have words of its own. */
export function isOfEvent(template: MailTemplate): boolean {
  return (
    isOfChapter(template) &&
    template !== 'digest' &&
    samplesOf(template, 'it').every(({ variables }) => 'event' in variables)
  );
}
