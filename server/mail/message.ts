import { createHash } from 'node:crypto';
import type { Dkim } from '../config.ts';
import { needsSmtpUtf8, wireAddress } from './address.ts';
import { type HeaderField, signatureField } from './dkim.ts';
import { headerField, phrase, unstructured } from './header-text.ts';
import { isBulk } from './kinds.ts';
import { quotedPrintable } from './quoted-printable.ts';
import { returnPath } from './return-path.ts';

export type Mailbox = { name: string; address: string };

/** One mail to one person, before it is a MIME message. */
export type OutgoingMessage = {
  /** The delivery's UUID: Message-ID, boundaries and return path come from it. */
  deliveryId: string;
  kind: string;
  /** Of the first claim, so that a repeat is the same to the byte. */
  date: Date;
  /** The chapter's sender name. */
  fromName: string;
  to: Mailbox;
  replyTo: Mailbox | null;
  subject: string;
  html: string;
  text: string;
  /** An iCalendar object: shown by mail programs, and attached for those that do not. */
  calendar: { method: 'REQUEST' | 'PUBLISH' | 'CANCEL'; content: string } | null;
  /** The chapter's list, and where one leaves it; needed by bulk kinds, left out of all others. */
  list: {
    slug: string;
    name: string;
    unsubscribeUrl: string;
    /** The same by mail, where mail comes in. */
    unsubscribeMailto: string | null;
  } | null;
};

export type MessageSettings = {
  /** The address of `MAIL_FROM`. */
  mailFrom: string;
  bounceDomain: string | null;
  dkim: Dkim | null;
  /** Signs the return path; `links.sign`. */
  sign: (text: string) => string;
};

export type ComposedMessage = { raw: Buffer; messageId: string; envelope: { from: string; to: string } };

/**
 * Makes the MIME message of a delivery (RFC 5322, 2045–2049, 6047 for the calendar part). The same input gives the same
 * bytes: a repeat after a doubtful end is recognised by whoever got the first one. All is ASCII, but for an address that
 * cannot be written so (RFC 6532).
 * @throws UndeliverableError for what is not a mail address; Error for a bulk kind without a list
 */
export async function composeMessage(
  message: OutgoingMessage,
  settings: MessageSettings,
): Promise<ComposedMessage> {
  const from = wireAddress(settings.mailFrom);
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const messageId = `<${message.deliveryId}@${domain}>`;
  const to = wireAddress(message.to.address);
  const replyTo = replyToOf(message.replyTo, to);
  const body = bodyOf(message);
  const fields: HeaderField[] = [
    ['From', mailbox(message.fromName, from)],
    ['To', mailbox(message.to.name, to)],
    ...(replyTo ? [['Reply-To', replyTo] as const] : []),
    ['Subject', unstructured(message.subject)],
    ['Date', message.date.toUTCString().replace('GMT', '+0000')],
    ['Message-ID', messageId],
    ['Auto-Submitted', 'auto-generated'],
    ['X-Ritrovo-Delivery', message.deliveryId],
    ['X-Ritrovo-Kind', unstructured(message.kind)],
    ...(isBulk(message.kind) ? listFields(message, domain) : []),
    ['MIME-Version', '1.0'],
    ['Content-Type', body.contentType],
  ];
  const head = fields.map(([name, value]) => headerField(name, value));
  if (settings.dkim) head.unshift(await signatureField(fields, body.content, settings.dkim));
  return {
    raw: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body.content}`),
    messageId,
    envelope: { from: returnPath(message.deliveryId, settings), to },
  };
}

function mailbox(name: string, address: string): string {
  const words = phrase(name);
  return words === '' ? address : `${words} <${address}>`;
}

/** An answer may go to letters beyond ASCII only where the mail does, or no ordinary server would take it. */
function replyToOf(replyTo: Mailbox | null, to: string): string | null {
  if (!replyTo) return null;
  const address = wireAddress(replyTo.address);
  return needsSmtpUtf8(address) && !needsSmtpUtf8(to) ? null : mailbox(replyTo.name, address);
}

/** RFC 2919 and RFC 8058. */
function listFields(message: OutgoingMessage, domain: string): HeaderField[] {
  const { list } = message;
  if (!list) throw new Error(`A mail of kind ${message.kind} needs a list to leave`);
  const name = list.name.replace(/[\\"<>]/g, '');
  const ways = [list.unsubscribeUrl, list.unsubscribeMailto].filter((way) => way !== null);
  return [
    ['List-ID', `${phrase(name)} <${list.slug}.${domain}>`.trim()],
    ['List-Unsubscribe', ways.map((way) => `<${new URL(way).href}>`).join(', ')],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ];
}

type Body = { contentType: string; content: string };

/** multipart/mixed ( multipart/alternative ( text, html, calendar ), the calendar as a file ), as deep as is needed. */
function bodyOf({ deliveryId, text, html, calendar }: OutgoingMessage): Body {
  const boundary = `=_${createHash('sha256').update(deliveryId).digest('hex').slice(0, 32)}`;
  const alternative = multipart('alternative', `${boundary}_a`, [
    written('text/plain; charset=utf-8', text),
    written('text/html; charset=utf-8', html),
    ...(calendar
      ? [written(`text/calendar; charset=utf-8; method=${calendar.method}`, calendar.content)]
      : []),
  ]);
  if (!calendar) return alternative;
  return multipart('mixed', `${boundary}_m`, [
    `${headerField('Content-Type', alternative.contentType)}\r\n\r\n${alternative.content}`,
    attached('invite.ics', 'application/ics', calendar.content),
  ]);
}

function multipart(kind: string, boundary: string, parts: readonly string[]): Body {
  return {
    contentType: `multipart/${kind}; boundary="${boundary}"`,
    content: `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`,
  };
}

function written(contentType: string, content: string): string {
  return `Content-Type: ${contentType}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(content)}`;
}

function attached(name: string, contentType: string, content: string): string {
  const encoded = Buffer.from(content.replace(/\r\n|\r|\n/g, '\r\n')).toString('base64');
  return [
    `Content-Type: ${contentType}; name="${name}"`,
    `Content-Disposition: attachment; filename="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    encoded.replace(/.{76}(?=.)/g, '$&\r\n'),
  ].join('\r\n');
}
