import { resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';
import { afterWakingTime, type QuietHours } from '../mailings/quiet-hours.ts';

/** How long a freed seat is held for the one it is offered to. */

/** What a hold depends on. `answersCloseAt` is null where answers are taken until the start. */
export type HoldEvent = { startsAt: Date; answersCloseAt: Date | null; timeZone: string };

const minute = 60_000;
const hour = 60 * minute;

/**
 * When an offer made at `now` runs out: after 24 h, after 4 h from two days before the start, after 45 min on the
 * event's own calendar day. Quiet hours do not count: what is left at their beginning goes on at their end. The last
 * hour before the start belongs to whoever answers first, so an offer ends there at the latest, even if the night
 * left her little waking time, and it never outlives the moment answers close.
 * @returns null where that leaves nothing to hold
 */
export function offerExpiry(now: Date, event: HoldEvent, quiet: QuietHours): Date | null {
  const latest = Math.min(
    event.startsAt.getTime() - hour,
    event.answersCloseAt?.getTime() ?? Number.POSITIVE_INFINITY,
  );
  if (now.getTime() >= latest) return null;
  const full = afterWakingTime(now, holdLength(now, event), event.timeZone, quiet);
  return new Date(Math.min(full.getTime(), latest));
}

/** Whether the last hour has begun: a seat is held for nobody then, and goes to whoever answers first. */
export function isLastHour(now: Date, event: Pick<HoldEvent, 'startsAt'>): boolean {
  return now.getTime() >= event.startsAt.getTime() - hour;
}

/** Whether a freed seat may still go to the next in line unasked. From two days before the start on she is asked. */
export function promotesAtOnce(now: Date, event: Pick<HoldEvent, 'startsAt' | 'timeZone'>): boolean {
  return now < twoDaysBefore(event);
}

function holdLength(now: Date, event: HoldEvent): number {
  if (isSameDay(now, event.startsAt, event.timeZone)) return 45 * minute;
  return now < twoDaysBefore(event) ? 24 * hour : 4 * hour;
}

/** The start's own wall-clock time two days earlier, which is 47 or 49 hours where the clocks change in between. */
function twoDaysBefore({ startsAt, timeZone }: Pick<HoldEvent, 'startsAt' | 'timeZone'>): Date {
  return resolveWallClock(shiftDays(wallClockAt(startsAt, timeZone), { days: -2 }), timeZone).at;
}

function isSameDay(a: Date, b: Date, zone: string): boolean {
  const one = wallClockAt(a, zone);
  const other = wallClockAt(b, zone);
  return one.year === other.year && one.month === other.month && one.day === other.day;
}
