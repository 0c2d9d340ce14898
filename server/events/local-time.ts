import { DateTime, IANAZone, Settings } from 'luxon';

// A wrong zone or day is a programming error here, never a date that prints "Invalid DateTime".
Settings.throwOnInvalid = true;
declare module 'luxon' {
  interface TSSettings {
    throwOnInvalid: true;
  }
}

/** What a clock on the wall shows; months count from 1. */
export type WallClock = {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second?: number;
  millisecond?: number;
};

/**
 * Where a wall-clock time lies on the line of instants.
 * `at` is the instant meant: the only one, the first of two, or, inside a gap, the time moved forward by the gap.
 * `last` differs from `at` only when the clock shows that time twice.
 */
export type Resolved = { kind: 'once' | 'twice' | 'never'; at: Date; last: Date };

const DAY = 86_400_000;

/** Reads a wall clock of `zone` as an instant. The parts must be a real calendar day and time. Throws on an unknown zone. */
export function resolveWallClock(clock: WallClock, zone: string): Resolved {
  const ianaZone = IANAZone.create(zone);
  if (!ianaZone.isValid) throw new RangeError(`Not a time zone: ${zone}`);
  const { year, month, day, hour, minute, second = 0, millisecond = 0 } = clock;
  const asUtc = DateTime.utc(year, month, day, hour, minute, second, millisecond).toMillis();
  // No offset is larger than a day, so the offset that holds at that time is one of these two.
  const before = ianaZone.offset(asUtc - DAY);
  const after = ianaZone.offset(asUtc + DAY);
  const hits = [before, after]
    .map((offset) => ({ offset, instant: asUtc - offset * 60_000 }))
    .filter(({ offset, instant }) => ianaZone.offset(instant) === offset)
    .map(({ instant }) => instant);
  if (hits.length === 0) {
    const moved = new Date(asUtc - before * 60_000);
    return { kind: 'never', at: moved, last: moved };
  }
  const first = Math.min(...hits);
  const last = Math.max(...hits);
  return { kind: first === last ? 'once' : 'twice', at: new Date(first), last: new Date(last) };
}

/** What the clock on the wall of `zone` shows at an instant. */
export function wallClockAt(at: Date, zone: string): Required<WallClock> {
  const { year, month, day, hour, minute, second, millisecond } = DateTime.fromJSDate(at, { zone });
  return { year, month, day, hour, minute, second, millisecond };
}

/** The same wall clock on another calendar day; the last day of the month where the day does not exist there. */
export function shiftDays(
  clock: Required<WallClock>,
  by: { years?: number; months?: number; weeks?: number; days?: number },
): Required<WallClock> {
  const { year, month, day } = DateTime.utc(clock.year, clock.month, clock.day).plus(by);
  return { ...clock, year, month, day };
}

/** Whether `name` is an IANA time zone that this runtime knows, aliases such as `Asia/Kolkata` included; an offset is none. */
export function isZone(name: string): boolean {
  // Intl takes "+02:00" too, which keeps no wall clock when the clocks change.
  if (!/^[A-Za-z]/.test(name)) return false;
  return IANAZone.isValidZone(name);
}

export type ParsedInstant =
  | { ok: true; at: Date }
  | { ok: false; reason: 'not_a_time' | 'does_not_exist' | 'out_of_range' | 'unknown_zone' };

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * Reads an ISO 8601 date and time (RFC 3339, seconds optional). With an offset it is that instant; without one it is
 * local to `zone`: a time the clocks skip is refused, of a time they show twice the first is taken.
 */
export function parseInstant(text: string, zone: string): ParsedInstant {
  const match = isoTime.exec(text.trim());
  if (!match) return { ok: false, reason: 'not_a_time' };
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset] = match;
  const clock: Required<WallClock> = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    millisecond: Number(fraction.padEnd(3, '0').slice(0, 3)),
  };
  if (!isRealDay(clock) || clock.hour > 23 || clock.minute > 59 || clock.second > 59) {
    return { ok: false, reason: 'not_a_time' };
  }
  // A year of 0206 or 20266 is a slip of the thumb, and would travel as far as the database.
  if (clock.year < 1970 || clock.year > 2199) return { ok: false, reason: 'out_of_range' };
  if (offset !== undefined) return atOffset(clock, offset);
  if (!isZone(zone)) return { ok: false, reason: 'unknown_zone' };
  const resolved = resolveWallClock(clock, zone);
  if (resolved.kind === 'never') return { ok: false, reason: 'does_not_exist' };
  return { ok: true, at: resolved.at };
}

/** The two fields of a form, `2026-11-26` and `18:30`, read as a wall clock of `zone`. */
export function parseLocalFields(date: string, time: string, zone: string): ParsedInstant {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date.trim()) || !/^\d{2}:\d{2}(:\d{2})?$/.test(time.trim())) {
    return { ok: false, reason: 'not_a_time' };
  }
  return parseInstant(`${date.trim()}T${time.trim()}`, zone);
}

/** An instant as the two fields of a form show it: `{ date: '2026-11-26', time: '18:30' }`. */
export function toLocalFields(at: Date, zone: string): { date: string; time: string } {
  const local = DateTime.fromJSDate(at, { zone });
  return { date: local.toFormat('yyyy-MM-dd'), time: local.toFormat('HH:mm') };
}

function isRealDay({ year, month, day }: WallClock): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function atOffset(clock: Required<WallClock>, offset: string): ParsedInstant {
  const { year, month, day, hour, minute, second, millisecond } = clock;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
  if (offset.toUpperCase() === 'Z') return { ok: true, at: new Date(asUtc) };
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 23 || minutes > 59) return { ok: false, reason: 'not_a_time' };
  const sign = offset.startsWith('-') ? -1 : 1;
  return { ok: true, at: new Date(asUtc - sign * (hours * 60 + minutes) * 60_000) };
}
