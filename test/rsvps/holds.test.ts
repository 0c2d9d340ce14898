import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isQuiet } from '../../server/mailings/quiet-hours.ts';
import { offerExpiry, promotesAtOnce } from '../../server/rsvps/holds.ts';
import { instantsShowing, readClock } from '../support/wall-clock.ts';

const zone = 'Europe/Rome';
const quiet = { from: '21:00', until: '08:00' };
const at = (clock: string, inZone = zone) => instantsShowing(clock, inZone)[0]!;

/** Made at `now`, for an event that starts at `start`: what the clock shows when it runs out. */
function expiry(now: string, start: string, closes: string | null = null, inZone = zone): string | null {
  const event = {
    startsAt: at(start, inZone),
    answersCloseAt: closes === null ? null : at(closes, inZone),
    timeZone: inZone,
  };
  const expires = offerExpiry(at(now, inZone), event, quiet);
  return expires && readClock(expires, inZone);
}

describe('how long a freed seat is held', () => {
  test('24 hours of waking time, days before', () => {
    // Until 21:00 eleven hours, from 8:00 the other thirteen.
    expect(expiry('2026-11-20 10:00', '2026-11-26 18:30')).toBe('2026-11-21 21:00');
    expect(expiry('2026-11-20 15:00', '2026-11-26 18:30')).toBe('2026-11-22 13:00');
  });
  test('four hours from two days before the start, on the wall clock', () => {
    expect(expiry('2026-11-24 18:29', '2026-11-26 18:30')).toBe('2026-11-26 16:29');
    expect(expiry('2026-11-24 18:30', '2026-11-26 18:30')).toBe('2026-11-25 09:30');
    expect(expiry('2026-11-25 10:00', '2026-11-26 18:30')).toBe('2026-11-25 14:00');
  });
  test('45 minutes on the day of the event', () => {
    expect(expiry('2026-11-26 15:30', '2026-11-26 18:30')).toBe('2026-11-26 16:15');
    expect(expiry('2026-11-26 00:10', '2026-11-26 18:30')).toBe('2026-11-26 08:45');
  });
  test('the night stops the clock and the morning goes on with the rest', () => {
    expect(expiry('2026-11-25 20:50', '2026-11-26 18:30')).toBe('2026-11-26 11:50');
    expect(expiry('2026-11-25 23:00', '2026-11-26 18:30')).toBe('2026-11-26 12:00');
  });
  test('a hold that ends with the day does not wait for the next', () => {
    expect(expiry('2026-11-25 17:00', '2026-11-26 18:30')).toBe('2026-11-25 21:00');
  });
});

describe('before the start', () => {
  test('nothing is held in the last hour', () => {
    expect(expiry('2026-11-26 17:00', '2026-11-26 18:30')).toBe('2026-11-26 17:30');
    expect(expiry('2026-11-26 17:29', '2026-11-26 18:30')).toBe('2026-11-26 17:30');
    expect(expiry('2026-11-26 17:30', '2026-11-26 18:30')).toBeNull();
    expect(expiry('2026-11-26 18:30', '2026-11-26 18:30')).toBeNull();
  });
  test('an offer at 20:50 on the evening before a breakfast ends an hour before it, though the night took the most of it', () => {
    expect(expiry('2026-11-25 20:50', '2026-11-26 09:00')).toBe('2026-11-26 08:00');
    expect(expiry('2026-11-25 20:50', '2026-11-26 07:30')).toBe('2026-11-26 06:30');
  });
  test('an event just after midnight has its evening before as another day', () => {
    expect(expiry('2026-12-31 15:00', '2027-01-01 00:30')).toBe('2026-12-31 19:00');
    expect(expiry('2026-12-31 20:00', '2027-01-01 00:30')).toBe('2026-12-31 23:30');
  });
  test('nothing is held beyond the moment answers close', () => {
    expect(expiry('2026-11-26 10:00', '2026-11-26 18:30', '2026-11-26 10:20')).toBe('2026-11-26 10:20');
    expect(expiry('2026-11-26 10:20', '2026-11-26 18:30', '2026-11-26 10:20')).toBeNull();
    expect(expiry('2026-11-20 10:00', '2026-11-26 18:30', '2026-11-20 22:00')).toBe('2026-11-20 22:00');
    // Closing at the start takes no minute of the last hour back.
    expect(expiry('2026-11-26 17:00', '2026-11-26 18:30', '2026-11-26 18:30')).toBe('2026-11-26 17:30');
  });
});

describe('across a change of the clocks', () => {
  test('two days before the start are its own hour, forty-seven hours earlier in spring', () => {
    expect(expiry('2026-03-28 17:59', '2026-03-30 18:00')).toBe('2026-03-30 15:59');
    expect(expiry('2026-03-28 18:00', '2026-03-30 18:00')).toBe('2026-03-29 09:00');
  });
  test('a night of ten or twelve hours stops the clock as one of eleven does', () => {
    expect(expiry('2026-03-28 20:00', '2026-03-29 18:00')).toBe('2026-03-29 11:00');
    expect(expiry('2026-10-24 20:00', '2026-10-25 18:00')).toBe('2026-10-25 11:00');
    expect(expiry('2026-10-31 20:00', '2026-11-01 18:00', null, 'America/New_York')).toBe('2026-11-01 11:00');
    expect(expiry('2026-09-26 20:00', '2026-09-27 18:00', null, 'Pacific/Auckland')).toBe('2026-09-27 11:00');
  });
});

test('who is next goes up unasked until two days before the start', () => {
  const event = { startsAt: at('2026-11-26 18:30'), timeZone: zone };
  expect(promotesAtOnce(at('2026-11-24 18:29'), event)).toBe(true);
  expect(promotesAtOnce(at('2026-11-24 18:30'), event)).toBe(false);
  expect(promotesAtOnce(at('2026-11-27 18:30'), event)).toBe(false);
});

test('she has her full waking time, counted minute by minute, unless the last hour cuts it short', () => {
  const zones = fc.constantFrom(zone, 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland');
  const minute = 60_000;
  const start = fc.integer({
    min: Date.parse('2026-01-01') / minute,
    max: Date.parse('2028-01-01') / minute,
  });
  fc.assert(
    fc.property(zones, start, fc.integer({ min: -30, max: 6 * 24 * 60 }), (inZone, startMinute, ahead) => {
      const startsAt = new Date(startMinute * minute);
      const now = new Date((startMinute - ahead) * minute);
      const expires = offerExpiry(now, { startsAt, answersCloseAt: null, timeZone: inZone }, quiet);
      const latest = startsAt.getTime() - 60 * minute;
      if (expires === null) {
        expect(now.getTime()).toBeGreaterThanOrEqual(latest);
        return;
      }
      expect(expires.getTime()).toBeGreaterThan(now.getTime());
      expect(expires.getTime()).toBeLessThanOrEqual(latest);
      let awake = 0;
      for (let t = now.getTime(); t < expires.getTime(); t += minute) {
        if (!isQuiet(new Date(t), inZone, quiet)) awake += 1;
      }
      if (expires.getTime() === latest) expect(awake).toBeLessThanOrEqual(24 * 60);
      else expect([45, 4 * 60, 24 * 60]).toContain(awake);
    }),
    { numRuns: 60 },
  );
});
