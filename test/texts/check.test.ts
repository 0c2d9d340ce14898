import { expect, test } from 'vitest';
import { checkText } from '../../server/texts/check.ts';

/** The slowest of what a form can bring: nobody else's page waits that long for one text. */
const mostMs = 1_000;
const long = 60_000;

test.each<[name: string, body: string]>([
  [
    'hundreds of inserts that do not exist',
    Array.from({ length: 1400 }, (_, i) => `{{ nessuno${i} }}`).join(''),
  ],
  ['one insert without end', `{{ ${'a'.repeat(19_000)} }}`],
  ['brackets that open and never close', '{{'.repeat(9_900)],
  ['more brackets than a text may have signs', '{{'.repeat(long / 2)],
  ['tags that open and never close', '{%'.repeat(9_900)],
  ['links that open and never close', ']('.repeat(9_900)],
  ['a link to blanks', `](${' '.repeat(19_000)}`],
  ['signs of HTML', '<a '.repeat(6_600)],
])('a text of %s is refused, and soon', (_name, body) => {
  checkText('invitation', 'it', { subject: 'Ciao', body: 'warm' });
  const began = performance.now();
  const problems = checkText('invitation', 'it', { subject: 'Ciao', body });
  expect(performance.now() - began).toBeLessThan(mostMs);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.length).toBeLessThan(40);
});

test('of several inserts that do not exist each is named with its line, and what was probably meant', () => {
  const body = 'Ciao {{ person.firstNam }},\n{{ boh }} e ancora {{ boh }}';
  expect(checkText('invitation', 'it', { subject: 'Ciao', body })).toEqual([
    {
      field: 'body',
      line: 1,
      code: 'misspelt',
      values: { name: 'person.firstNam', near: 'person.firstName' },
    },
    { field: 'body', line: 2, code: 'unknown', values: { name: 'boh' } },
  ]);
});
