import type { Trx } from '../db/database.ts';
import { planAnswerMails, planGuestConfirmed } from '../mailings/personal.ts';
import { offerExpiry, promotesAtOnce } from './holds.ts';
import { type AnsweredEvent, addHistory, findQueue, giveSeat, lapseOffers, sumSeats } from './queries.ts';
import { capacityOf, closesAt, type Mode, modesOf, nextInLine, type RsvpState } from './rules.ts';

export type FreeSeats = Record<Mode, number | null>;

type Change = { personId: string; state: RsvpState; mode: Mode; guests: number };

/** Seats taken by mode, and whether anybody waits or holds an offer that ran out. */
export type SeatSums = Awaited<ReturnType<typeof sumSeats>>;

/**
 * The one place that gives seats to those who wait and takes held ones back. Every path that may free a seat calls it
 * under the event's lock.
 * @param known the sums, where they were read under this lock and nothing has changed since
 * @returns the seats that are left by mode, null for no limit, and whether anybody's place was changed
 */
export async function reconcileSeats(
  trx: Trx,
  event: AnsweredEvent,
  now: Date,
  known?: SeatSums,
): Promise<FreeSeats & { changed: boolean }> {
  let seats = known ?? (await sumSeats(trx, event.id, now));
  const changes: Change[] = [];
  if (seats.lapsed) {
    const lapsed = await lapseOffers(trx, event.id, now);
    changes.push(...lapsed.map((row) => ({ ...row, mode: row.mode as Mode, state: 'waitlisted' as const })));
    seats = await sumSeats(trx, event.id, now);
  }
  const free = freeSeats(event, seats);

  if (mayGiveSeats(event, seats, free)) {
    const expiry = offerExpiry(now, event, { from: event.quietFrom, until: event.quietUntil });
    const atOnce = event.promotion === 'at_once' && promotesAtOnce(now, event);
    const open = event.state === 'published' && now < closesAt(event) && (atOnce || expiry !== null);
    const queue = open ? await findQueue(trx, event.id) : [];
    for (const mode of modesOf(event.format as 'hybrid')) {
      const waiting = queue.filter((row) => row.mode === mode);
      for (const row of nextInLine(waiting, free[mode])) {
        const state = atOnce ? 'going' : 'offered';
        await giveSeat(trx, event.id, row.personId, { state, offerExpiresAt: atOnce ? null : expiry });
        changes.push({ ...row, state });
        if (free[mode] !== null) free[mode] -= 1 + row.guests;
      }
    }
  }
  if (changes.length > 0) {
    const history = await addHistory(
      trx,
      changes.map((change) => ({
        ...change,
        eventId: event.id,
        chapterId: event.chapterId,
        source: 'system' as const,
        late: false,
        at: now,
      })),
    );
    await planAnswerMails(trx, event, history, now);
    for (const { state, personId } of changes)
      if (state === 'going') await planGuestConfirmed(trx, event, personId, now);
  }
  return { ...free, changed: changes.length > 0 };
}

/** Whether `reconcileSeats` would find anything to do with these sums. */
export function needsReconciling(event: AnsweredEvent, seats: SeatSums): boolean {
  return seats.lapsed || mayGiveSeats(event, seats, freeSeats(event, seats));
}

function mayGiveSeats(event: AnsweredEvent, seats: SeatSums, free: FreeSeats): boolean {
  const offered = modesOf(event.format as 'hybrid');
  return event.state === 'published' && seats.waiting && offered.some((mode) => hasRoom(free[mode]));
}

function freeSeats(event: AnsweredEvent, seats: SeatSums): FreeSeats {
  return { room: left(event, 'room', seats.room), online: left(event, 'online', seats.online) };
}

function left(event: AnsweredEvent, mode: Mode, taken: number): number | null {
  const capacity = capacityOf(event, mode);
  return capacity === null ? null : Math.max(0, capacity - taken);
}

function hasRoom(free: number | null): boolean {
  return free === null || free > 0;
}
