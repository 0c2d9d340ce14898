import { describe, expect, test } from 'vitest';
import {
  isZone,
  parseInstant,
  parseLocalFields,
  resolveWallClock,
  toLocalFields,
} from '../../server/events/local-time.ts';

const rome = 'Europe/Rome';
const iso = (text: string, zone = rome) => {
  const parsed = parseInstant(text, zone);
  return parsed.ok ? parsed.at.toISOString() : parsed.reason;
};

describe('a time that comes in', () => {
  test.each([
    ['2026-11-26T18:30:00+01:00', '2026-11-26T17:30:00.000Z'],
    ['2026-11-26T18:30+0100', '2026-11-26T17:30:00.000Z'],
    ['2026-11-26T18:30-05', '2026-11-26T23:30:00.000Z'],
    ['2026-11-26T17:30:00Z', '2026-11-26T17:30:00.000Z'],
    ['2026-11-26t17:30:00.250z', '2026-11-26T17:30:00.250Z'],
    ['2026-11-26T17:30:00.123456789Z', '2026-11-26T17:30:00.123Z'],
    ['2026-11-26T23:15:00+05:45', '2026-11-26T17:30:00.000Z'],
  ])('with an offset is that instant: %s', (text, instant) => {
    expect(iso(text, 'Pacific/Auckland')).toBe(instant);
  });
  test('without one is local to the zone', () => {
    expect(iso('2026-11-26T18:30')).toBe('2026-11-26T17:30:00.000Z');
    expect(iso('2026-07-02T13:00:00')).toBe('2026-07-02T11:00:00.000Z');
    expect(iso('2026-07-02 13:00', 'Asia/Kolkata')).toBe('2026-07-02T07:30:00.000Z');
    expect(iso('2026-07-02T13:00', 'UTC')).toBe('2026-07-02T13:00:00.000Z');
  });
  test.each([
    ['2026-03-29T02:00', rome],
    ['2026-03-29T02:59:59', rome],
    ['2026-03-08T02:30', 'America/New_York'],
    ['2026-09-27T02:30', 'Pacific/Auckland'],
    ['2026-10-04T02:15', 'Australia/Lord_Howe'],
    ['2011-12-30T12:00', 'Pacific/Apia'],
  ])('is refused where the clocks skip it: %s in %s', (text, zone) => {
    expect(iso(text, zone)).toBe('does_not_exist');
  });
  test('is accepted on the edges of what is skipped', () => {
    expect(iso('2026-03-29T01:59')).toBe('2026-03-29T00:59:00.000Z');
    expect(iso('2026-03-29T03:00')).toBe('2026-03-29T01:00:00.000Z');
    expect(iso('2026-03-29T02:30+01:00')).toBe('2026-03-29T01:30:00.000Z');
  });
  test('takes the first where the clocks show it twice', () => {
    expect(iso('2026-10-25T02:30')).toBe('2026-10-25T00:30:00.000Z');
    expect(iso('2026-11-01T01:30', 'America/New_York')).toBe('2026-11-01T05:30:00.000Z');
    expect(iso('2026-04-05T01:45', 'Australia/Lord_Howe')).toBe('2026-04-04T14:45:00.000Z');
  });
  test.each([
    '',
    'domani',
    '2026-11-26',
    '18:30',
    '2026-11-26T18',
    '2026-02-29T10:00',
    '2026-13-01T10:00',
    '2026-00-10T10:00',
    '2026-11-31T10:00',
    '2026-11-26T24:00',
    '2026-11-26T18:60',
    '2026-11-26T18:30:60',
    '2026-11-26T18:30+24:00',
    '2026-11-26T18:30+01:00[Europe/Rome]',
    '26/11/2026 18:30',
    '1764178200000',
  ])('is no time: %j', (text) => {
    expect(iso(text)).toBe('not_a_time');
  });
  test('the 29th of February is a day every fourth year', () => {
    expect(iso('2028-02-29T10:00')).toBe('2028-02-29T09:00:00.000Z');
  });
  test('a slip of the year is told from a time', () => {
    expect(iso('0206-11-26T18:30')).toBe('out_of_range');
    expect(iso('2620-11-26T18:30Z')).toBe('out_of_range');
  });
  test('an unknown zone is a reason of its own, and none where the time has an offset', () => {
    expect(iso('2026-11-26T18:30', 'Europe/Bologna')).toBe('unknown_zone');
    expect(iso('2026-11-26T18:30Z', 'Europe/Bologna')).toBe('2026-11-26T18:30:00.000Z');
  });
});

describe('zones', () => {
  test.each([rome, 'UTC', 'Asia/Kolkata', 'Asia/Calcutta', 'Europe/Kyiv', 'US/Eastern', 'Pacific/Auckland'])(
    '%s is one',
    (name) => {
      expect(isZone(name)).toBe(true);
    },
  );
  test.each(['', '+02:00', '-0500', 'Europe/Bologna', 'system', 'local', 'Rome', 'UTC+3', ' Europe/Rome'])(
    '%j is none',
    (name) => {
      expect(isZone(name)).toBe(false);
    },
  );
});

describe('two fields of a form', () => {
  test('are read in the zone and shown again as they were', () => {
    const parsed = parseLocalFields('2026-11-26', '18:30', rome);
    expect(parsed).toEqual({ ok: true, at: new Date('2026-11-26T17:30:00Z') });
    expect(toLocalFields(new Date('2026-11-26T17:30:00Z'), rome)).toEqual({
      date: '2026-11-26',
      time: '18:30',
    });
  });
  test('refuse what is not a day or an hour, and an hour that does not exist', () => {
    expect(parseLocalFields('', '18:30', rome)).toEqual({ ok: false, reason: 'not_a_time' });
    expect(parseLocalFields('2026-11-26', '', rome)).toEqual({ ok: false, reason: 'not_a_time' });
    expect(parseLocalFields('2026-11-26', '18:30Z', rome)).toEqual({ ok: false, reason: 'not_a_time' });
    expect(parseLocalFields('2026-03-29', '02:30', rome)).toEqual({ ok: false, reason: 'does_not_exist' });
  });
});

test('a day that a zone left out as a whole moves forward by a day', () => {
  const resolved = resolveWallClock({ year: 2011, month: 12, day: 30, hour: 12, minute: 0 }, 'Pacific/Apia');
  expect(resolved).toMatchObject({ kind: 'never', at: new Date('2011-12-30T22:00:00Z') });
});

test('an unknown zone is a mistake of the caller', () => {
  expect(() => resolveWallClock({ year: 2026, month: 1, day: 1, hour: 0, minute: 0 }, 'Nowhere')).toThrow(
    RangeError,
  );
});
