import type { Deps } from '../deps.ts';
import type { OutgoingMessage } from '../mail/message.ts';
import type { MailContext } from './context.ts';

/** Placeholder until the calendar module lands. */
export function calendarOf(_deps: Deps, _context: MailContext, _at: Date): OutgoingMessage['calendar'] {
  return null;
}
