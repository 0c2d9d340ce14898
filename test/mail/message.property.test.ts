import { generateKeyPairSync } from 'node:crypto';
import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { dkimVerify } from 'mailauth';
import { type AddressObject, simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeMessage, type OutgoingMessage } from '../../server/mail/message.ts';
import { openConnection, type SmtpConnection } from '../../server/mail/smtp.ts';
import { rawPart } from '../support/mail-parts.ts';
import { type SmtpSink, startSmtpSink } from '../support/smtp-sink.ts';

/**
 * Whatever somebody typed, in a name, a title, a text or a calendar entry: what another program reads from the mail as it
 * came out of a real SMTP server is what was meant.
 */
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const dkim = {
  domain: 'incontri.example',
  selector: 'ritrovo',
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
const settings = { mailFrom: 'eventi@incontri.example', bounceDomain: null, dkim, sign: () => '' };
let sink: SmtpSink;
let connection: SmtpConnection;

beforeAll(async () => {
  sink = await startSmtpSink();
  connection = await openConnection(sink.url);
});
afterAll(async () => {
  await connection?.quit();
  await sink?.close();
});

const hostile = [
  ...[
    '\r\n',
    '\r',
    '\n',
    '\n\n',
    '\r\n.\r\n',
    '\n.',
    '\n..',
    '\nFrom ',
    '\0',
    '\u0085',
    '\u2028',
    '\u2029',
    '\t',
  ],
  ...['"', "'", '\\', '\\"', '<', '>', ',', ';', ':', '(', ')', '[', ']', '@', '=', '?', '_', '%', '&amp;'],
  ...['=?utf-8?Q?Ciao?=', '=?utf-8?B?Q2lhbw==?=', '=?', '?=', '=20', '=\n', '=?x', '=?utf-8?Q?a b?='],
  ...[
    '\u200f',
    '\u202e',
    '\ufeff',
    '\u00a0',
    '\u200d',
    '👩‍👩‍👧',
    '🏳️‍🌈',
    '\ud800',
    '\udc00',
    'è',
    '会',
    'ا',
    'e\u0301',
  ],
  ...[
    '\r\nBcc: tutte@evil.example',
    '\nContent-Type: text/html\n\n',
    '\n--=_',
    '<a@evil.example>',
    'a@b.example, ',
  ],
  ...[' ', '  ', '   \n', '\t\n', 'Giulia', 'Marchetti', 'x'.repeat(80), 'ab '.repeat(400), 'y'.repeat(1200)],
];
const typed = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 12 }), fc.string()), {
    maxLength: 12,
  })
  .map((pieces) => pieces.join(''));
const atom = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,12}$/);
const label = fc
  .stringMatching(/^[a-zè会0-9]([a-zè会0-9-]{0,8}[a-zè会0-9])?$/)
  .filter((text) => text.at(2) !== '-');
const address = fc
  .tuple(fc.array(fc.oneof(atom, fc.constantFrom('josé', '会', 'è')), { minLength: 1, maxLength: 3 }), label)
  .map(([local, domain]) => `${local.join('.')}@${domain}.example`);
const mailbox = fc.record({ name: typed, address });

const message: fc.Arbitrary<OutgoingMessage> = fc.record({
  deliveryId: fc.uuid({ version: 7 }),
  kind: fc.constantFrom('invitation', 'confirmation'),
  date: fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  fromName: typed,
  to: mailbox,
  replyTo: fc.option(mailbox),
  subject: typed,
  html: typed.filter((text) => text !== ''),
  text: typed.filter((text) => text !== ''),
  calendar: fc.option(fc.record({ method: fc.constantFrom('REQUEST', 'PUBLISH', 'CANCEL'), content: typed })),
  list: fc.record({
    slug: fc.constant('bologna'),
    name: typed,
    unsubscribeUrl: fc
      .constantFrom(...hostile.filter(({ length }) => length < 80))
      .map((text) => `https://incontri.example/u/${text}`),
    unsubscribeMailto: fc.constant(null),
  }),
});

/** In a header: one line. */
const asLine = (text: string) =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
/** In a part: the same, line by line. */
const asLines = (text: string) => text.toWellFormed().replace(/\r\n|\r|\n/g, '\n');

/** What came out of the server. */
async function send(own: OutgoingMessage): Promise<Buffer> {
  const { raw, envelope } = await composeMessage(own, settings);
  const outcome = await connection.send(envelope, raw, async () => true);
  expect(outcome).toMatchObject({ kind: 'sent' });
  const arrived = sink.messages.pop()?.raw as Buffer;
  expect(arrived.equals(raw)).toBe(true);
  return arrived;
}

/** Of all headers: which there are is ours alone to say. */
const namesOf = ({ kind, replyTo }: OutgoingMessage, hasReplyTo = replyTo !== null) => [
  ...['DKIM-Signature', 'From', 'To', ...(hasReplyTo ? ['Reply-To'] : []), 'Subject', 'Date', 'Message-ID'],
  ...['Auto-Submitted', 'X-Ritrovo-Delivery', 'X-Ritrovo-Kind'],
  ...(kind === 'invitation' ? ['List-ID', 'List-Unsubscribe', 'List-Unsubscribe-Post'] : []),
  ...['MIME-Version', 'Content-Type'],
];
const ascii = (address: string) => address.replace(/@.*$/, (domain) => `@${domainToASCII(domain.slice(1))}`);
const isAscii = (text: string) => /^\p{ASCII}*$/u.test(text);

test('what is read is what was meant', async () => {
  await fc.assert(
    fc.asyncProperty(message, async (own) => {
      const raw = await send(own);
      const mail = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true });
      expect(mail.subject ?? '').toBe(asLine(own.subject));
      expect(mail.from?.value).toEqual([{ name: asLine(own.fromName), address: settings.mailFrom }]);
      const read = (one?: AddressObject) =>
        one?.value.map(({ name, address = '' }) => ({ name, address: ascii(address) }));
      const meant = ({ name, address }: OutgoingMessage['to']) => [
        { name: asLine(name), address: ascii(address) },
      ];
      expect(read(mail.to as AddressObject)).toEqual(meant(own.to));
      const { replyTo, calendar } = own;
      // Where only the answer would need SMTPUTF8, the mail does without.
      const isAnswered =
        replyTo !== null && (isAscii(ascii(replyTo.address)) || !isAscii(ascii(own.to.address)));
      expect(read(mail.replyTo)).toEqual(isAnswered ? meant(replyTo) : undefined);
      expect(mail.date).toEqual(new Date(Math.floor(own.date.getTime() / 1000) * 1000));
      expect(mail.text).toBe(asLines(own.text));
      expect(mail.html).toBe(asLines(own.html));
      const entry = calendar && asLines(calendar.content).replaceAll('\n', '\r\n');
      const parts = mail.attachments.map(({ contentType, content }) => [contentType, content.toString()]);
      expect(parts).toEqual(
        calendar
          ? [
              ['text/calendar', entry],
              ['application/ics', entry],
            ]
          : [],
      );
      expect(rawPart(raw.toString()).names).toEqual(namesOf(own, isAnswered));
    }),
    { numRuns: 400 },
  );
});

test('every line is one that any server takes, and the signature holds', async () => {
  await fc.assert(
    fc.asyncProperty(message, async (own) => {
      const raw = await send(own);
      const lines = raw.toString().split('\r\n');
      for (const line of lines) {
        expect(line).not.toMatch(/[\r\n\0]/);
        // RFC 5322 section 2.1.1 and RFC 6532 section 3.4: 998 octets at most, and 78 letters where there is a blank.
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(998);
        if (line.length > 78) expect(line.trim()).toMatch(/^(\S+: )?\S+$/);
      }
      const beyond = [own.to, ...(own.replyTo ? [own.replyTo] : [])].some(
        ({ address }) => !isAscii(ascii(address)),
      );
      if (!beyond) expect(raw.every((byte) => byte < 128)).toBe(true);
      const { results } = await dkimVerify(raw, { strict: true, resolver: async () => [[record]] });
      expect(results.map(({ status }) => status.result)).toEqual(['pass']);
    }),
    { numRuns: 200 },
  );
});
