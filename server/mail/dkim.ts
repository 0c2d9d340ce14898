import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Dkim } from '../config.ts';

/** A header before it is folded. */
export type HeaderField = readonly [name: string, value: string];

/**
 * What a reader sees of a mail and whom she answers: signed once more than it stands there, so that the signature breaks
 * where somebody adds another one, or the first one (RFC 6376 section 8.15).
 */
const sealed = ['From', 'To', 'Cc', 'Subject', 'Reply-To'];
/** The same, where the mail has it: a list that hands on a mail without these may add its own. */
const sealedWhereThere = [
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  // One-click counts only if both are covered (RFC 8058 section 4).
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
];
const signedWhereThere = ['Auto-Submitted', 'List-ID', 'X-Ritrovo-Delivery', 'X-Ritrovo-Kind'];

// In the thread pool: an RSA signature takes longer than all the rest of a mail.
const signInPool = promisify<string, Buffer, KeyObject, Buffer>(sign);
const keys = new WeakMap<Dkim, KeyObject>();

/**
 * The DKIM-Signature header of a message, folded (RFC 6376, rsa-sha256, relaxed/relaxed). It carries no time: the same
 * message is signed with the same bytes. Written out here because nodemailer's signer lists no header twice.
 * @param fields the headers, each name once
 * @param body as it goes over the wire, one octet a letter
 * @throws Error if the key cannot sign
 */
export async function signatureField(
  fields: readonly HeaderField[],
  body: string,
  dkim: Dkim,
): Promise<string> {
  const values = new Map(fields);
  const isThere = (name: string) => values.has(name);
  const once = [...sealed, ...sealedWhereThere, ...signedWhereThere].filter(isThere);
  const more = [...sealed, ...sealedWhereThere.filter(isThere)];
  const bodyHash = createHash('sha256').update(relaxedBody(body), 'latin1').digest('base64');
  const unsigned = [
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${dkim.domain};`,
    ` q=dns/txt; s=${dkim.selector};`,
    ` bh=${bodyHash};`,
    ` h=${[...once, ...more].join(':').replace(/.{1,70}:/g, '$&\r\n  ')};`,
    ' b=',
  ].join('\r\n');
  const signed = once.map((name) => relaxedHeader(name, values.get(name) as string));
  signed.push(relaxedHeader('DKIM-Signature', unsigned.slice(unsigned.indexOf(':') + 1)));
  const signature = await signInPool('sha256', Buffer.from(signed.join('\r\n')), keyOf(dkim));
  return unsigned + signature.toString('base64').replace(/.{72}(?=.)/g, '$&\r\n ');
}

function keyOf(dkim: Dkim): KeyObject {
  let key = keys.get(dkim);
  if (!key) {
    // Parsed once: that costs more than the signature itself.
    key = createPrivateKey(dkim.key);
    if (key.asymmetricKeyType !== 'rsa') throw new Error('DKIM takes an RSA key');
    keys.set(dkim, key);
  }
  return key;
}

/** RFC 6376 section 3.4.2. */
function relaxedHeader(name: string, value: string): string {
  const unfolded = value.replaceAll('\r\n', '').replace(/[ \t]+/g, ' ');
  return `${name.toLowerCase()}:${unfolded.trim()}`;
}

/** RFC 6376 section 3.4.4. */
function relaxedBody(body: string): string {
  let end = body.length;
  while (body.startsWith('\r\n', end - 2)) end -= 2;
  const lines = body
    .slice(0, end)
    .replace(/[ \t]+(?=\r\n)/g, '')
    .replace(/[ \t]{2,}|\t/g, ' ');
  return lines === '' ? '' : `${lines}\r\n`;
}
