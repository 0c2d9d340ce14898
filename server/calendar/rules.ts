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

/** What a mail of a kind tells her calendar; null for one that tells it nothing. */
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
  switch (template) {
    case 'confirmation':
    case 'standing_yes':
    case 'update':
    case 'join_link':
    case 'offer':
      return wanted;
    case 'cancellation':
      return held?.holds || wanted === 'accepted' || wanted === 'tentative' ? 'cancelled' : null;
    case 'invitation':
      return about.invites && answer === null ? 'invited' : null;
    case 'chase':
    case 'reminder':
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

type InEntry = {
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
  joinUrl: string | null;
};

/**
 * In whose calendars a change of an event needs a newer SEQUENCE (RFC 5546 section 2.1.4). The join link stands in no other
 * entries than of those who are confirmed online. Another title makes no answer an old one: it comes with the next word.
 */
export function changeOfEntries(before: InEntry, after: InEntry): 'all' | 'online' | 'none' {
  const isMoved =
    before.startsAt.getTime() !== after.startsAt.getTime() ||
    before.endsAt.getTime() !== after.endsAt.getTime() ||
    before.timeZone !== after.timeZone ||
    before.format !== after.format ||
    before.venueName !== after.venueName ||
    before.venueAddress !== after.venueAddress;
  if (isMoved) return 'all';
  return before.joinUrl === after.joinUrl ? 'none' : 'online';
}
