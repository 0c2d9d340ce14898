import { createHash, generateKeyPairSync, verify } from 'node:crypto';
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

/** RFC 6376 sections 3.4.2 and 3.4.4, as a receiver does it. */
function isGenuine(raw: string): boolean {
  const signature = signatureOf(raw);
  const { head, body } = rawPart(raw);
  const relaxedBody = `${body
    .split('\r\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
    .join('\r\n')
    .replace(/(\r\n)+$/, '')}\r\n`;
  const bodyHash = createHash('sha256').update(relaxedBody, 'latin1').digest('base64');
  if (bodyHash !== signature.bh) return false;
  const fields = new Map(
    head
      .replace(/\r\n(?=[ \t])/g, '')
      .split('\r\n')
      .map((field) => {
        const name = field.slice(0, field.indexOf(':')).toLowerCase();
        return [
          name,
          `${name}:${field
            .slice(field.indexOf(':') + 1)
            .replace(/[ \t]+/g, ' ')
            .trim()}`,
        ];
      }),
  );
  const signed = (signature.h ?? '').split(':').map((name) => `${fields.get(name)}\r\n`);
  const own = (fields.get('dkim-signature') ?? '').replace(/(;\s*b=).*$/, '$1');
  return verify(
    'sha256',
    Buffer.from(signed.join('') + own, 'latin1'),
    publicKey,
    Buffer.from(signature.b ?? '', 'base64'),
  );
}

test('a signature holds, and not for a message that was touched', async () => {
  const raw = (await compose()).raw.toString('latin1');
  expect(isGenuine(raw)).toBe(true);
  expect(isGenuine(raw.replace('/u/x.y>', '/u/x.z>'))).toBe(false);
  expect(isGenuine(raw.replace('One-Click', 'Two-Click'))).toBe(false);
  expect(isGenuine(raw.replace('Perch', 'Porch'))).toBe(false);
});

test('it covers what a receiver relies on, the one-click headers among it', async () => {
  const signature = signatureOf((await compose()).raw.toString('latin1'));
  expect(signature).toMatchObject({
    a: 'rsa-sha256',
    c: 'relaxed/relaxed',
    d: 'incontri.example',
    s: 'ritrovo',
  });
  expect(signature.h?.split(':').sort()).toEqual([
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'list-id',
    'list-unsubscribe',
    'list-unsubscribe-post',
    'message-id',
    'mime-version',
    'reply-to',
    'subject',
    'to',
    'x-ritrovo-delivery',
    'x-ritrovo-kind',
  ]);
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
