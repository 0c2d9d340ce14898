import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { daysOf } from '../../server/series/recurrence.ts';
import {
  daysToMake,
  placeOnDay,
  planOf,
  publicationOf,
  type Rhythm,
  readRule,
  rhythms,
  rhythmsOf,
  ruleOf,
} from '../../server/series/rules.ts';

const plan = { startsAtTime: '13:00', minutes: 90, closesMinutesBefore: null, timeZone: 'Europe/Rome' };
const iso = (at: Date) => at.toISOString().slice(0, 16);

describe('the days of a rule', () => {
  test.each<[Rhythm, string, string, string[]]>([
    ['weekly', '2026-01-01', 'FREQ=WEEKLY;BYDAY=TH', ['2026-01-08', '2026-01-15']],
    ['fortnightly', '2026-01-01', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TH', ['2026-01-15', '2026-01-29']],
    ['monthly_weekday', '2026-01-01', 'FREQ=MONTHLY;BYDAY=1TH', ['2026-02-05', '2026-03-05', '2026-04-02']],
    [
      'monthly_last_weekday',
      '2026-01-29',
      'FREQ=MONTHLY;BYDAY=-1TH',
      ['2026-02-26', '2026-03-26', '2026-04-30'],
    ],
    ['monthly_day', '2026-01-31', 'FREQ=MONTHLY;BYMONTHDAY=31', ['2026-03-31', '2026-05-31', '2026-07-31']],
    [
      'monthly_last_day',
      '2026-01-31',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      ['2026-02-28', '2026-03-31', '2026-04-30'],
    ],
  ])('%s from %s', (rhythm, day, rule, next) => {
    expect(ruleOf(rhythm, day)).toBe(rule);
    expect(daysOf(rule, day, day, next.length)).toEqual(next);
    expect(readRule(rule)?.rhythm).toBe(rhythm);
  });

  test('a fifth Thursday is the last one and no other; a fourth may be both', () => {
    expect(rhythmsOf('2026-01-29')).toEqual(['weekly', 'fortnightly', 'monthly_last_weekday', 'monthly_day']);
    expect(rhythmsOf('2026-02-26')).toContain('monthly_weekday');
    expect(rhythmsOf('2026-02-26')).toContain('monthly_last_weekday');
    expect(ruleOf('monthly_weekday', '2026-01-29')).toBeNull();
    // October 2026 has five Thursdays, the months around it four.
    expect(daysOf('FREQ=MONTHLY;BYDAY=-1TH', '2026-09-24', null, 3)).toEqual([
      '2026-09-24',
      '2026-10-29',
      '2026-11-26',
    ]);
  });

  test('they are those that somebody with a calendar on the wall would tick off, day by day', () => {
    const anyDay = fc
      .integer({ min: Date.UTC(2020, 0, 1) / 86_400_000, max: Date.UTC(2050, 0, 1) / 86_400_000 })
      .map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
    fc.assert(
      fc.property(anyDay, fc.constantFrom(...rhythms), (day, rhythm) => {
        const rule = ruleOf(rhythm, day);
        fc.pre(rule !== null);
        const expected = tickedOff(rhythm, day, 800);
        expect(daysOf(rule, day, null, expected.length)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});

/** The plain reference: every day is looked at by itself. */
function tickedOff(rhythm: Rhythm, first: string, span: number): string[] {
  const start = new Date(`${first}T00:00:00Z`);
  const days: string[] = [];
  for (let ahead = 0; ahead <= span; ahead += 1) {
    const day = new Date(start.getTime() + ahead * 86_400_000);
    const inAWeek = new Date(day.getTime() + 7 * 86_400_000);
    const tomorrow = new Date(day.getTime() + 86_400_000);
    const sameWeekday = day.getUTCDay() === start.getUTCDay();
    const isLastOfWeekday = inAWeek.getUTCMonth() !== day.getUTCMonth();
    const counted = Math.floor((day.getUTCDate() - 1) / 7);
    const isTicked = {
      weekly: sameWeekday,
      fortnightly: ahead % 14 === 0,
      monthly_weekday: sameWeekday && counted === Math.floor((start.getUTCDate() - 1) / 7),
      monthly_last_weekday: sameWeekday && isLastOfWeekday,
      monthly_day: day.getUTCDate() === start.getUTCDate(),
      monthly_last_day: tomorrow.getUTCDate() === 1,
    }[rhythm];
    if (isTicked) days.push(day.toISOString().slice(0, 10));
  }
  return days;
}

describe('a date on the clock of the wall', () => {
  test.each([
    ['Europe/Rome', '2026-03-26', '2026-03-26T12:00'],
    ['Europe/Rome', '2026-04-02', '2026-04-02T11:00'],
    ['America/Santiago', '2026-04-02', '2026-04-02T16:00'],
    ['America/Santiago', '2026-04-09', '2026-04-09T17:00'],
    ['Australia/Lord_Howe', '2026-04-02', '2026-04-02T02:00'],
    ['Australia/Lord_Howe', '2026-04-09', '2026-04-09T02:30'],
    ['Asia/Kolkata', '2026-04-02', '2026-04-02T07:30'],
  ])('keeps its hour in %s on %s', (timeZone, day, at) => {
    expect(iso(placeOnDay({ ...plan, timeZone }, day).startsAt)).toBe(at);
  });

  test('in the night of the change it keeps its order and its length', () => {
    const night = { ...plan, startsAtTime: '02:45', minutes: 30 };
    const spring = placeOnDay(night, '2026-03-29');
    expect([iso(spring.startsAt), iso(spring.endsAt)]).toEqual(['2026-03-29T01:45', '2026-03-29T02:15']);
    const autumn = placeOnDay({ ...plan, startsAtTime: '02:30', minutes: 60 }, '2026-10-25');
    expect(iso(autumn.startsAt)).toBe('2026-10-25T00:30');
    expect(autumn.endsAt > autumn.startsAt).toBe(true);
  });

  test('over midnight, and with answers that close the evening before', () => {
    const placed = placeOnDay(
      { ...plan, startsAtTime: '22:00', minutes: 240, closesMinutesBefore: 1560 },
      '2026-04-02',
    );
    expect([placed.startsAt, placed.endsAt, placed.answersCloseAt as Date].map(iso)).toEqual([
      '2026-04-02T20:00',
      '2026-04-03T00:00',
      '2026-04-01T18:00',
    ]);
    expect(planOf({ ...placed, timeZone: 'Europe/Rome' })).toEqual({
      day: '2026-04-02',
      startsAtTime: '22:00:00',
      minutes: 240,
      closesMinutesBefore: 1560,
      timeZone: 'Europe/Rome',
    });
  });

  test('an event always ends after it began, in any zone and at any hour', () => {
    const zones = [
      'Europe/Rome',
      'America/Santiago',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Pacific/Apia',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 0, max: 3 * 366 }),
        (timeZone, at, minutes, ahead) => {
          const day = new Date(Date.UTC(2026, 0, 1 + ahead)).toISOString().slice(0, 10);
          const startsAtTime = `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
          const placed = placeOnDay({ startsAtTime, minutes, closesMinutesBefore: null, timeZone }, day);
          expect(placed.endsAt > placed.startsAt).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('when a date publishes itself', () => {
  const quiet = { from: '21:00', until: '08:00' };
  const event = { startsAt: new Date('2026-04-02T11:00:00Z'), timeZone: 'Europe/Rome' };
  const at = (now: string, days: number | null = 14) =>
    publicationOf(event, days, quiet, new Date(now))?.toISOString();

  test('at ten on its clock, across the change of the clocks', () => {
    expect(at('2026-01-01T12:00:00Z')).toBe('2026-03-19T09:00:00.000Z');
    expect(at('2026-01-01T12:00:00Z', 2)).toBe('2026-03-31T08:00:00.000Z');
  });

  test('at once where that is over, in the morning where it is night, and never once it has begun', () => {
    expect(at('2026-03-25T12:00:00Z')).toBe('2026-03-25T12:00:00.000Z');
    expect(at('2026-03-25T22:00:00Z')).toBe('2026-03-26T07:00:00.000Z');
    expect(at('2026-04-02T11:00:00Z')).toBeUndefined();
    expect(at('2026-01-01T12:00:00Z', null)).toBeUndefined();
  });
});

describe('how many dates there are', () => {
  const weekly = {
    rule: 'FREQ=WEEKLY;BYDAY=TH',
    startsOn: '2026-01-01',
    madeUntil: '2026-01-01',
    datesAhead: 6,
  };
  const monthly = { ...weekly, rule: 'FREQ=MONTHLY;BYDAY=1TH', datesAhead: 12 };

  test('as many as are kept ahead, none beyond half a year, and one at least', () => {
    expect(daysToMake(weekly, 1, '2026-01-01')).toHaveLength(5);
    expect(daysToMake(monthly, 0, '2026-01-01').at(-1)).toBe('2026-07-02');
    const yearly = { ...weekly, rule: 'FREQ=YEARLY', startsOn: '2026-01-01' };
    expect(daysToMake(yearly, 0, '2026-01-02')).toEqual(['2027-01-01']);
    expect(daysToMake(yearly, 1, '2026-01-02')).toEqual([]);
  });

  test('none is made for a day that is over, and none twice', () => {
    expect(daysToMake(weekly, 0, '2026-05-20')[0]).toBe('2026-05-21');
    expect(daysToMake({ ...weekly, madeUntil: '2026-06-04' }, 3, '2026-05-20')).toEqual([
      '2026-06-11',
      '2026-06-18',
      '2026-06-25',
    ]);
  });
});
