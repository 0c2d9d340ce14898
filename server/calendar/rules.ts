import { type Tellable, whatMoved } from '../events/rules.ts';

/** What her calendar holds of an event: that she comes, that she may, that she is asked; or that it is off. */
export type EntryState = 'accepted' | 'tentative' | 'invited' | 'cancelled';

/** What the ledger of mails says of her entry: the last word that reached her calendar, as far as anybody knows. */
export type HeldEntry = {
  /** Whether her calendar holds it; not after a cancellation. */
  holds: boolean;
  sequence: number;
  /** The DTSTAMP of that word. */
  stamp: Date;
};

type Answer = { state: string; source: string } | null;

/**
 * What her calendar should hold, by her answer; null where it holds nothing and need not hear of it. Who waits has an
 * entry only if she had one before, or answered from her calendar, which shows her own word until ours arrives.
 */
export function wantedEntry(answer: Answer, held: HeldEntry | null): EntryState | null {
  const holds = held?.holds ?? false;
  switch (answer?.state) {
    case 'going':
      return 'accepted';
    case 'maybe':
      return 'tentative';
    case 'waitlisted':
    case 'offered':
      return holds || answer.source === 'calendar' ? 'tentative' : null;
    case undefined:
      return holds ? 'invited' : null;
    default:
      // Declined in her calendar, it is still there, crossed out: she hears that we know.
      return holds || answer?.source === 'calendar' ? 'cancelled' : null;
  }
}

/** What a mail says to her calendar by its template; those that are not here say nothing. */
const words: Readonly<Record<string, 'standing' | 'off' | 'asks' | 'what_changed'>> = {
  confirmation: 'standing',
  standing_yes: 'standing',
  update: 'standing',
  join_link: 'standing',
  offer: 'standing',
  cancellation: 'off',
  invitation: 'asks',
  chase: 'what_changed',
  reminder: 'what_changed',
};

/** Whether a mail may say something to her calendar. @param invites whether the chapter's invitations are entries */
export function speaksOfEntry(template: string, invites: boolean): boolean {
  return template in words && (words[template] !== 'asks' || invites);
}

/** What a mail tells her calendar; null for one that tells it nothing. */
export function entryOfMail(
  template: string,
  about: {
    answer: Answer;
    held: HeldEntry | null;
    sequence: number;
    changedAt: Date | null;
    invites: boolean;
  },
): EntryState | null {
  const { answer, held } = about;
  const wanted = wantedEntry(answer, held);
  switch (words[template]) {
    case 'standing':
      return wanted;
    case 'off':
      return held?.holds || wanted === 'accepted' || wanted === 'tentative' ? 'cancelled' : null;
    case 'asks':
      return about.invites && answer === null ? 'invited' : null;
    case 'what_changed':
      // Whatever was put right since the last word that her calendar had, a title or a join link, goes along.
      return held?.holds && isOld(held, about) ? wanted : null;
    default:
      return null;
  }
}

function isOld(
  held: HeldEntry,
  { sequence, changedAt }: { sequence: number; changedAt: Date | null },
): boolean {
  return held.sequence < sequence || (changedAt !== null && held.stamp < changedAt);
}

/** How long before the start her calendar reminds her, in minutes: in person she has a way to go. */
export const alarmMinutes = { room: 120, online: 15 } as const;

/** A DTSTAMP that is later than the one before it, in whole seconds as iCalendar has them. */
export function laterStamp(at: Date, held: HeldEntry | null): Date {
  const second = Math.floor(at.getTime() / 1000) * 1000;
  return new Date(Math.max(second, held ? held.stamp.getTime() + 1000 : 0));
}

/**
 * In whose calendars a change of an event needs a newer SEQUENCE (RFC 5546 section 2.1.4). The join link stands in no other
 * entries than of those who are confirmed online. Another title makes no answer an old one: it comes with the next word.
 */
export function changeOfEntries(before: Tellable, after: Tellable): 'all' | 'online' | 'none' {
  if (whatMoved(before, after).length > 0) return 'all';
  return before.joinUrl === after.joinUrl ? 'none' : 'online';
}
