import type { Company } from '../encounters/queries.ts';
import type { EventRow } from '../events/views.ts';
import type { StandingChoice } from '../series/standing.ts';
import {
  type Answer,
  capacityOf,
  closesAt,
  type EventTerms,
  type Mode,
  modesOf,
  type RsvpState,
} from './rules.ts';

/** All that the page behind a member's link is made of. */
export type RsvpPageRow = {
  event: EventRow &
    EventTerms & {
      joinUrl: string | null;
      cancelReason: string | null;
      movedAt: Date | null;
      movedFrom: MovedFrom | null;
    };
  invitedAt: Date;
  person: { firstName: string; lastName: string };
  chapter: { slug: string; replyTo: string | null };
  /** The first name of who coordinates, and so invites. */
  host: string | null;
  rsvp: PageStanding | null;
  /** Whether those who come may see her name; before she has answered, what she said to that last. */
  isVisible: boolean;
  /** Seats taken by mode, those of the offers held included. */
  taken: Record<Mode, number>;
  /** The series that the event is a date of, for a member; null for a guest, and for an event that stands alone. */
  series: StandingChoice | null;
  guests: readonly string[];
  /** Her place in the waiting list, from 1. */
  place: number | null;
  /** Her own answer before the one that stands. */
  previous: PastAnswer | null;
  /** Those whom she will meet; nobody where she does not come herself. */
  others: Company;
};

export type PastAnswer = { answer: Answer; mode: Mode; guests: number };

export type PageStanding = {
  state: RsvpState;
  mode: Mode;
  guests: number;
  offerExpiresAt: Date | null;
  offerLapsedAt: Date | null;
  reconfirmedAt: Date | null;
  answeredAt: Date;
  note: string | null;
};

/** What an event was before it moved, as events.moved_from keeps it. */
export type MovedFrom = {
  startsAt: string;
  endsAt: string;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

export type RsvpPageState = 'open' | 'full' | 'closed' | 'cancelled' | 'ended' | RsvpState;

/** Anna R.: enough to see whose link it is, and no more. */
export function nameOnLink(person: { firstName: string; lastName: string }): string {
  const initial = [...person.lastName.trim()][0];
  return initial ? `${person.firstName} ${initial}.` : person.firstName;
}

/** Where she stands, as far as the page is concerned. */
export function pageState(row: RsvpPageRow, now: Date): RsvpPageState {
  const { event, rsvp } = row;
  if (event.state === 'cancelled') return 'cancelled';
  if (event.state === 'ended' || now >= event.endsAt) return 'ended';
  if (rsvp && rsvp.state !== 'maybe') return offerIsOver(rsvp, now) ? 'waitlisted' : rsvp.state;
  if (isClosed(row, now)) return 'closed';
  if (rsvp) return 'maybe';
  return isFull(row) ? 'full' : 'open';
}

/** Whether answers are over: no yes is taken any more. */
export function isClosed({ event }: RsvpPageRow, now: Date): boolean {
  return now >= closesAt(event);
}

/** Seats left in a mode, null where there is no limit. */
export function seatsLeft(
  { event, taken }: { event: Pick<EventTerms, 'seatsRoom' | 'seatsOnline'>; taken: Record<Mode, number> },
  mode: Mode,
): number | null {
  const capacity = capacityOf(event, mode);
  return capacity === null ? null : Math.max(0, capacity - taken[mode]);
}

export function isFull(row: RsvpPageRow): boolean {
  return modesOf(row.event.format).every((mode) => seatsLeft(row, mode) === 0);
}

// Until the service has taken it back, an offer whose time is over is nothing she could still accept.
function offerIsOver(rsvp: PageStanding, now: Date): boolean {
  return rsvp.state === 'offered' && rsvp.offerExpiresAt !== null && rsvp.offerExpiresAt <= now;
}

/** The answer that a state stands for. */
export function answerOf(state: RsvpState): Answer {
  if (state === 'maybe') return 'maybe';
  return state === 'declined' || state === 'withdrawn' ? 'no' : 'yes';
}

/** Whether an answer would be taken now. A no is taken until the end. */
export function allows(row: RsvpPageRow, answer: Answer, now: Date): boolean {
  if (row.event.state !== 'published' || now >= row.event.endsAt) return false;
  if (answer === 'no') return true;
  return !isClosed(row, now) && (answer === 'yes' || row.event.maybeAllowed);
}
