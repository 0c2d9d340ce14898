import { describe, expect, test } from 'vitest';
import {
  clockTime,
  dayInWords,
  isoDay,
  leafOf,
  momentInWords,
  periodInWords,
  relativeDay,
  zoneInWords,
} from '../../server/web/dates.ts';
import { translator } from '../../server/web/i18n.ts';

const rome = 'Europe/Rome';
const it = translator('it');
const en = translator('en');
const at = (iso: string) => new Date(iso);
// Thursday 26 November 2026, 18:30 in Rome.
const start = at('2026-11-26T17:30:00Z');
const now = at('2026-11-10T09:00:00Z');

describe('a day', () => {
  test('is said without the year while it is this one', () => {
    expect(dayInWords(start, rome, 'it', now)).toBe('giovedì 26 novembre');
    expect(dayInWords(start, rome, 'en', now)).toBe('Thursday 26 November');
  });
  test('is said with it where it is another', () => {
    expect(dayInWords(at('2027-01-07T12:00:00Z'), rome, 'it', now)).toBe('giovedì 7 gennaio 2027');
    expect(dayInWords(at('2027-01-07T12:00:00Z'), rome, 'en', now)).toBe('Thursday, 7 January 2027');
  });
  test('is that of the event’s own zone, at either end of the year', () => {
    const midnight = at('2026-12-31T23:30:00Z');
    expect(dayInWords(midnight, rome, 'it', now)).toBe('venerdì 1 gennaio 2027');
    expect(dayInWords(midnight, 'America/New_York', 'it', now)).toBe('giovedì 31 dicembre');
    expect(isoDay(midnight, rome)).toBe('2027-01-01');
    expect(isoDay(midnight, 'Pacific/Auckland')).toBe('2027-01-01');
    expect(isoDay(midnight, 'America/New_York')).toBe('2026-12-31');
  });
});

describe('a time', () => {
  test.each([
    ['2026-11-26T17:30:00Z', '18:30'],
    ['2026-11-26T08:05:00Z', '9:05'],
    ['2026-11-25T23:00:00Z', '0:00'],
    ['2026-07-02T11:00:00Z', '13:00'],
    // Either side of a change of the clocks.
    ['2026-03-29T00:59:00Z', '1:59'],
    ['2026-03-29T01:00:00Z', '3:00'],
    ['2026-10-25T00:30:00Z', '2:30'],
    ['2026-10-25T01:30:00Z', '2:30'],
  ])('%s is %s in Rome, in either language', (instant, clock) => {
    expect(clockTime(at(instant), rome, 'it')).toBe(clock);
    expect(clockTime(at(instant), rome, 'en')).toBe(clock);
  });
});

describe('from when until when', () => {
  test('on one day names the day once', () => {
    const end = at('2026-11-26T19:30:00Z');
    expect(periodInWords(start, end, rome, 'it', now)).toBe('giovedì 26 novembre, 18:30–20:30');
    expect(periodInWords(start, end, rome, 'en', now)).toBe('Thursday 26 November, 18:30–20:30');
  });
  test('past midnight belongs to its evening', () => {
    const end = at('2026-11-27T00:30:00Z');
    expect(periodInWords(start, end, rome, 'it', now)).toBe('giovedì 26 novembre, 18:30–1:30');
  });
  test('over several days names both', () => {
    const end = at('2026-11-28T12:00:00Z');
    expect(periodInWords(start, end, rome, 'it', now)).toBe(
      'giovedì 26 novembre, 18:30 – sabato 28 novembre, 13:00',
    );
  });
});

describe('a moment close by', () => {
  const afternoon = at('2026-11-26T14:30:00Z'); // 15:30
  test('is today, tomorrow, a day of the week, or a date', () => {
    const say = (iso: string) => momentInWords(at(iso), rome, 'it', afternoon, it);
    expect(say('2026-11-26T15:15:00Z')).toBe('oggi alle 16:15');
    expect(say('2026-11-27T09:00:00Z')).toBe('domani alle 10:00');
    expect(say('2026-12-02T09:00:00Z')).toBe('mercoledì alle 10:00');
    expect(say('2026-12-03T09:00:00Z')).toBe('giovedì 3 dicembre alle 10:00');
    expect(say('2026-11-25T09:00:00Z')).toBe('mercoledì 25 novembre alle 10:00');
    expect(momentInWords(at('2026-11-26T15:15:00Z'), rome, 'en', afternoon, en)).toBe('today at 16:15');
    expect(momentInWords(at('2026-11-27T09:00:00Z'), rome, 'en', afternoon, en)).toBe('tomorrow at 10:00');
  });
  test('takes the article that one o’clock has in Italian', () => {
    expect(momentInWords(at('2026-11-27T00:20:00Z'), rome, 'it', afternoon, it)).toBe('domani all’1:20');
    expect(momentInWords(at('2026-11-26T12:00:00Z'), rome, 'it', afternoon, it)).toBe('oggi alle 13:00');
  });
  test('counts days by the calendar of the zone, not by hours', () => {
    const evening = at('2026-11-26T22:50:00Z'); // 23:50
    expect(relativeDay(at('2026-11-26T23:10:00Z'), rome, 'it', evening, it)).toBe('domani');
    expect(relativeDay(at('2026-11-26T23:10:00Z'), 'Europe/London', 'it', evening, it)).toBe('oggi');
    // Sunday has 23 hours.
    const saturday = at('2026-03-28T22:30:00Z');
    expect(relativeDay(at('2026-03-29T21:30:00Z'), rome, 'it', saturday, it)).toBe('domani');
    expect(relativeDay(at('2026-03-29T22:30:00Z'), rome, 'it', saturday, it)).toBe('lunedì');
  });
});

test('a calendar leaf has three short lines', () => {
  expect(leafOf(start, rome, 'it')).toEqual({ weekday: 'gio', day: '26', month: 'nov', iso: '2026-11-26' });
  expect(leafOf(start, rome, 'en')).toEqual({ weekday: 'Thu', day: '26', month: 'Nov', iso: '2026-11-26' });
});

test('a zone has a name in either language, in winter and in summer', () => {
  expect(zoneInWords(start, rome, 'it')).toBe('Ora dell’Europa centrale');
  expect(zoneInWords(at('2026-07-02T11:00:00Z'), rome, 'it')).toBe('Ora dell’Europa centrale');
  expect(zoneInWords(start, rome, 'en')).toBe('Central European Time');
});
