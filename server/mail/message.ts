import { createHash } from 'node:crypto';
import MimeNode from 'nodemailer/lib/mime-node';
import type { Dkim } from '../config.ts';
import { signMessage } from './dkim.ts';
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

export type ComposedMessage = { raw: Buffer; messageId: string; envelope: { from: string; to: string[] } };

/**
 * Makes the MIME message of a delivery (RFC 5322, 2045–2049, 6047 for the calendar part). The same input gives the same
 * bytes: a repeat after a doubtful end is recognised by whoever got the first one.
 * @throws Error for a bulk kind without a list, and for what is not a mail address
 */
export async function composeMessage(
  message: OutgoingMessage,
  settings: MessageSettings,
): Promise<ComposedMessage> {
  const domain = settings.mailFrom.slice(settings.mailFrom.lastIndexOf('@') + 1);
  const messageId = `<${message.deliveryId}@${domain}>`;
  const body = bodyOf(message);
  // Composes the headers: addresses, encoded words, folding. The boundary is ours; one of its own would be random.
  const root = new MimeNode(body.contentType, { baseBoundary: '-' });
  root.setHeader('From', { name: oneLine(message.fromName), address: settings.mailFrom });
  root.setHeader('To', mailbox(message.to));
  if (message.replyTo) root.setHeader('Reply-To', mailbox(message.replyTo));
  root.setHeader('Subject', oneLine(message.subject));
  root.setHeader('Date', message.date.toUTCString().replace('GMT', '+0000'));
  root.setHeader('Message-ID', messageId);
  root.setHeader('Auto-Submitted', 'auto-generated');
  root.setHeader('X-Ritrovo-Delivery', message.deliveryId);
  root.setHeader('X-Ritrovo-Kind', oneLine(message.kind));
  if (isBulk(message.kind)) addListHeaders(root, message, domain);

  const unsigned = Buffer.from(`${root.buildHeaders()}\r\n\r\n${body.content}`, 'latin1');
  return {
    raw: settings.dkim ? await signMessage(unsigned, settings.dkim) : unsigned,
    messageId,
    envelope: { from: returnPath(message.deliveryId, settings), to: root.getEnvelope().to },
  };
}

/** RFC 2919 and RFC 8058. */
function addListHeaders(root: MimeNode, message: OutgoingMessage, domain: string): void {
  const { list } = message;
  if (!list) throw new Error(`A mail of kind ${message.kind} needs a list to leave`);
  const name = oneLine(list.name).replace(/[\\"<>]/g, '');
  root.setHeader('List-ID', `${root.encodeHeaderValue('X-Name', name)} <${list.slug}.${domain}>`);
  const ways = [new URL(list.unsubscribeUrl).href, list.unsubscribeMailto].filter(Boolean);
  root.setHeader('List-Unsubscribe', ways.map((way) => `<${way}>`).join(', '));
  root.setHeader('List-Unsubscribe-Post', 'List-Unsubscribe=One-Click');
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
    `Content-Type: ${alternative.contentType}\r\n\r\n${alternative.content}`,
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

function mailbox({ name, address }: Mailbox) {
  if (!/^[^\s<>@",;:]+@[^\s<>@",;:]+$/.test(address))
    throw new Error(`Not a mail address: ${JSON.stringify(address)}`);
  return { name: oneLine(name), address };
}

/** No header can be ended, and no other one begun, by what somebody typed. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim();
}
