/** Pure decisions about answers and seats: no database, no clock. */

export type Mode = 'room' | 'online';
export type Format = 'in_person' | 'online' | 'hybrid';
export type RsvpState = 'going' | 'maybe' | 'declined' | 'waitlisted' | 'offered' | 'withdrawn';
export type Answer = 'yes' | 'maybe' | 'no';

export const modes: readonly Mode[] = ['room', 'online'];

/** What the rules need to know of an event. */
export type EventTerms = {
  format: Format;
  state: 'draft' | 'published' | 'cancelled' | 'ended';
  startsAt: Date;
  endsAt: Date;
  answersCloseAt: Date | null;
  seatsRoom: number | null;
  seatsOnline: number | null;
  guestsAllowed: number;
  maybeAllowed: boolean;
  lateWindowHours: number;
};

/** Her answer as it stands, or null before the first one. */
export type Standing = {
  state: RsvpState;
  mode: Mode;
  guests: number;
  queuedAt: Date | null;
  offerExpiresAt: Date | null;
  offerLapsedAt: Date | null;
};

export type Refusal =
  | 'event_cancelled'
  | 'event_ended'
  | 'answers_closed'
  | 'maybe_not_allowed'
  | 'mode_not_offered'
  | 'too_many_guests'
  | 'no_seats';

export type Decision = { ok: true; next: Standing; late: boolean } | { ok: false; reason: Refusal };

/** The modes that a format offers. */
export function modesOf(format: Format): readonly Mode[] {
  if (format === 'hybrid') return modes;
  return format === 'online' ? ['online'] : ['room'];
}

export function otherMode(mode: Mode): Mode {
  return mode === 'room' ? 'online' : 'room';
}

/** The seats of a mode, or null where there is no limit. */
export function capacityOf(event: Pick<EventTerms, 'seatsRoom' | 'seatsOnline'>, mode: Mode): number | null {
  return mode === 'room' ? event.seatsRoom : event.seatsOnline;
}

/** The moment from which no yes is taken any more. A no is taken until the end. */
export function closesAt(event: Pick<EventTerms, 'answersCloseAt' | 'startsAt'>): Date {
  return event.answersCloseAt ?? event.startsAt;
}

/** Whether a row takes seats: a held seat counts as taken. */
export function takesSeats(state: RsvpState): boolean {
  return state === 'going' || state === 'offered';
}

/**
 * What an answer makes of her standing. `free` says how many seats each mode has left for her beside those that she
 * holds already (null: no limit), with the offers that were due made before.
 */
export function decideAnswer(input: {
  event: EventTerms;
  before: Standing | null;
  answer: Answer;
  mode?: Mode | undefined;
  guests?: number | undefined;
  free: Record<Mode, number | null>;
  /** A coordinator answers for someone who phoned: she may do so until the end. */
  byCoordinator: boolean;
  now: Date;
}): Decision {
  const { event, before, answer, now } = input;
  if (event.state === 'cancelled') return { ok: false, reason: 'event_cancelled' };
  if (event.state === 'ended' || now >= event.endsAt) return { ok: false, reason: 'event_ended' };
  if (answer === 'no') return decline(event, before, now);

  if (now >= closesAt(event) && !input.byCoordinator) return { ok: false, reason: 'answers_closed' };
  const offered = modesOf(event.format);
  const kept = before && offered.includes(before.mode) ? before.mode : undefined;
  const mode = input.mode ?? kept ?? (offered[0] as Mode);
  if (!offered.includes(mode)) return { ok: false, reason: 'mode_not_offered' };
  const guests = input.guests ?? before?.guests ?? 0;
  // Who brings more than is allowed since it was lowered may keep them, not add to them.
  if (guests > event.guestsAllowed && guests > (before?.guests ?? 0)) {
    return { ok: false, reason: 'too_many_guests' };
  }
  const next = { ...cleared, mode, guests };

  if (answer === 'maybe') {
    if (!event.maybeAllowed) return { ok: false, reason: 'maybe_not_allowed' };
    return { ok: true, late: false, next: { ...next, state: 'maybe' } };
  }

  const holds = before !== null && takesSeats(before.state);
  const own = holds && before.mode === mode ? 1 + before.guests : 0;
  const free = input.free[mode];
  if (free === null || 1 + guests <= free + own) {
    return { ok: true, late: false, next: { ...next, state: 'going' } };
  }
  // She keeps what she has rather than lose it to a wish that does not fit.
  if (holds) return { ok: false, reason: 'no_seats' };
  const waits = before?.state === 'waitlisted' && before.mode === mode && before.offerLapsedAt === null;
  return {
    ok: true,
    late: false,
    next: { ...next, state: 'waitlisted', queuedAt: waits ? before.queuedAt : now },
  };
}

const cleared = { queuedAt: null, offerExpiresAt: null, offerLapsedAt: null };

function decline(event: EventTerms, before: Standing | null, now: Date): Decision {
  const gaveUp = before !== null && (before.state === 'waitlisted' || takesSeats(before.state));
  const state = gaveUp || before?.state === 'withdrawn' ? 'withdrawn' : 'declined';
  const lateFrom = event.startsAt.getTime() - event.lateWindowHours * 3_600_000;
  return {
    ok: true,
    late: before?.state === 'going' && now.getTime() >= lateFrom,
    next: {
      ...cleared,
      state,
      mode: before?.mode ?? (modesOf(event.format)[0] as Mode),
      guests: 0,
    },
  };
}

/** One who waits, in the order of the queue. */
export type Waiting = { personId: string; mode: Mode; guests: number };

/**
 * Who of those waiting gets a free seat: the first whose whole party fits, then the next. A larger party ahead keeps
 * its place.
 * @param queue those waiting for this mode, first come first, without those whose last offer ran out
 * @param free seats left, null for no limit
 */
export function nextInLine<W extends Waiting>(queue: readonly W[], free: number | null): W[] {
  const served: W[] = [];
  let left = free ?? Number.POSITIVE_INFINITY;
  for (const waiting of queue) {
    const party = 1 + waiting.guests;
    if (party > left) continue;
    left -= party;
    served.push(waiting);
  }
  return served;
}
