import fc from 'fast-check';
import ICAL from 'ical.js';
import { describe, expect, test } from 'vitest';
import { daysOf, formatRule, parseRule, type Recurrence } from '../../server/series/recurrence.ts';
import { addDays, placeOnDay } from '../../server/series/rules.ts';
import { anyRule, tickedOff } from './any-rule.ts';

const years = 10;

describe('a rule from RFC 5545 section 3.8.5.3', () => {
  // As the RFC gives them, on the level of days.
  test.each([
    ['FREQ=DAILY;COUNT=10', '1997-09-02', 'consecutive', '1997-09-11', 10],
    ['FREQ=DAILY;UNTIL=19971224', '1997-09-02', 'consecutive', '1997-12-24', 114],
    [
      'FREQ=DAILY;INTERVAL=10;COUNT=5',
      '1997-09-02',
      ['1997-09-02', '1997-09-12', '1997-09-22', '1997-10-02', '1997-10-12'],
    ],
    [
      'FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH',
      '1997-09-02',
      [
        '1997-09-02',
        '1997-09-04',
        '1997-09-16',
        '1997-09-18',
        '1997-09-30',
        '1997-10-02',
        '1997-10-14',
        '1997-10-16',
      ],
    ],
    [
      'FREQ=MONTHLY;COUNT=10;BYDAY=1FR',
      '1997-09-05',
      [
        '1997-09-05',
        '1997-10-03',
        '1997-11-07',
        '1997-12-05',
        '1998-01-02',
        '1998-02-06',
        '1998-03-06',
        '1998-04-03',
        '1998-05-01',
        '1998-06-05',
      ],
    ],
    [
      'FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU',
      '1997-09-07',
      [
        '1997-09-07',
        '1997-09-28',
        '1997-11-02',
        '1997-11-30',
        '1998-01-04',
        '1998-01-25',
        '1998-03-01',
        '1998-03-29',
        '1998-05-03',
        '1998-05-31',
      ],
    ],
    [
      'FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6',
      '1997-09-28',
      ['1997-09-28', '1997-10-29', '1997-11-28', '1997-12-29', '1998-01-29', '1998-02-26'],
    ],
    [
      'FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1',
      '1997-09-30',
      [
        '1997-09-30',
        '1997-10-01',
        '1997-10-31',
        '1997-11-01',
        '1997-11-30',
        '1997-12-01',
        '1997-12-31',
        '1998-01-01',
        '1998-01-31',
        '1998-02-01',
      ],
    ],
    [
      'FREQ=YEARLY;COUNT=10;BYMONTH=6,7',
      '1997-06-10',
      [
        '1997-06-10',
        '1997-07-10',
        '1998-06-10',
        '1998-07-10',
        '1999-06-10',
        '1999-07-10',
        '2000-06-10',
        '2000-07-10',
        '2001-06-10',
        '2001-07-10',
      ],
    ],
    ['FREQ=YEARLY;BYDAY=20MO;COUNT=3', '1997-05-19', ['1997-05-19', '1998-05-18', '1999-05-17']],
    [
      'FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=11',
      '1997-03-13',
      [
        '1997-03-13',
        '1997-03-20',
        '1997-03-27',
        '1998-03-05',
        '1998-03-12',
        '1998-03-19',
        '1998-03-26',
        '1999-03-04',
        '1999-03-11',
        '1999-03-18',
        '1999-03-25',
      ],
    ],
    [
      'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5',
      '1998-02-13',
      ['1998-02-13', '1998-03-13', '1998-11-13', '1999-08-13', '2000-10-13'],
    ],
    [
      'FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=3',
      '1997-09-13',
      ['1997-09-13', '1997-10-11', '1997-11-08'],
    ],
    [
      'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3',
      '1996-11-05',
      ['1996-11-05', '2000-11-07', '2004-11-02'],
    ],
    [
      'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3',
      '1997-09-04',
      ['1997-09-04', '1997-10-07', '1997-11-06'],
    ],
    [
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=7',
      '1997-09-29',
      ['1997-09-29', '1997-10-30', '1997-11-27', '1997-12-30', '1998-01-29', '1998-02-26', '1998-03-30'],
    ],
    [
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
      '1997-08-05',
      ['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24'],
    ],
    [
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
      '1997-08-05',
      ['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31'],
    ],
    [
      'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5',
      '2007-01-15',
      ['2007-01-15', '2007-01-30', '2007-02-15', '2007-03-15', '2007-03-30'],
    ],
  ] as [string, string, string | string[], string?, number?][])('%s', (rule, start, days, last, count) => {
    const found = daysOf(rule, start, null, 2000);
    if (typeof days === 'string') {
      expect(found).toHaveLength(count as number);
      expect(found.at(-1)).toBe(last);
    } else expect(found).toEqual(days);
  });
});

test('a thousand rules give the days that somebody with a calendar on the wall would tick off in ten years', () => {
  let compared = 0;
  fc.assert(
    fc.property(anyRule(), ({ rule, start }) => {
      const until = addDays(start, years * 366);
      const expected = tickedOff(rule, start, until);
      const found = daysOf(formatRule(rule), start, null, expected.length + 1).filter((day) => day <= until);
      expect(found).toEqual(expected);
      compared += expected.length;
    }),
    { numRuns: 1000 },
  );
  expect(compared).toBeGreaterThan(100_000);
}, 120_000);

/**
 * Where ical.js follows the RFC. Elsewhere it ignores BYSETPOS, or INTERVAL beside BYMONTH, or takes the last day of
 * another month of the year; what the reference above says counts there.
 */
function isRightInIcal({ freq, months, monthDays, weekdays, positions }: Recurrence): boolean {
  const isNumbered =
    monthDays.length === 0 && weekdays.length > 0 && weekdays.every(({ nth }) => nth !== null);
  if (positions.length > 0) {
    return (
      freq === 'MONTHLY' &&
      monthDays.length === 0 &&
      months.length === 0 &&
      weekdays.every(({ nth }) => nth === null)
    );
  }
  if (freq === 'DAILY') return months.length + monthDays.length + weekdays.length === 0;
  if (freq === 'WEEKLY') return months.length === 0;
  if (freq === 'MONTHLY') return months.length === 0 && (weekdays.length === 0 || monthDays.length === 0);
  const isPlainDay = monthDays.length === 1 && monthDays.every((day) => day > 0 && day < 29);
  return months.length === 1 && (isPlainDay ? weekdays.length === 0 : isNumbered);
}

test('a thousand rules give the days that ical.js finds, at the same instants across both clock changes', () => {
  const zones = ['Europe/Rome', 'America/Santiago', 'Australia/Lord_Howe', 'Europe/London', 'Asia/Kolkata'];
  fc.assert(
    fc.property(
      anyRule().filter(({ rule }) => isRightInIcal(rule)),
      fc.constantFrom(...zones),
      fc.integer({ min: 6 * 60, max: 23 * 60 + 59 }),
      ({ rule, start }, timeZone, minute) => {
        const until = addDays(start, years * 366);
        const text = formatRule(rule);
        const theirs = inIcal(text, start, until);
        const found = daysOf(text, start, null, theirs.length + 1).filter((day) => day <= until);
        expect(found).toEqual(theirs);
        const two = (number: number) => String(number).padStart(2, '0');
        const startsAtTime = `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
        // Forty of them, spread over the ten years, are enough to cross every clock change of some rule.
        const step = Math.ceil(found.length / 40);
        for (const day of found.filter((_, index) => index % step === 0)) {
          const { startsAt } = placeOnDay(
            { startsAtTime, minutes: 60, closesMinutesBefore: null, timeZone },
            day,
          );
          // The runtime's own zone data say what the clock on the wall shows then.
          expect(onTheWall(startsAt, timeZone)).toBe(`${day} ${startsAtTime}`);
        }
      },
    ),
    { numRuns: 1000 },
  );
}, 120_000);

function inIcal(rule: string, start: string, until: string): string[] {
  const days: string[] = [];
  const next = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromDateString(start));
  for (let day = next.next()?.toString(); day && day <= until; day = next.next()?.toString()) days.push(day);
  return days;
}

const clocks = new Map<string, Intl.DateTimeFormat>();
function onTheWall(at: Date, timeZone: string): string {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23' });
  clocks.set(timeZone, clock);
  return clock.format(at);
}

describe('reading a rule', () => {
  test('every rule is written in one way, and read again as it was', () => {
    fc.assert(
      fc.property(anyRule(), ({ rule }) => {
        const text = formatRule(rule);
        const read = parseRule(text);
        expect(read.ok && formatRule(read.rule)).toBe(text);
      }),
    );
  });

  test.each([
    ['', 'rule'],
    ['FREQ=HOURLY', 'FREQ'],
    ['INTERVAL=2', 'FREQ'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL'],
    ['FREQ=DAILY;INTERVAL=100', 'INTERVAL'],
    ['FREQ=DAILY;COUNT=1000', 'COUNT'],
    ['FREQ=DAILY;COUNT=3;UNTIL=20270630', 'COUNT'],
    ['FREQ=DAILY;UNTIL=20270630T120000Z', 'UNTIL'],
    ['FREQ=DAILY;UNTIL=20270631', 'UNTIL'],
    ['FREQ=DAILY;BYHOUR=9', 'BYHOUR'],
    ['FREQ=YEARLY;BYWEEKNO=20', 'BYWEEKNO'],
    ['FREQ=YEARLY;BYYEARDAY=1', 'BYYEARDAY'],
    ['FREQ=WEEKLY;BYDAY=1TH', 'BYDAY'],
    ['FREQ=MONTHLY;BYDAY=6TH', 'BYDAY'],
    ['FREQ=MONTHLY;BYDAY=XX', 'BYDAY'],
    ['FREQ=WEEKLY;BYMONTHDAY=3', 'BYMONTHDAY'],
    ['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY'],
    ['FREQ=MONTHLY;BYMONTH=13;BYMONTHDAY=1', 'BYMONTH'],
    ['FREQ=MONTHLY;BYSETPOS=1', 'BYSETPOS'],
    ['FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=1', 'BYSETPOS'],
    ['FREQ=DAILY;FREQ=DAILY', 'FREQ'],
    ['FREQ=DAILY;X-EVIL=1', 'X-EVIL=1'],
    ['FREQ=DAILY;EVIL=1', 'EVIL'],
  ])('%s is refused for its part %s', (text, part) => {
    const read = parseRule(text);
    expect(read.ok ? [] : read.problems.map((problem) => problem.part)).toContain(part);
  });

  test('whatever somebody types is read or refused, and never hangs', () => {
    const pieces = [
      'FREQ=',
      'MONTHLY',
      ';',
      'BYDAY=',
      '-1TH',
      ',',
      'BYSETPOS=',
      '31',
      '=',
      'UNTIL=',
      '2027',
      'COUNT=',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 }))), (parts) => {
        const read = parseRule(parts.join(''));
        if (read.ok) daysOf(formatRule(read.rule), '2026-01-31', null, 10);
      }),
      { numRuns: 500 },
    );
  });

  test('a rule that never gives a day ends', () => {
    expect(daysOf('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '2026-01-31', null, 3)).toEqual([]);
  });
});
