import { parseLocalFields, toLocalFields } from '../events/local-time.ts';
import { isQuiet, outOfQuietHours, type QuietHours } from '../mailings/quiet-hours.ts';

/** The four thanks of an event, of which each person gets one. */
export const thanksKinds = ['thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined'] as const;
export type ThanksKind = (typeof thanksKinds)[number];

export const isThanks = (kind: string): kind is ThanksKind =>
  (thanksKinds as readonly string[]).includes(kind);

/** Thanks say something for a week; after it they would only puzzle. */
export const thanksLastMs = 7 * 86_400_000;

export function lastMoment(event: { endsAt: Date }): Date {
  return new Date(event.endsAt.getTime() + thanksLastMs);
}

type Timed = { startsAt: Date; endsAt: Date; timeZone: string };

/**
 * Moments that are chosen with one tap: tonight at eight, tomorrow at ten and at six in the evening, as far as they are
 * still to come, after the end, in time and outside the quiet hours.
 */
export function quickMoments(event: Timed, quiet: QuietHours, now: Date): Date[] {
  const day = (ahead: number) =>
    toLocalFields(new Date(now.getTime() + ahead * 86_400_000), event.timeZone).date;
  return [
    [day(0), '20:00'],
    [day(1), '10:00'],
    [day(1), '18:00'],
  ]
    .map(([date = '', time = '']) => parseLocalFields(date, time, event.timeZone))
    .flatMap((parsed) => (parsed.ok ? [parsed.at] : []))
    .filter((at) => at > now && at >= event.endsAt && at <= lastMoment(event))
    .filter((at) => !isQuiet(at, event.timeZone, quiet));
}

/** When what was held back past its moment leaves, once she lets it go: at once, or when the quiet hours are over. */
export function momentOfRelease(
  due: Date,
  event: { timeZone: string },
  quiet: QuietHours,
  now: Date,
): Date | null {
  if (due > now) return null;
  const at = outOfQuietHours(now, event.timeZone, quiet);
  // A minute ahead: the clock goes on while it is moved.
  return at > now ? at : new Date(Math.ceil((now.getTime() + 1000) / 60_000) * 60_000);
}
