import { resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';

/**
 * When the notes to who presented herself are brought to her: what has come by the second day at six in the evening, and
 * what comes later on the seventh, once. On the event's own clock.
 */
export function roundsOf(event: { endsAt: Date; timeZone: string }): { first: Date; last: Date } {
  const at = (days: number) => {
    const day = shiftDays(wallClockAt(event.endsAt, event.timeZone), { days });
    return resolveWallClock({ ...day, hour: 18, minute: 0, second: 0, millisecond: 0 }, event.timeZone).at;
  };
  return { first: at(2), last: at(7) };
}
