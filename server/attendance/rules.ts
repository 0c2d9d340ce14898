import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';

/** Check-in opens this long before the start: the list is tried out the evening before. */
const opensHoursBefore = 24;

export type AttendanceRefusal = 'not_published' | 'event_cancelled' | 'too_early' | 'mode_not_offered';

type AttendedEvent = { format: string; state: string; startsAt: Date };

/** Why presence cannot be written down for an event and mode now, or null. It can be corrected for ever afterwards. */
export function refuseAttendance(
  event: AttendedEvent,
  mode: Mode | null,
  now: Date,
): AttendanceRefusal | null {
  if (event.state === 'draft') return 'not_published';
  if (event.state === 'cancelled') return 'event_cancelled';
  if (now.getTime() < event.startsAt.getTime() - opensHoursBefore * 3_600_000) return 'too_early';
  if (mode && !modesOf(event.format as Format).includes(mode)) return 'mode_not_offered';
  return null;
}

/** Why absence cannot be declared known yet, or null: who is late is not absent. */
export function refuseCompletion(event: AttendedEvent, mode: Mode, now: Date): AttendanceRefusal | null {
  return refuseAttendance(event, mode, now) ?? (now < event.startsAt ? 'too_early' : null);
}

/** A phone's clock may be this far off without being put right: two that are nearly right keep the order of their taps. */
const clockToleranceMs = 120_000;
const oldestTapMs = 60 * 86_400_000;

/**
 * When something was tapped, by our clock. A phone whose clock is far off says so itself, by the time at which it sends;
 * no tap lies in the future, where it would outweigh all that follow.
 */
export function tapTime(at: number, sentAt: number, now: Date): Date {
  const offset = now.getTime() - sentAt;
  const put = Math.abs(offset) > clockToleranceMs ? at + offset : at;
  const latest = now.getTime() + clockToleranceMs;
  return new Date(Math.min(Math.max(put, now.getTime() - oldestTapMs), latest));
}
