import { generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth';
import { expect, test } from 'vitest';
import { composeMessage, type OutgoingMessage } from '../../server/mail/message.ts';
import { rawPart } from '../support/mail-parts.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const dkim = { domain: 'incontri.example', selector: 'ritrovo', key };

const message: OutgoingMessage = {
  deliveryId: '01935d3c-1f2e-7a3b-8c4d-5e6f708192a3',
  kind: 'invitation',
  date: new Date('2026-11-20T09:00:00Z'),
  fromName: 'Anna · Bologna',
  to: { name: 'Giulia', address: 'giulia@example.org' },
  replyTo: { name: 'Anna', address: 'anna@example.net' },
  subject: 'Aperitivo di novembre · gio 26 nov, 18:30 · ci sei?',
  html: '<p>Perché  sì</p>\n\n\n',
  text: 'Perché  sì \n\n\n',
  calendar: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n' },
  list: {
    slug: 'bologna',
    name: 'Bologna',
    unsubscribeUrl: 'https://incontri.example/u/x.y',
    unsubscribeMailto: null,
  },
};
const compose = async (own: Partial<OutgoingMessage> = {}, signing: typeof dkim | null = dkim) =>
  composeMessage(
    { ...message, ...own },
    { mailFrom: 'eventi@incontri.example', bounceDomain: null, dkim: signing, sign: () => '' },
  );

type Signature = Record<string, string>;

function signatureOf(raw: string): Signature {
  const value = rawPart(raw).headers.get('dkim-signature') ?? '';
  return Object.fromEntries(
    value
      .split(';')
      .map((tag) => [tag.split('=')[0]?.trim() ?? '', tag.slice(tag.indexOf('=') + 1).replace(/\s/g, '')]),
  );
}

/** What another program says of it, and why. */
async function verdictOn(raw: string): Promise<string> {
  const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
  const { results } = await dkimVerify(Buffer.from(raw), {
    strict: true,
    resolver: async (name, type) => {
      if (name !== 'ritrovo._domainkey.incontri.example' || type !== 'TXT')
        throw new Error(`asked for ${name}`);
      return [[record]];
    },
  });
  return results.map(({ status }) => status.result).join();
}

test('a signature holds, and not for a message that was touched', async () => {
  const raw = (await compose()).raw.toString();
  expect(await verdictOn(raw)).toBe('pass');
  expect(await verdictOn(raw.replace('/u/x.y>', '/u/x.z>'))).toBe('fail');
  expect(await verdictOn(raw.replace('One-Click', 'Two-Click'))).toBe('fail');
  expect(await verdictOn(raw.replace('Perch', 'Porch'))).toBe('fail');
});

test.each([
  ['a letter beyond ASCII in the address', { to: { name: 'José', address: 'josé@example.org' } }],
  ['an empty body', { html: '', text: '', calendar: null }],
  ['many blank lines at the end', { html: '', text: '\n'.repeat(5000), calendar: null }],
  ['a long subject', { subject: 'Aperitivo  di\trete '.repeat(50) }],
  ['no list and nobody to answer', { kind: 'sign_in', list: null, replyTo: null }],
])('a signature holds over %s', async (_what, own: Partial<OutgoingMessage>) => {
  expect(await verdictOn((await compose(own)).raw.toString())).toBe('pass');
});

test.each([
  'From: Anna <anna@evil.example>',
  'To: tutte@evil.example',
  'Cc: tutte@evil.example',
  'Subject: Altro',
  'Reply-To: anna@evil.example',
  'Date: Fri, 20 Nov 2026 10:00:00 +0000',
  'Message-ID: <altro@evil.example>',
  'Content-Type: text/plain',
  'List-Unsubscribe: <https://evil.example/>',
])('nobody can add %s to a signed mail', async (header) => {
  const raw = (await compose()).raw.toString();
  expect(await verdictOn(`${header}\r\n${raw}`)).not.toBe('pass');
  // Below the signed ones: receivers look from the bottom.
  expect(await verdictOn(raw.replace('\r\n\r\n', `\r\n${header}\r\n\r\n`))).not.toBe('pass');
});

test('nobody can add an address to answer to where there was none', async () => {
  const raw = (await compose({ replyTo: null })).raw.toString();
  expect(await verdictOn(raw)).toBe('pass');
  expect(await verdictOn(`Reply-To: anna@evil.example\r\n${raw}`)).toBe('fail');
});

test('a relay may add what relays add', async () => {
  const raw = (await compose()).raw.toString();
  const added = 'Return-Path: <a@b.example>\r\nReceived: from a by b; Fri, 20 Nov 2026 10:00:00 +0000\r\n';
  expect(await verdictOn(added + raw)).toBe('pass');
});

test('it covers what a receiver relies on, the one-click headers among it', async () => {
  const { h, ...signature } = signatureOf((await compose()).raw.toString('latin1'));
  expect(signature).toMatchObject({
    a: 'rsa-sha256',
    c: 'relaxed/relaxed',
    d: 'incontri.example',
    s: 'ritrovo',
  });
  const times = Map.groupBy(h?.toLowerCase().split(':') ?? [], (name) => name);
  const named = (count: number) => [...times].filter(([, all]) => all.length === count).map(([name]) => name);
  expect(named(2)).toEqual([
    'from',
    'to',
    'subject',
    'reply-to',
    'date',
    'message-id',
    'mime-version',
    'content-type',
    'list-unsubscribe',
    'list-unsubscribe-post',
  ]);
  expect(named(1)).toEqual(['auto-submitted', 'list-id', 'x-ritrovo-delivery', 'x-ritrovo-kind', 'cc']);
});

test('it is the same to the byte on a repeat, and says no time', async () => {
  const first = await compose();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const second = await compose();
  expect(second.raw.equals(first.raw)).toBe(true);
  expect(Object.keys(signatureOf(first.raw.toString('latin1'))).sort()).toEqual([
    'a',
    'b',
    'bh',
    'c',
    'd',
    'h',
    'q',
    's',
    'v',
  ]);
});

test('what is signed is the message as it would be without', async () => {
  const signed = (await compose()).raw.toString('latin1');
  const plain = (await compose({}, null)).raw.toString('latin1');
  expect(signed.endsWith(plain)).toBe(true);
  expect(rawPart(plain).headers.has('dkim-signature')).toBe(false);
});

test('a key that cannot sign stops the mail', async () => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const wrong = { ...dkim, key: elliptic.export({ type: 'pkcs8', format: 'pem' }).toString() };
  await expect(compose({}, wrong)).rejects.toThrow();
  await expect(compose({}, { ...dkim, key: 'nothing' })).rejects.toThrow();
});
