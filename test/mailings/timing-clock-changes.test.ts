import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueAt, isQuiet, outOfQuietHours } from '../../server/mailings/timing.ts';
import { addDays, clockChanges, instantsShowing, readClock } from '../support/wall-clock.ts';

const quiet = { from: '21:00', until: '08:00' };
const never = { from: '00:00', until: '00:00' };
const HOUR = 3_600_000;

/** An event of two hours, or of one where the evening's clocks say so: only its instants matter. */
function eventAt(startsAt: Date, timeZone: string) {
  return { publishedAt: startsAt, startsAt, endsAt: new Date(startsAt.getTime() + 2 * HOUR), timeZone };
}

const cases = clockChanges.flatMap(({ zone, forward, back }) =>
  [...forward, ...back].map((change) => ({ zone, change })),
);

describe.each(cases)('around $change in $zone', ({ zone, change }) => {
  const days = Array.from({ length: 17 }, (_, index) => addDays(change, index - 8));

  test.each([
    { offset: '-P7D', moved: -7 },
    { offset: '-P1D', moved: -1 },
    { offset: 'P1D', moved: 1 },
    { offset: 'P1W', moved: 7 },
  ])('$offset lands on the wall clock of every day', ({ offset, moved }) => {
    for (const day of days) {
      for (const hour of ['08:00', '13:00', '18:30', '20:59']) {
        const event = eventAt(instantsShowing(`${day} ${hour}`, zone)[0]!, zone);
        const kept = dueAt({ anchor: 'start', offset }, event, quiet);
        expect(readClock(kept, zone)).toBe(`${addDays(day, moved)} ${hour}`);
        const atTen = dueAt({ anchor: 'start', offset, localTime: '10:00' }, event, quiet);
        expect(readClock(atTen, zone)).toBe(`${addDays(day, moved)} 10:00`);
      }
    }
  });

  test('hours are elapsed time, however the clocks change', () => {
    for (const day of days) {
      for (const start of instantsShowing(`${day} 12:00`, zone)) {
        for (const hours of [1, 24, 36, 168]) {
          const before = dueAt({ anchor: 'start', offset: `-PT${hours}H` }, eventAt(start, zone), quiet);
          expect(start.getTime() - before.getTime()).toBe(hours * HOUR);
          const after = dueAt({ anchor: 'start', offset: `PT${hours}H` }, eventAt(start, zone), quiet);
          expect(after.getTime() - start.getTime()).toBe(hours * HOUR);
        }
      }
    }
  });

  test('every hour of the night waits for eight in the morning, and no hour of the day does', () => {
    const first = instantsShowing(`${days[0]} 12:00`, zone)[0]!.getTime();
    for (let at = first; at < first + 16 * 24 * HOUR; at += HOUR / 2) {
      const instant = new Date(at);
      const clock = readClock(instant, zone);
      const [day = '', time = ''] = clock.split(' ');
      const due = outOfQuietHours(instant, zone, quiet);
      const expected = time >= '21:00' ? `${addDays(day, 1)} 08:00` : time < '08:00' ? `${day} 08:00` : clock;
      expect(readClock(due, zone)).toBe(expected);
      expect(isQuiet(instant, zone, quiet)).toBe(due.getTime() !== at);
    }
  });
});

test.each([
  { zone: 'Europe/Rome', day: '2026-03-29', due: '2026-03-29T01:30:00.000Z' },
  { zone: 'Europe/Rome', day: '2027-03-28', due: '2027-03-28T01:30:00.000Z' },
  { zone: 'America/New_York', day: '2026-03-08', due: '2026-03-08T07:30:00.000Z' },
  { zone: 'America/New_York', day: '2027-03-14', due: '2027-03-14T07:30:00.000Z' },
  { zone: 'Pacific/Auckland', day: '2026-09-27', due: '2026-09-26T14:30:00.000Z' },
  { zone: 'Pacific/Auckland', day: '2027-09-26', due: '2027-09-25T14:30:00.000Z' },
])('02:30 does not exist on $day in $zone and becomes 03:30', ({ zone, day, due }) => {
  const event = eventAt(instantsShowing(`${addDays(day, 1)} 12:00`, zone)[0]!, zone);
  const at = dueAt({ anchor: 'start', offset: '-P1D', localTime: '02:30' }, event, never);
  expect(at.toISOString()).toBe(due);
  expect(readClock(at, zone)).toBe(`${day} 03:30`);
});

test.each([
  { zone: 'Europe/Rome', day: '2026-10-25', time: '02:30', due: '2026-10-25T00:30:00.000Z' },
  { zone: 'Europe/Rome', day: '2027-10-31', time: '02:30', due: '2027-10-31T00:30:00.000Z' },
  { zone: 'America/New_York', day: '2026-11-01', time: '01:30', due: '2026-11-01T05:30:00.000Z' },
  { zone: 'America/New_York', day: '2027-11-07', time: '01:30', due: '2027-11-07T05:30:00.000Z' },
  { zone: 'Pacific/Auckland', day: '2026-04-05', time: '02:30', due: '2026-04-04T13:30:00.000Z' },
  { zone: 'Pacific/Auckland', day: '2027-04-04', time: '02:30', due: '2027-04-03T13:30:00.000Z' },
])(
  '$time comes twice on $day in $zone and the first is taken, from either side',
  ({ zone, day, time, due }) => {
    for (const [other, offset] of [
      [addDays(day, 1), '-P1D'],
      [addDays(day, -1), 'P1D'],
    ] as const) {
      const event = eventAt(instantsShowing(`${other} 12:00`, zone)[0]!, zone);
      expect(dueAt({ anchor: 'start', offset, localTime: time }, event, never).toISOString()).toBe(due);
    }
  },
);

const zones = fc.constantFrom(
  'Europe/Rome',
  'America/New_York',
  'Asia/Kolkata',
  'Pacific/Auckland',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Africa/Casablanca',
  'UTC',
);
const instants = fc
  .integer({
    min: Date.parse('2024-01-01T00:00:00Z') / 60_000,
    max: Date.parse('2032-01-01T00:00:00Z') / 60_000,
  })
  .map((minutes) => new Date(minutes * 60_000));

test('any number of days keeps the wall clock where it exists, takes the first where it comes twice', () => {
  fc.assert(
    fc.property(zones, instants, fc.integer({ min: -400, max: 400 }), (zone, start, days) => {
      const at = dueAt(
        { anchor: 'start', offset: `${days < 0 ? '-' : ''}P${Math.abs(days)}D` },
        eventAt(start, zone),
        never,
      );
      const [day = '', time = ''] = readClock(start, zone).split(' ');
      const wanted = `${addDays(day, days)} ${time}`;
      const shown = instantsShowing(wanted, zone);
      if (days === 0) expect(at).toEqual(start);
      else if (shown.length > 0) expect(at).toEqual(shown[0]);
      else {
        // Inside a gap: later by as much as the clocks were moved, half an hour on Lord Howe.
        const forward =
          Date.parse(`${readClock(at, zone).replace(' ', 'T')}Z`) -
          Date.parse(`${wanted.replace(' ', 'T')}Z`);
        expect([HOUR / 2, HOUR]).toContain(forward);
      }
    }),
    { numRuns: 1500 },
  );
});

test('quiet hours of any length end at their end and never move anything back', () => {
  const times = fc
    .integer({ min: 0, max: 95 })
    .map(
      (quarter) =>
        `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
    );
  fc.assert(
    fc.property(zones, instants, times, times, (zone, instant, from, until) => {
      const due = outOfQuietHours(instant, zone, { from, until });
      const wait = due.getTime() - instant.getTime();
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(25 * HOUR);
      if (wait === 0) return;
      expect(isQuiet(instant, zone, { from, until })).toBe(true);
      const [day = '', time = ''] = readClock(due, zone).split(' ');
      if (instantsShowing(`${day} ${until}`, zone).length > 0) expect(time).toBe(until);
    }),
    { numRuns: 1500 },
  );
});
