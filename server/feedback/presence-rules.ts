import { type Format, type Mode, modesOf, type RsvpState } from '../rsvps/rules.ts';

/** Until so long after the end she may say herself whether she was there. */
const saysForMs = 7 * 86_400_000;

/** What is known of her presence, and by whom. */
export type PresenceFacts = {
  seen: { mode: Mode; isOwnWord: boolean } | null;
  /** Somebody at the door or the desk said something of her, be it that she was not there. */
  isMarked: boolean;
  /** She said herself that she was not. */
  saidNo: boolean;
};

export type Presence = {
  /**
   * `there`: somebody said so. `unknown`: nobody did, and she may. `said_no`: she did not make it. `declined`: she had said
   * no before. `unseen`: the door was closed without her, or the desk says that she was not there. `silent`: it is too late
   * to ask.
   */
  state: 'there' | 'unknown' | 'said_no' | 'declined' | 'unseen' | 'silent';
  /** In which modes she may say now that she was there. */
  may: readonly Mode[];
  /** Whether she may say that she was not: she said she was, or nobody knows. */
  mayDeny: boolean;
};

type AskedEvent = {
  format: string;
  startsAt: Date;
  endsAt: Date;
  roomCompleteAt: Date | null;
  onlineCompleteAt: Date | null;
};

/**
 * Where she stands, and what she may say of it herself. Only she can where nobody else did: what the door or the desk says
 * stands, whichever it is, and so does a mode whose attendance was declared complete.
 */
export function presenceOf(
  event: AskedEvent,
  {
    answer,
    facts,
    now,
  }: { answer: { state: RsvpState; mode: Mode } | null; facts: PresenceFacts; now: Date },
): Presence {
  const { seen, isMarked, saidNo } = facts;
  const isOpen = now >= event.startsAt && now.getTime() <= event.endsAt.getTime() + saysForMs;
  const isComplete = (mode: Mode) =>
    (mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt) !== null;
  if (seen) {
    const mayDeny = isOpen && seen.isOwnWord && !isMarked && !isComplete(seen.mode);
    return { state: 'there', may: [], mayDeny };
  }
  const isExpected = answer?.state === 'going';
  const isKnown = isMarked || (isExpected && isComplete(answer.mode));
  if (isKnown) return { state: 'unseen', may: [], mayDeny: false };
  const may = isOpen ? modesOf(event.format as Format).filter((mode) => !isComplete(mode)) : [];
  if (saidNo) return { state: 'said_no', may, mayDeny: false };
  if (answer?.state === 'declined' || answer?.state === 'withdrawn')
    return { state: 'declined', may, mayDeny: false };
  return may.length > 0 ? { state: 'unknown', may, mayDeny: true } : { state: 'silent', may, mayDeny: false };
}
