import { simpleParser } from 'mailparser';
import { describe, expect, test } from 'vitest';
import { UndeliverableError } from '../../server/mail/address.ts';
import { isBulk } from '../../server/mail/kinds.ts';
import { composeMessage, type MessageSettings, type OutgoingMessage } from '../../server/mail/message.ts';
import { renderMail } from '../../server/mail/render.ts';
import { sampleParts } from '../../server/mail/sample-parts.ts';
import { mailKinds } from '../../server/mailings/timing.ts';
import { rawPart } from '../support/mail-parts.ts';

const { about, bulk } = sampleParts('it', 'feminine');
const rendered = renderMail('invitation', 'it', { ...about, links: bulk });

const message: OutgoingMessage = {
  deliveryId: '01935d3c-1f2e-7a3b-8c4d-5e6f708192a3',
  kind: 'invitation',
  date: new Date('2026-11-20T09:00:00Z'),
  fromName: 'Anna · Gruppo di Bologna',
  to: { name: 'Giulia Marchetti', address: 'giulia@example.org' },
  replyTo: { name: 'Anna Ferri', address: 'anna@example.net' },
  subject: rendered.subject,
  html: rendered.html,
  text: rendered.text,
  calendar: null,
  list: {
    slug: 'bologna',
    name: 'Filo Rosso · Bologna',
    unsubscribeUrl: bulk.unsubscribe ?? '',
    unsubscribeMailto: null,
  },
};
const calendar = {
  method: 'REQUEST' as const,
  content: 'BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Caffè\\; e altro\r\nEND:VCALENDAR\r\n',
};
const settings: MessageSettings = {
  mailFrom: 'eventi@incontri.example',
  bounceDomain: null,
  dkim: null,
  sign: () => Buffer.alloc(16, 7).toString('base64url'),
};
const compose = async (own: Partial<OutgoingMessage> = {}, ownSettings: Partial<MessageSettings> = {}) =>
  composeMessage({ ...message, ...own }, { ...settings, ...ownSettings });
const headersOf = async (own: Partial<OutgoingMessage> = {}) =>
  rawPart((await compose(own)).raw.toString('latin1'));

describe('the headers of a bulk mail', () => {
  test('are those that the contract names', async () => {
    const { headers } = await headersOf();
    expect(Object.fromEntries(headers)).toMatchObject({
      from: '=?UTF-8?Q?Anna_=C2=B7_Gruppo_di_Bologna?= <eventi@incontri.example>',
      to: 'Giulia Marchetti <giulia@example.org>',
      'reply-to': 'Anna Ferri <anna@example.net>',
      date: 'Fri, 20 Nov 2026 09:00:00 +0000',
      'message-id': '<01935d3c-1f2e-7a3b-8c4d-5e6f708192a3@incontri.example>',
      'list-id': '=?UTF-8?Q?Filo_Rosso_=C2=B7_Bologna?= <bologna.incontri.example>',
      'list-unsubscribe': `<${bulk.unsubscribe}>`,
      'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
      'auto-submitted': 'auto-generated',
      'x-ritrovo-delivery': message.deliveryId,
      'x-ritrovo-kind': 'invitation',
      'mime-version': '1.0',
    });
  });

  test('are read back by another program', async () => {
    const { raw } = await compose();
    const mail = await simpleParser(raw);
    expect(mail.subject).toBe(rendered.subject);
    expect(mail.from?.value).toEqual([{ name: message.fromName, address: settings.mailFrom }]);
    expect(mail.to).toMatchObject({ value: [message.to] });
    expect(mail.replyTo?.value).toEqual([message.replyTo]);
    expect(mail.date).toEqual(message.date);
    expect(mail.text?.trim()).toBe(rendered.text.trim());
    expect((mail.html || '').trim()).toBe(rendered.html.trim());
    expect(mail.headers.get('list')).toMatchObject({ unsubscribe: { url: bulk.unsubscribe } });
  });

  test('stand once each, and each line is short enough for any server', async () => {
    const { names, head } = await headersOf({ subject: `${'Aperitivo '.repeat(20)}${'è'.repeat(100)}` });
    expect(new Set(names).size).toBe(names.length);
    for (const line of head.split('\r\n'))
      expect(line.length).toBeLessThanOrEqual(line.startsWith('List-Unsubscribe:') ? 150 : 78);
  });
});

test.each(mailKinds)('a mail of kind %s has List-* headers only if it is bulk', async (kind) => {
  const { names } = await headersOf({ kind });
  const list = names.filter((name) => name.startsWith('List-'));
  expect(list).toEqual(isBulk(kind) ? ['List-ID', 'List-Unsubscribe', 'List-Unsubscribe-Post'] : []);
  for (const name of [
    'Auto-Submitted',
    'X-Ritrovo-Delivery',
    'X-Ritrovo-Kind',
    'Reply-To',
    'Date',
    'Message-ID',
  ]) {
    expect(names).toContain(name);
  }
});

test('the bulk kinds are those of the design', () => {
  expect(mailKinds.filter(isBulk)).toEqual([
    'invitation',
    'chase',
    'reminder',
    'thanks',
    'thanks_attended',
    'thanks_missed',
    'thanks_declined',
    'feedback',
    'introduction',
    'announcement',
  ]);
});

test('a bulk mail that nobody could leave is not made', async () => {
  await expect(compose({ list: null })).rejects.toThrow('needs a list to leave');
});

describe('the body', () => {
  test('is text first, then HTML', async () => {
    const { headers, parts } = await headersOf();
    expect(headers.get('content-type')).toMatch(/^multipart\/alternative;/);
    expect(parts.map((part) => part.headers.get('content-type'))).toEqual([
      'text/plain; charset=utf-8',
      'text/html; charset=utf-8',
    ]);
  });

  test('has the calendar entry as a part and as a file', async () => {
    const { raw } = await compose({ kind: 'confirmation', calendar });
    const { headers, parts } = rawPart(raw.toString('latin1'));
    expect(headers.get('content-type')).toMatch(/^multipart\/mixed;/);
    const [alternative, file] = parts;
    expect(alternative?.headers.get('content-type')).toMatch(/^multipart\/alternative;/);
    expect(alternative?.parts.map((part) => part.headers.get('content-type'))).toEqual([
      'text/plain; charset=utf-8',
      'text/html; charset=utf-8',
      'text/calendar; charset=utf-8; method=REQUEST',
    ]);
    expect(file?.headers.get('content-type')).toMatch(/^application\/ics; name="?invite\.ics"?$/);
    expect(file?.headers.get('content-disposition')).toMatch(/^attachment; filename="?invite\.ics"?$/);

    const mail = await simpleParser(raw);
    expect(mail.attachments.map((part) => [part.contentType, part.content.toString()])).toEqual([
      ['text/calendar', calendar.content],
      ['application/ics', calendar.content],
    ]);
  });

  test('is fit for the oldest server: ASCII, CRLF and short lines', async () => {
    const { raw } = await compose({ calendar, text: `${'parola '.repeat(500)}\n\nperché\r\nsì\n.\n.. fine` });
    const wire = raw.toString('latin1');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
    expect(wire).not.toMatch(/[^\x00-\x7f]/);
    expect(wire.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    for (const line of wire.split('\r\n')) expect(line.length).toBeLessThanOrEqual(200);
    const { text } = await simpleParser(raw);
    expect(text).toContain('perché\nsì\n.\n.. fine');
  });
});

describe('a repeat', () => {
  test.each([null, calendar])('is the same to the byte', async (part) => {
    const first = await compose({ calendar: part });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const second = await compose({ calendar: part });
    expect(second.raw.equals(first.raw)).toBe(true);
    expect(second).toEqual(first);
  });

  test('of another delivery is another message', async () => {
    const first = rawPart((await compose()).raw.toString());
    const other = rawPart(
      (await compose({ deliveryId: '01935d3c-1f2e-7a3b-8c4d-5e6f708192a4' })).raw.toString(),
    );
    for (const name of ['message-id', 'x-ritrovo-delivery', 'content-type']) {
      expect(other.headers.get(name)).not.toBe(first.headers.get(name));
    }
  });
});

describe('what somebody typed', () => {
  const evil = 'Anna\r\nBcc: tutte@example.org\r\n\r\n<b>corpo</b>\u2028\u0000';

  test('begins no header and no body', async () => {
    const plain = await headersOf();
    const { names, headers } = await headersOf({
      subject: evil,
      fromName: evil,
      to: { name: evil, address: message.to.address },
      replyTo: { name: evil, address: 'anna@example.net' },
      kind: 'invitation',
      list: {
        slug: 'bologna',
        name: evil,
        unsubscribeUrl: 'https://a.example/u/x>\r\nBcc: y@example.org',
        unsubscribeMailto: null,
      },
    });
    expect(names).toEqual(plain.names);
    expect(headers.get('list-unsubscribe')).toMatch(/^<https:\/\/a\.example\/u\/[^\s<>]*>$/);
    const mail = await simpleParser((await compose({ subject: evil, fromName: evil })).raw);
    expect(mail.subject).toBe('Anna Bcc: tutte@example.org <b>corpo</b>');
    expect(mail.from?.value).toEqual([
      { name: 'Anna Bcc: tutte@example.org <b>corpo</b>', address: settings.mailFrom },
    ]);
  });

  test.each(['Rossi, Anna', 'Anna "la Rossa"', 'Anna <anna@evil.example>', 'Anna; Bea', 'Perché (sì)', ''])(
    'as a name, %j, adds no recipient',
    async (name) => {
      const composed = await compose({ to: { name, address: 'giulia@example.org' } });
      expect(composed.envelope.to).toBe('giulia@example.org');
      const mail = await simpleParser(composed.raw);
      expect(mail.to).toMatchObject({ value: [{ address: 'giulia@example.org', name }] });
    },
  );

  test.each([
    'a@b.example\r\nBcc: c@d.example',
    'a@b.example, c@d.example',
    'a@b.example c@d.example',
    '<a@b.example>',
    'a',
    '',
    'a\u0000@b.example',
    'a\u0085@b.example',
    'a\ud800@b.example',
    'a(b)@c.example',
    '"a b"@c.example',
    'a@[127.0.0.1]',
    'a@b\u2028.example',
    'a@b..example',
    `a@${'b'.repeat(64)}.example`,
    `${'a'.repeat(250)}@b.example`,
  ])('as an address, %j, is refused for good', async (address) => {
    await expect(compose({ to: { name: 'A', address } })).rejects.toThrow(UndeliverableError);
    await expect(compose({ replyTo: { name: 'A', address } })).rejects.toThrow(
      '553 5.1.3 Not a mail address',
    );
  });

  test.each(['=?utf-8?Q?Ciao?=', '"=?utf-8?B?Q2lhbw==?="', 'due  spazi', 'x'.repeat(1200), 'a\ud800b'])(
    'as a subject or a name, %.20j, is read as it was meant, in lines that any server takes',
    async (text) => {
      const { raw } = await compose({ subject: text, fromName: text, to: { ...message.to, name: text } });
      const mail = await simpleParser(raw);
      const meant = text.toWellFormed();
      expect([mail.subject, mail.from?.value[0]?.name]).toEqual([meant, meant]);
      expect(mail.to).toMatchObject({ value: [{ ...message.to, name: meant }] });
      for (const line of rawPart(raw.toString()).head.split('\r\n'))
        expect(line.length).toBeLessThanOrEqual(line.startsWith('List-Unsubscribe:') ? 150 : 78);
    },
  );
});

describe('an address beyond ASCII', () => {
  test('has its domain in A-labels, in the header as in the envelope', async () => {
    const { raw, envelope } = await compose({ to: { name: 'Zoë', address: 'zoe@caffè.example' } });
    expect(envelope.to).toBe('zoe@xn--caff-8oa.example');
    expect(raw.toString()).toContain('<zoe@xn--caff-8oa.example>');
    expect(raw.every((byte) => byte < 128)).toBe(true);
  });

  test('has its own letters before the @, and nothing else of the mail has any', async () => {
    const to = { name: 'José', address: 'josé@caffè.example' };
    const { raw, envelope } = await compose({ to });
    expect(envelope.to).toBe('josé@xn--caff-8oa.example');
    expect((await simpleParser(raw)).to).toMatchObject({ value: [{ name: 'José' }] });
    const { headers } = rawPart(raw.toString());
    expect(headers.get('to')).toBe('=?UTF-8?Q?Jos=C3=A9?= <josé@xn--caff-8oa.example>');
    expect([...raw].filter((byte) => byte > 127)).toEqual([...Buffer.from('é')]);
  });

  test('of the coordinator stays out of a mail to an ordinary one, or no server would take it', async () => {
    const replyTo = { name: 'José', address: 'josé@example.net' };
    expect((await headersOf({ replyTo })).names).not.toContain('Reply-To');
    const to = { name: '', address: 'zoë@example.org' };
    expect((await compose({ replyTo, to })).raw.toString()).toContain('<josé@example.net>');
  });
});

describe('the return path', () => {
  test('is MAIL_FROM where no domain takes bounces', async () => {
    expect((await compose()).envelope.from).toBe('eventi@incontri.example');
  });

  test('names and proves the delivery where one does', async () => {
    const sign = (text: string) => Buffer.from(text.padEnd(16, '.').slice(-16)).toString('base64url');
    const pathOf = async (deliveryId: string) =>
      (await compose({ deliveryId }, { bounceDomain: 'bounce.example', sign })).envelope.from;
    const path = await pathOf(message.deliveryId);
    const [local = '', domain] = path.split('@');
    expect(domain).toBe('bounce.example');
    expect(local).toMatch(/^[a-z2-7]{52}$/);
    // RFC 4648: 16 bytes are 26 characters.
    expect(local.slice(0, 26)).toBe('agjv2pa7fz5dxdcnlzxxbamsum');
    expect(await pathOf('01935d3c-1f2e-7a3b-8c4d-5e6f708192a4')).not.toBe(path);
    expect(await pathOf(message.deliveryId)).toBe(path);
  });

  test('is none of what the reader sees', async () => {
    const { headers } = rawPart((await compose({}, { bounceDomain: 'bounce.example' })).raw.toString());
    expect(headers.get('from')).toContain('eventi@incontri.example');
    expect([...headers.values()].join()).not.toContain('bounce.example');
  });
});
