import { Writable } from 'node:stream';
import pino from 'pino';
import { expect, test } from 'vitest';
import { loggerOptions } from '../../server/web/log.ts';

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
