import { resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';

/** From when until when nobody is to be disturbed, as `HH:MM` of the local clock; may pass midnight. Equal ends: never quiet. */
export type QuietHours = { from: string; until: string };

export const defaultQuietHours: QuietHours = { from: '21:00', until: '08:00' };

/** Whether the local clock stands in [from, until). */
export function isQuiet(instant: Date, zone: string, quiet: QuietHours): boolean {
  const { hour, minute } = wallClockAt(instant, zone);
  const now = hour * 60 + minute;
  const from = minutesOf(quiet.from);
  const until = minutesOf(quiet.until);
  return from <= until ? from <= now && now < until : from <= now || now < until;
}

/** The instant itself, or the end of the quiet hours it falls in. */
export function outOfQuietHours(instant: Date, zone: string, quiet: QuietHours): Date {
  if (!isQuiet(instant, zone, quiet)) return instant;
  return nextAt(quiet.until, instant, zone);
}

/** The instant at which `milliseconds` of time outside the quiet hours have passed since `instant`. Elapsed time, not wall clock. */
export function afterWakingTime(instant: Date, milliseconds: number, zone: string, quiet: QuietHours): Date {
  let at = instant;
  let left = milliseconds;
  // Each turn uses up one day's waking hours.
  for (;;) {
    at = outOfQuietHours(at, zone, quiet);
    if (quiet.from === quiet.until) return new Date(at.getTime() + left);
    const dusk = nextAt(quiet.from, at, zone);
    const waking = dusk.getTime() - at.getTime();
    if (left <= waking) return new Date(at.getTime() + left);
    left -= waking;
    at = dusk;
  }
}

/** The first instant after `instant` at which the local clock shows `time`. */
function nextAt(time: string, instant: Date, zone: string): Date {
  const total = minutesOf(time);
  const today = {
    ...wallClockAt(instant, zone),
    hour: Math.floor(total / 60),
    minute: total % 60,
    second: 0,
    millisecond: 0,
  };
  const candidates = [today, shiftDays(today, { days: 1 })].flatMap((clock) => {
    const { at, last } = resolveWallClock(clock, zone);
    return [at, last];
  });
  const next = candidates.find((candidate) => candidate > instant);
  // Two days ahead always hold one, a day that the zone skips as a whole included.
  return next ?? resolveWallClock(shiftDays(today, { days: 2 }), zone).at;
}

function minutesOf(time: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?$/.exec(time);
  if (!match) throw new RangeError(`Not a time of day: ${time}`);
  return Number(match[1]) * 60 + Number(match[2]);
}
