import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { readReport } from '../../server/inbound/report.ts';
import * as corpus from './corpus.ts';

const written = { verp: 'abc@bounces.incontri.example', to: 'giulia@example.org' };
const read = async (raw: string, envelopeFrom: string | null = null) =>
  readReport(await simpleParser(raw, { keepDeliveryStatus: true }), envelopeFrom);

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

test('a letter is a letter, whatever it speaks of', async () => {
  const letter = 'From: Anna <anna@example.org>\r\nSubject: Ciao\r\n\r\n550 5.1.1 no\r\n';
  expect(await read(letter, 'anna@example.org')).toEqual({ kind: 'other' });
});

describe('nobody is to be answered', () => {
  const from = 'From: Anna <anna@example.org>';
  test.each([
    [from, 'Auto-Submitted: auto-replied (vacation)'],
    [from, 'Auto-Submitted: auto-generated'],
    [from, 'Auto-Submitted:\r\n auto-notified; owner-email="a@example.org"'],
    [from, 'Precedence: bulk'],
    [from, 'Precedence: list'],
    [from, 'Precedence: Junk'],
    [from, 'Precedence: auto_reply'],
    [from, 'List-Id: <gruppo.example.org>'],
    [from, 'X-Auto-Response-Suppress: DR, OOF, AutoReply'],
    [from, 'X-Auto-Response-Suppress: All'],
    [from, 'X-Autoreply: yes'],
    [from, 'X-Autorespond: Ferie'],
    [from, 'X-Loop: anna@example.org'],
    [from, 'Return-Path: <>'],
    [from, 'X-Ritrovo-Delivery: 01935d3c-1f2e-7a3b-8c4d-5e6f708192a3'],
    ['From: Mail Delivery System <MAILER-DAEMON@example.org>'],
    ['From: postmaster@example.org'],
    ['From: No Reply <no-reply@example.org>'],
    ['From: gruppo-bounces@example.org'],
    ['To: nobody@example.org'],
  ])('where it says %s %s', async (...head) => {
    const mail = `${head.join('\r\n')}\r\nSubject: Ciao\r\n\r\nSono via.\r\n`;
    expect(await read(mail, 'anna@example.org')).toEqual({ kind: 'auto_reply' });
  });

  test('where the envelope has no sender', async () => {
    const mail = `${from}\r\nSubject: Ciao\r\n\r\n`;
    expect(await read(mail, '')).toEqual({ kind: 'auto_reply' });
  });

  test.each([
    ['Auto-Submitted: no'],
    ['X-Auto-Response-Suppress: None'],
    ['Return-Path: <anna@example.org>'],
    ['Precedence: first-class'],
  ])('and %s says nothing of the kind', async (line) => {
    const mail = `${from}\r\n${line}\r\nSubject: Ciao\r\n\r\n`;
    expect(await read(mail, 'anna@example.org')).toEqual({ kind: 'other' });
  });
});
