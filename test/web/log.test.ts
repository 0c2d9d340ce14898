import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, test } from 'vitest';
import { loggerOptions, redactUrl } from '../../server/web/log.ts';

test('what the database says of a row that it refused is not written to the log', () => {
  let written = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      written += chunk;
      done();
    },
  });
  const refusal = Object.assign(new Error('new row violates check constraint "people_check"'), {
    code: '23514',
    constraint: 'people_check',
    detail: 'Failing row contains (…, anna.ricci@example.org, Anna, Ricci).',
    where: 'COPY people, line 1: "anna.ricci@example.org"',
  });
  pino(loggerOptions('info'), sink).error({ err: refusal }, 'a request failed');
  expect(written).toContain('people_check');
  expect(written).toContain('23514');
  expect(written).toContain('log.test.ts');
  expect(written).not.toContain('anna.ricci');
});

test.each([
  ['/r/AbC.dEf?a=yes', '/r/…?…'],
  ['/%72/AbC.dEf', '/r/…'],
  ['/%75/AbC.dEf', '/u/…'],
  ['/sign%2Din/AbC.dEf', '/sign-in/…'],
  ['/r%2FAbC.dEf', '/r/…'],
  ['/cal/AbC.dEf/calendar.ics', '/cal/…/calendar.ics'],
  ['/c/bologna?q=anna%40example.org', '/c/bologna?…'],
  ['/c/%0Abologna', '/c/%0Abologna'],
  ['/%72/AbC.dEf%', '/r/…'],
  ['//r/AbC.dEf', '/r/…'],
  ['/r//AbC.dEf', '/r/…'],
  ['http://incontri.example/sign-in/AbC.dEf', '/sign-in/…'],
])('of %s the log holds %s', (url, logged) => {
  expect(redactUrl(url)).toBe(logged);
});
