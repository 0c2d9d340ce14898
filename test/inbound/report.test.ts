import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { readReport } from '../../server/inbound/report.ts';
import * as corpus from './corpus.ts';

const written = { verp: 'abc@bounces.incontri.example', to: 'giulia@example.org' };
const read = async (raw: string) => readReport(await simpleParser(raw, { keepDeliveryStatus: true }));

describe('a mail that did not arrive', () => {
  test.each([
    ['Postfix', corpus.postfix(written), '5.1.1'],
    ['Exim, which names no more than 5.0.0', corpus.exim(written), '5.0.0'],
    ['Exchange', corpus.exchange(written), '5.1.10'],
    ['Gmail', corpus.gmail(written), '5.1.1'],
    ['a full mailbox', corpus.full(written), '5.2.2'],
    ['a server with UTF-8 addresses', corpus.global(written), '5.1.1'],
    ['qmail, without a report', corpus.qmail(written), '5.1.1'],
    ['Postfix that gave up', corpus.postfix(written, '4.4.1'), '4.4.1'],
    ['line feeds alone', corpus.broken.lineFeeds(written), '5.1.1'],
  ])('is read from %s', async (_who, raw, status) => {
    expect(await read(raw)).toMatchObject({ kind: 'bounce', status });
  });

  test('and what the other server said, in one line', async () => {
    expect(await read(corpus.postfix(written))).toMatchObject({
      said: '550 5.1.1 <giulia@example.org>: no mailbox here',
    });
  });
});

test('a mail that is still being tried has not failed', async () => {
  expect(await read(corpus.postfix(written, '4.4.1', 'delayed'))).toEqual({ kind: 'progress' });
});

test('a report without its end or without its groups says nothing', async () => {
  expect(await read(corpus.broken.cut(written))).toEqual({ kind: 'progress' });
  expect((await read(corpus.broken.empty(written))).kind).not.toBe('bounce');
});

test('a complaint names where our mail had come from, in its own field or in the copy', async () => {
  for (const how of ['field', 'copy'] as const) {
    expect(await read(corpus.complaint(written, how))).toEqual({
      kind: 'complaint',
      returnPath: written.verp,
    });
  }
});

test('a holiday notice is nobody’s word, and a letter is a letter', async () => {
  expect(await read(corpus.holiday(written))).toEqual({ kind: 'auto_reply' });
  expect(await read('From: a@example.org\r\nSubject: Ciao\r\n\r\n550 5.1.1 no\r\n')).toEqual({
    kind: 'other',
  });
});
