import { describe, expect, test } from 'vitest';
import { readDay, readTime } from '../../server/desk/events/typed-dates.ts';

// A Monday morning in Rome.
const now = new Date('2026-11-16T10:00:00Z');
const day = (text: string) => readDay(text, now, 'Europe/Rome');

describe('a day as people type it', () => {
  test.each([
    ['2026-11-26', '2026-11-26'],
    ['26/11/2026', '2026-11-26'],
    ['26.11.26', '2026-11-26'],
    [' 26/11 ', '2026-11-26'],
    ['26 novembre', '2026-11-26'],
    ['giovedì 26 novembre', '2026-11-26'],
    ['1° dicembre 2026', '2026-12-01'],
    ['3 March', '2027-03-03'],
    ['giovedì', '2026-11-19'],
    ['gio', '2026-11-19'],
    ['oggi', '2026-11-16'],
    ['Domani', '2026-11-17'],
    // Today's weekday is next week's: nobody plans for this morning by that word.
    ['lunedì', '2026-11-23'],
    ['martedì', '2026-11-17'],
  ])('%s is %s', (text, expected) => expect(day(text)).toBe(expected));

  test('without a year it is the next one that comes', () => {
    expect(day('15/11')).toBe('2027-11-15');
    expect(day('16/11')).toBe('2026-11-16');
  });

  test('is counted on the event’s own wall clock', () => {
    expect(readDay('domani', new Date('2026-11-16T23:30:00Z'), 'Europe/Rome')).toBe('2026-11-18');
  });

  test.each(['31/02', '32/1', '12/13', 'presto', '', '26 brumaio', 'marted 5 6'])(
    '“%s” is no day, and stays as it was written',
    (text) => expect(day(text)).toBe(text),
  );
});

describe('a time as people type it', () => {
  test.each([
    ['18:30', '18:30'],
    ['18.30', '18:30'],
    ['1830', '18:30'],
    ['18', '18:00'],
    ['9', '09:00'],
    ['ore 18', '18:00'],
    ['6:30 pm', '18:30'],
    ['12 am', '00:00'],
    ['18:30:00', '18:30'],
  ])('%s is %s', (text, expected) => expect(readTime(text)).toBe(expected));

  test.each(['25', '18:75', 'sera', '', '13 pm'])('“%s” is none, and stays', (text) =>
    expect(readTime(text)).toBe(text),
  );
});
