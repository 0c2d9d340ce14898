import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { readReport } from '../../server/inbound/report.ts';
import { names, sample, verpInSamples } from './corpus.ts';

const read = async (raw: string, envelopeFrom: string | null = null) =>
  readReport(await simpleParser(raw, { keepDeliveryStatus: true }), envelopeFrom);

/** What each sample says: a status, that it is still being tried, a complaint, or nothing. */
const meant: Record<string, string> = {
  'broken-base64': '5.1.1',
  'broken-no-recipients': 'progress',
  'broken-no-type': 'nothing',
  complaint: 'complaint',
  'complaint-copy': 'complaint',
  'complaint-headers': 'complaint',
  'complaint-nameless': 'nameless complaint',
  'exchange-blocked': '5.7.1',
  'exchange-over-quota': '5.2.2',
  'exchange-unknown-user': '5.1.10',
  // Exim writes 5.0.0 whatever happened: the other server's own words say more.
  'exim-expired': '4.2.0',
  'exim-host-away': '5.0.0',
  'exim-no-status': '5.0.0',
  'exim-over-quota': '5.2.2',
  'exim-too-big': '5.0.0',
  'exim-unknown-user': '5.1.1',
  'exim-unroutable': '5.0.0',
  'gmail-delayed': 'progress',
  'gmail-no-such-domain': '5.1.2',
  'gmail-over-quota': '4.2.2',
  'gmail-unknown-user': '5.1.1',
  'holiday-outlook': 'nothing',
  'letter-over-quota': '5.2.2',
  'postfix-delayed': 'progress',
  'postfix-expired': '4.2.0',
  'postfix-host-away': '4.4.1',
  'postfix-no-status': '5.0.0',
  'postfix-over-quota': '5.2.2',
  'postfix-policy': '5.7.1',
  'postfix-smtputf8': '5.6.7',
  'postfix-too-big': '5.3.4',
  'postfix-unknown-user': '5.1.1',
  'qmail-unknown-user': '5.1.1',
};

function inShort(report: Awaited<ReturnType<typeof read>>): string | null {
  if (report.kind === 'bounce') return report.status;
  if (report.kind === 'auto_reply') return 'nothing';
  if (report.kind !== 'complaint') return report.kind;
  return report.returnPath === verpInSamples ? 'complaint' : 'nameless complaint';
}

test('every sample is read as it was meant, with whatever line ends', async () => {
  const readAs: Record<string, string | null> = {};
  for (const name of names) readAs[name] = inShort(await read(sample(name)));
  expect(readAs).toEqual(meant);
  for (const name of names) readAs[name] = inShort(await read(sample(name).replaceAll('\r\n', '\n')));
  expect(readAs).toEqual(meant);
});

test('a report that was cut off anywhere says nothing worse than the whole', async () => {
  for (const name of names) {
    const whole = sample(name);
    for (let part = 0; part < 1; part += 0.05) {
      const said = inShort(await read(whole.slice(0, Math.floor(whole.length * part)), ''));
      // Before its last words Exim has said less.
      expect([meant[name], '5.0.0', null, 'progress', 'nothing', 'nameless complaint']).toContain(said);
    }
  }
});

test('what the other server said is one line', async () => {
  expect(await read(sample('postfix-unknown-user'))).toMatchObject({
    said: '550 5.1.1 <giulia@example.org>: Recipient address rejected: User unknown',
  });
  expect(await read(sample('gmail-over-quota'))).toMatchObject({
    said: expect.stringMatching(/^452-4\.2\.2 The [^\n]* gsmtp$/),
  });
});

test('an address of the internet is no status', async () => {
  const blocked = sample('exim-no-status').replace('no such user here', 'blocked: 5.1.1.9 is on a list');
  expect(await read(blocked)).toMatchObject({ kind: 'bounce', status: '5.0.0' });
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
