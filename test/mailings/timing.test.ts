import { describe, expect, test } from 'vitest';
import {
  defaultTimeline,
  dueAt,
  isExact,
  isTooLate,
  type MailKind,
  validateOffset,
} from '../../server/mailings/timing.ts';

const quiet = { from: '21:00', until: '08:00' };

const lunch = {
  publishedAt: new Date('2026-03-01T09:15:00Z'),
  // Thursday 2 April 2026, 13:00 in Rome, in summer time.
  startsAt: new Date('2026-04-02T11:00:00Z'),
  endsAt: new Date('2026-04-02T13:00:00Z'),
  timeZone: 'Europe/Rome',
};

test('seven days before a lunch at 13:00 is 13:00, although the clocks change in between', () => {
  const due = dueAt({ anchor: 'start', offset: '-P7D' }, lunch, quiet);
  // 26 March, still in winter time: 13:00 is 12:00 UTC.
  expect(due.toISOString()).toBe('2026-03-26T12:00:00.000Z');
});

test('seven days as hours are exact, and land an hour off the wall clock', () => {
  const due = dueAt({ anchor: 'start', offset: '-PT168H' }, lunch, quiet);
  expect(due.toISOString()).toBe('2026-03-26T11:00:00.000Z');
});

test('the default timeline of an evening in November', () => {
  const event = {
    publishedAt: new Date('2026-11-02T21:40:00Z'),
    startsAt: new Date('2026-11-26T17:30:00Z'),
    endsAt: new Date('2026-11-26T19:30:00Z'),
    timeZone: 'Europe/Rome',
  };
  const due = defaultTimeline.map((rule) => [
    rule.kind,
    rule.audience,
    dueAt(rule, event, quiet).toISOString(),
  ]);
  expect(due).toEqual([
    // 22:40, inside the quiet hours: she who publishes at night has been asked.
    ['invitation', 'invited', '2026-11-02T21:40:00.000Z'],
    ['chase', 'unanswered', '2026-11-19T09:00:00.000Z'],
    ['reminder', 'going', '2026-11-25T09:00:00.000Z'],
    ['reminder', 'going_online', '2026-11-26T16:30:00.000Z'],
    ['thanks', 'going', '2026-11-27T09:00:00.000Z'],
    ['thanks_attended', 'attended', '2026-11-27T09:00:00.000Z'],
    ['thanks_missed', 'missed', '2026-11-27T09:00:00.000Z'],
    ['thanks_declined', 'declined', '2026-11-27T09:00:00.000Z'],
    ['feedback', 'attended', '2026-11-29T09:00:00.000Z'],
  ]);
});

describe('quiet hours', () => {
  const breakfast = { ...lunch, startsAt: new Date('2026-06-10T05:30:00Z') }; // 07:30 in Rome
  test('a day offset that falls into them waits for their end', () => {
    const due = dueAt({ anchor: 'start', offset: '-P1D' }, breakfast, quiet);
    expect(due.toISOString()).toBe('2026-06-09T06:00:00.000Z');
  });
  test('a local time in the evening waits for the next morning', () => {
    const due = dueAt({ anchor: 'start', offset: '-P2D', localTime: '21:00' }, breakfast, quiet);
    expect(due.toISOString()).toBe('2026-06-09T06:00:00.000Z');
  });
  test('an exact offset leaves in them', () => {
    const due = dueAt({ anchor: 'start', offset: '-PT1H' }, breakfast, quiet);
    expect(due.toISOString()).toBe('2026-06-10T04:30:00.000Z');
  });
  test('a duration of days and hours does not', () => {
    const due = dueAt({ anchor: 'start', offset: '-P1DT1H' }, breakfast, quiet);
    expect(due.toISOString()).toBe('2026-06-09T06:00:00.000Z');
  });
});

describe('durations that mix days and hours', () => {
  test('the days keep the wall clock, the hours are elapsed time', () => {
    // From 10:30 on 28 March one day is 10:30 on the 29th; two hours more are 12:30.
    const event = { ...lunch, startsAt: new Date('2026-03-28T09:30:00Z') };
    expect(dueAt({ anchor: 'start', offset: 'P1DT2H' }, event, quiet).toISOString()).toBe(
      '2026-03-29T10:30:00.000Z',
    );
  });
  test('with a local time they only say which day', () => {
    const due = dueAt({ anchor: 'start', offset: '-P1DT14H', localTime: '10:00' }, lunch, quiet);
    expect(due.toISOString()).toBe('2026-03-31T08:00:00.000Z');
  });
  test('so do hours alone with a local time', () => {
    const due = dueAt({ anchor: 'start', offset: '-PT24H', localTime: '10:00' }, lunch, quiet);
    expect(due.toISOString()).toBe('2026-04-01T08:00:00.000Z');
  });
});

test('what hangs on the publication is never due before it', () => {
  // Published at 10:15, a local time of 10:00 is over.
  const due = dueAt({ anchor: 'publish', offset: 'P0D', localTime: '10:00' }, lunch, quiet);
  expect(due).toEqual(lunch.publishedAt);
  const late = { ...lunch, publishedAt: new Date('2026-03-01T22:15:00Z') };
  expect(dueAt({ anchor: 'publish', offset: 'P0D' }, late, quiet).toISOString()).toBe(
    '2026-03-02T07:00:00.000Z',
  );
});

test('no day at all leaves the second of two equal hours where it is', () => {
  // 02:30 for the second time, in winter time again.
  const event = { ...lunch, startsAt: new Date('2026-10-25T01:30:00Z') };
  const never = { from: '00:00', until: '00:00' };
  expect(dueAt({ anchor: 'start', offset: 'P0D' }, event, never)).toEqual(event.startsAt);
});

test('months and years keep the wall clock, and stop at the end of a short month', () => {
  const event = { ...lunch, startsAt: new Date('2026-03-31T11:00:00Z') }; // 13:00 summer time
  expect(dueAt({ anchor: 'start', offset: '-P1M' }, event, quiet).toISOString()).toBe(
    '2026-02-28T12:00:00.000Z',
  );
  expect(dueAt({ anchor: 'start', offset: 'P1Y' }, event, quiet).toISOString()).toBe(
    '2027-03-31T11:00:00.000Z',
  );
});

test('an offset of time alone is exact, unless a local time asks for the wall clock', () => {
  expect(isExact({ offset: 'PT0S' })).toBe(true);
  expect(isExact({ offset: '-PT1H', localTime: null })).toBe(true);
  expect(isExact({ offset: '-PT1H', localTime: '10:00' })).toBe(false);
  expect(isExact({ offset: 'P0D' })).toBe(false);
  expect(isExact({ offset: 'P1DT2H' })).toBe(false);
});

describe('offsets', () => {
  const good = [
    '-P7D',
    'P1D',
    'PT0S',
    '-PT1H',
    'P1W',
    'PT2S',
    'P1DT2H',
    'P-7D',
    '+P1D',
    'PT0.5S',
    'PT1,5H',
    'P0D',
    'P1M',
    'P1W2D',
  ];
  test.each(good)('%s is one', (text) => {
    expect(validateOffset(text)).toEqual({ ok: true });
  });
  test.each([
    '',
    'P',
    'PT',
    '-P',
    'P1',
    '1D',
    'P1H',
    'PT1D',
    'P1DT',
    'P1D2W',
    'p1d',
    'P1D P1D',
    '--P1D',
    'P1S',
    'P D',
  ])('%j is none', (text) => {
    expect(validateOffset(text)).toEqual({ ok: false, reason: 'not_a_duration' });
  });
  test('half a day has no wall clock', () => {
    expect(validateOffset('P0.5D')).toEqual({ ok: false, reason: 'fraction_of_a_day' });
  });
  test.each(['P11Y', 'PT90000H', '-P4000D', 'P99999999999999999999D'])('%s is too long', (text) => {
    expect(validateOffset(text)).toEqual({ ok: false, reason: 'too_long' });
  });
  test('fractions of seconds count', () => {
    expect(dueAt({ anchor: 'end', offset: 'PT0.5S' }, lunch, quiet).getTime() - lunch.endsAt.getTime()).toBe(
      500,
    );
  });
  test('a sign before the number is the same as one before the P', () => {
    const one = dueAt({ anchor: 'start', offset: '-P1DT2H' }, lunch, quiet);
    expect(dueAt({ anchor: 'start', offset: 'P-1DT-2H' }, lunch, quiet)).toEqual(one);
  });
});

describe('too late to be true', () => {
  const second = 1000;
  const day = 86_400 * second;
  const at = (instant: Date, milliseconds: number) => new Date(instant.getTime() + milliseconds);
  const untilStart: MailKind[] = ['invitation', 'chase', 'reminder', 'offer'];
  test.each(untilStart)('%s: from the start on', (kind) => {
    const due = at(lunch.startsAt, -day);
    expect(isTooLate(kind, due, at(lunch.startsAt, -second), lunch)).toBe(false);
    expect(isTooLate(kind, due, lunch.startsAt, lunch)).toBe(true);
  });
  test.each<MailKind>(['update', 'cancellation', 'confirmation'])('%s: from the end on', (kind) => {
    expect(isTooLate(kind, lunch.startsAt, at(lunch.endsAt, -second), lunch)).toBe(false);
    expect(isTooLate(kind, lunch.startsAt, lunch.endsAt, lunch)).toBe(true);
  });
  test.each<MailKind>(['thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined', 'feedback'])(
    '%s: more than seven days after it was due',
    (kind) => {
      const due = at(lunch.endsAt, day);
      expect(isTooLate(kind, due, at(due, 7 * day), lunch)).toBe(false);
      expect(isTooLate(kind, due, at(due, 7 * day + 1), lunch)).toBe(true);
    },
  );
  test('a reminder that the night moves past the start is known to be too late when it is planned', () => {
    expect(isTooLate('reminder', at(lunch.startsAt, second), at(lunch.startsAt, -day), lunch)).toBe(true);
  });
  test('mails that are about no event are never', () => {
    expect(isTooLate('sign_in', lunch.startsAt, at(lunch.endsAt, 30 * day), lunch)).toBe(false);
  });
});
