import { createHash } from 'node:crypto';
import * as base64 from 'nodemailer/lib/base64';
import MimeNode from 'nodemailer/lib/mime-node';
import * as qp from 'nodemailer/lib/qp';
import type { Dkim } from '../config.ts';
import { signMessage } from './dkim.ts';
import { isBulk } from './kinds.ts';
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
  list: { slug: string; name: string; unsubscribeUrl: string } | null;
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
  const root = body(message);
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

  const unsigned = Buffer.from(serialize(root));
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
  root.setHeader('List-Unsubscribe', `<${new URL(list.unsubscribeUrl).href}>`);
  root.setHeader('List-Unsubscribe-Post', 'List-Unsubscribe=One-Click');
}

/** multipart/mixed ( multipart/alternative ( text, html, calendar ), the calendar as a file ), as deep as is needed. */
function body(message: OutgoingMessage): MimeNode {
  const boundary = `ritrovo-${createHash('sha256').update(message.deliveryId).digest('hex').slice(0, 32)}`;
  const options = { baseBoundary: boundary, boundaryPrefix: '=_' };
  const { calendar } = message;
  const mixed = calendar ? new MimeNode('multipart/mixed', options) : null;
  const alternative = mixed
    ? mixed.createChild('multipart/alternative', { ...options, rootNode: mixed, parentNode: mixed })
    : new MimeNode('multipart/alternative', options);
  add(alternative, 'text/plain; charset=utf-8', message.text);
  add(alternative, 'text/html; charset=utf-8', message.html);
  if (!mixed || !calendar) return alternative;
  add(alternative, `text/calendar; charset=utf-8; method=${calendar.method}`, calendar.content);
  const file = add(mixed, 'application/ics; name="invite.ics"', calendar.content);
  file.setHeader('Content-Disposition', 'attachment; filename="invite.ics"');
  file.setHeader('Content-Transfer-Encoding', 'base64');
  return mixed;
}

function add(parent: MimeNode, contentType: string, content: string): MimeNode {
  const rootNode = parent.rootNode;
  return parent
    .createChild(contentType, { rootNode, parentNode: parent })
    .setContent(content.replace(/\r\n|\r|\n/g, '\r\n'));
}

// MimeNode's own stream takes a tick of the event loop for each part; everything is in memory here.
function serialize(node: MimeNode): string {
  const headers = node.buildHeaders();
  if (!node.childNodes.length) return `${headers}\r\n\r\n${encode(node)}`;
  const parts = node.childNodes.map((child) => `--${node.boundary}\r\n${serialize(child)}\r\n`);
  return `${headers}\r\n\r\n${parts.join('')}--${node.boundary}--\r\n`;
}

function encode(node: MimeNode): string {
  const content = String(node.content ?? '');
  switch (node.getTransferEncoding()) {
    case 'quoted-printable':
      return qp.wrap(qp.encode(content));
    case 'base64':
      return base64.wrap(base64.encode(content));
    default:
      return content;
  }
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
