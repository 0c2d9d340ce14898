import { resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';
import { outOfQuietHours, type QuietHours } from './quiet-hours.ts';

export { defaultQuietHours, isQuiet, outOfQuietHours, type QuietHours } from './quiet-hours.ts';

export const mailKinds = [
  'invitation',
  'chase',
  'reminder',
  'confirmation',
  'offer',
  'update',
  'cancellation',
  'thanks',
  'thanks_attended',
  'thanks_missed',
  'thanks_declined',
  'feedback',
  'introduction',
  'announcement',
  'digest',
  'sign_in',
] as const;
export type MailKind = (typeof mailKinds)[number];

export const audiences = [
  'members',
  'invited',
  'unanswered',
  'going',
  'going_room',
  'going_online',
  'maybe',
  'waitlisted',
  'offered',
  'withdrawn',
  'declined',
  'attended',
  'missed',
] as const;
export type Audience = (typeof audiences)[number];

export const anchors = ['publish', 'start', 'end'] as const;
export type Anchor = (typeof anchors)[number];

/** One step of an event's timeline. `offset` is an ISO 8601 duration, `localTime` an `HH:MM` of the event's zone. */
export type TimelineRule = {
  kind: MailKind;
  anchor: Anchor;
  offset: string;
  localTime?: string | null;
  audience: Audience;
  template?: string | null;
};

/** What every chapter begins with. */
export const defaultTimeline: readonly TimelineRule[] = [
  { kind: 'invitation', anchor: 'publish', offset: 'PT0S', audience: 'invited' },
  { kind: 'chase', anchor: 'start', offset: '-P7D', localTime: '10:00', audience: 'unanswered' },
  { kind: 'reminder', anchor: 'start', offset: '-P1D', localTime: '10:00', audience: 'going' },
  { kind: 'reminder', anchor: 'start', offset: '-PT1H', audience: 'going_online' },
  { kind: 'thanks', anchor: 'end', offset: 'P1D', localTime: '10:00', audience: 'going' },
  { kind: 'thanks_attended', anchor: 'end', offset: 'P1D', localTime: '10:00', audience: 'attended' },
  { kind: 'thanks_missed', anchor: 'end', offset: 'P1D', localTime: '10:00', audience: 'missed' },
  { kind: 'thanks_declined', anchor: 'end', offset: 'P1D', localTime: '10:00', audience: 'declined' },
  { kind: 'feedback', anchor: 'end', offset: 'P3D', localTime: '10:00', audience: 'attended' },
];

/** What timing needs of an event; for a draft, `publishedAt` is the moment at which it would be published. */
export type TimedEvent = { publishedAt: Date; startsAt: Date; endsAt: Date; timeZone: string };

/** The part of a rule that says when. */
export type WhenRule = Pick<TimelineRule, 'anchor' | 'offset' | 'localTime'>;

/**
 * When a rule's mailing is due.
 *
 * The date part of the offset (years to days) moves the event's wall clock, then the time part is added as elapsed
 * time; a `localTime` then replaces the hour, so that the offset only says which day. A wall-clock time that does not
 * exist that day is moved forward by the gap, of one that comes twice the first is taken. What falls into quiet hours
 * waits for their end. Only an offset of time alone without a `localTime` (`-PT1H`, `PT0S`) is exact and leaves at any
 * hour. Nothing that hangs on the publication is due before it.
 *
 * @throws RangeError for an offset or time that `validateOffset` or the schema would have refused
 */
export function dueAt(rule: WhenRule, event: TimedEvent, quiet: QuietHours): Date {
  const offset = parseOffset(rule.offset);
  if (!offset.ok) throw new RangeError(`Not an offset: ${rule.offset}`);
  const anchor = anchorOf(rule.anchor, event);
  let at = anchor;
  if (offset.days && Object.values(offset.days).some((count) => count !== 0)) {
    at = resolveWallClock(shiftDays(wallClockAt(anchor, event.timeZone), offset.days), event.timeZone).at;
  }
  at = new Date(at.getTime() + offset.milliseconds);
  if (rule.localTime) at = atLocalTime(at, rule.localTime, event.timeZone);
  if (rule.anchor === 'publish' && at < anchor) at = anchor;
  return isExact(rule) ? at : outOfQuietHours(at, event.timeZone, quiet);
}

/** Whether a rule leaves on time at any hour, and spares nobody: an offset of time alone, without a `localTime`. */
export function isExact(rule: Pick<WhenRule, 'offset' | 'localTime'>): boolean {
  const offset = parseOffset(rule.offset);
  return offset.ok && offset.days === null && !rule.localTime;
}

export type OffsetProblem = 'not_a_duration' | 'fraction_of_a_day' | 'too_long';

/**
 * Whether a text is an offset of the timeline: an ISO 8601 duration, a sign before it (`-P1D`) or before its numbers
 * (`P-1D`), whole years to days, hours to seconds with fractions, at most ten years.
 */
export function validateOffset(text: string): { ok: true } | { ok: false; reason: OffsetProblem } {
  const parsed = parseOffset(text);
  return parsed.ok ? { ok: true } : parsed;
}

/**
 * Whether a mail of this kind would no longer be true when it left: an invitation, chase, reminder or offer from the
 * start on, an update, a cancellation or a confirmation from the end on, thanks and feedback more than seven days after
 * they were due. What is due in the future is judged by its due time.
 */
export function isTooLate(
  kind: MailKind,
  due: Date,
  now: Date,
  event: Pick<TimedEvent, 'startsAt' | 'endsAt'>,
): boolean {
  const leaves = due > now ? due : now;
  switch (kind) {
    case 'invitation':
    case 'chase':
    case 'reminder':
    case 'offer':
      return leaves >= event.startsAt;
    case 'update':
    case 'cancellation':
    case 'confirmation':
      return leaves >= event.endsAt;
    case 'thanks':
    case 'thanks_attended':
    case 'thanks_missed':
    case 'thanks_declined':
    case 'feedback':
      return now.getTime() - due.getTime() > 7 * DAY;
    case 'introduction':
    case 'announcement':
    case 'digest':
    case 'sign_in':
      // Not about one event's time: whoever plans one says how long it holds.
      return false;
  }
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Days = { years: number; months: number; weeks: number; days: number };
type Offset = { ok: true; days: Days | null; milliseconds: number } | { ok: false; reason: OffsetProblem };

const number = String.raw`[+-]?\d+(?:[.,]\d+)?`;
const duration = new RegExp(
  `^(?<sign>[+-])?P(?=.)(?:(?<years>${number})Y)?(?:(?<months>${number})M)?(?:(?<weeks>${number})W)?(?:(?<days>${number})D)?` +
    `(?<time>T(?=.)(?:(?<hours>${number})H)?(?:(?<minutes>${number})M)?(?:(?<seconds>${number})S)?)?$`,
);

function parseOffset(text: string): Offset {
  const parts = duration.exec(text.trim())?.groups;
  if (!parts) return { ok: false, reason: 'not_a_duration' };
  const sign = parts.sign === '-' ? -1 : 1;
  // Adding 0 turns -0 into 0.
  const read = (part: string | undefined) => sign * Number((part ?? '0').replace(',', '.')) + 0;
  const days = {
    years: read(parts.years),
    months: read(parts.months),
    weeks: read(parts.weeks),
    days: read(parts.days),
  };
  if (!Object.values(days).every(Number.isInteger)) return { ok: false, reason: 'fraction_of_a_day' };
  const milliseconds = Math.round(
    read(parts.hours) * HOUR + read(parts.minutes) * MINUTE + read(parts.seconds) * SECOND,
  );
  const size =
    Math.abs(days.years) * 366 + Math.abs(days.months) * 31 + Math.abs(days.weeks) * 7 + Math.abs(days.days);
  if (size + Math.abs(milliseconds) / DAY > 3660) return { ok: false, reason: 'too_long' };
  const hasDays = [parts.years, parts.months, parts.weeks, parts.days].some((part) => part !== undefined);
  return { ok: true, days: hasDays ? days : null, milliseconds };
}

/** The moment that a rule hangs on. */
export function anchorOf(anchor: Anchor, event: TimedEvent): Date {
  if (anchor === 'publish') return event.publishedAt;
  return anchor === 'start' ? event.startsAt : event.endsAt;
}

function atLocalTime(day: Date, time: string, zone: string): Date {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  if (!match) throw new RangeError(`Not a time of day: ${time}`);
  const clock = wallClockAt(day, zone);
  const asked = { ...clock, hour: Number(match[1]), minute: Number(match[2]), second: 0, millisecond: 0 };
  return resolveWallClock(asked, zone).at;
}
