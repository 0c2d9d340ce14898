import { outOfQuietHours } from '../mailings/quiet-hours.ts';

/** What somebody can give of herself to whom she is introduced. */
export const contactKinds = ['email', 'phone', 'website'] as const;
export type ContactKind = (typeof contactKinds)[number];

export const outcomes = ['client', 'referral', 'friendship', 'nothing_yet'] as const;
export type Outcome = (typeof outcomes)[number];

const day = 86_400_000;
/** How long a wish waits to be met. */
export const wishLastsMs = 30 * day;
/** How long a coordinator's introduction waits for both. */
export const askLastsMs = 14 * day;
/** When, after the mail, each is asked what came of it. */
export const laterMs = 30 * day;
/** For so long either may think better of it. */
const undoMs = 3_600_000;
/** Below so many no figure is told. */
export const fewest = 5;
export const longestWords = 300;

type Place = { timeZone: string; quietFrom: string; quietUntil: string };

/** When an introduction leaves that was made just now: there is an hour to take it back, and nobody is woken. */
export function sendsAt(now: Date, place: Place): Date {
  return wakingAt(new Date(now.getTime() + undoMs), place);
}

/** The instant itself, or the end of the quiet hours that it falls in. */
export function wakingAt(at: Date, { timeZone, quietFrom, quietUntil }: Place): Date {
  return outOfQuietHours(at, timeZone, { from: quietFrom, until: quietUntil });
}

/** The two of a pair in the order of their ids, as locks and keys have them. */
export function pairOf(one: string, other: string): { firstId: string; secondId: string } {
  return one < other ? { firstId: one, secondId: other } : { firstId: other, secondId: one };
}

/** The kinds of contact among the values of a form. */
export function readContacts(values: readonly string[]): ContactKind[] {
  return contactKinds.filter((kind) => values.includes(kind));
}

/**
 * What an introduction is to one of its two. What the other one said is not told before both are: `waiting` is the same
 * whether she has said yes, said no or said nothing.
 */
export type Standing = 'asked' | 'waiting' | 'told' | 'over';

export function standingOf(
  of: {
    state: string;
    createdAt: Date;
    mailedAt: Date | null;
    agreedAt: Date | null;
    declinedAt: Date | null;
  },
  now: Date,
): Standing {
  if (of.state === 'made') return of.mailedAt ? 'told' : 'waiting';
  if (of.declinedAt) return 'over';
  if (of.state === 'asked') return of.agreedAt ? 'waiting' : 'asked';
  const runsStill = now.getTime() < of.createdAt.getTime() + askLastsMs;
  return of.agreedAt && runsStill && of.state !== 'withdrawn' ? 'waiting' : 'over';
}

/** A figure about people, or null where it is about too few. */
export function figure(count: number): number | null {
  return count < fewest ? null : count;
}
