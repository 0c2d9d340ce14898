/**
 * What clocks on walls show, asked of Intl alone: expectations must not come from the code under test, nor from the
 * library that it is built on.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-03-29 18:30` as the clock of `zone` shows it. */
export function readClock(at: Date, zone: string): string {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(zone, format);
  }
  return format.format(at);
}

/** Every instant at which the clock of `zone` shows `2026-03-29 18:30`, in order: none inside a gap, two where it is set back. */
export function instantsShowing(clock: string, zone: string): Date[] {
  const asUtc = Date.parse(`${clock.replace(' ', 'T')}:00Z`);
  const found: Date[] = [];
  for (let minutes = -14 * 60; minutes <= 14 * 60; minutes += 15) {
    const at = new Date(asUtc + minutes * 60_000);
    if (readClock(at, zone) === clock) found.push(at);
  }
  return found;
}

/** The calendar day `days` after `2026-03-29`, by the calendar alone. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/** The days on which the clocks change in 2026 and 2027, forward and back; Kolkata, which has none, is seen around Rome's. */
export const clockChanges: readonly { zone: string; forward: readonly string[]; back: readonly string[] }[] =
  [
    { zone: 'Europe/Rome', forward: ['2026-03-29', '2027-03-28'], back: ['2026-10-25', '2027-10-31'] },
    { zone: 'America/New_York', forward: ['2026-03-08', '2027-03-14'], back: ['2026-11-01', '2027-11-07'] },
    { zone: 'Asia/Kolkata', forward: ['2026-03-29', '2027-03-28'], back: ['2026-10-25', '2027-10-31'] },
    { zone: 'Pacific/Auckland', forward: ['2026-09-27', '2027-09-26'], back: ['2026-04-05', '2027-04-04'] },
  ];
