import { createPrivateKey } from 'node:crypto';
import DKIM from 'nodemailer/lib/dkim';
import type { Dkim } from '../config.ts';

/** The one-click headers must be covered (RFC 8058 section 4); the rest is what a reader or a mail program relies on. */
const signedHeaders = [
  'From',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'Reply-To',
  'MIME-Version',
  'Content-Type',
  'Auto-Submitted',
  'List-ID',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'X-Ritrovo-Delivery',
  'X-Ritrovo-Kind',
].join(':');

const signers = new WeakMap<Dkim, DKIM>();

/**
 * Puts a DKIM signature (RFC 6376, rsa-sha256, relaxed/relaxed) before a message. It carries no time: the same message
 * is signed with the same bytes.
 * @throws Error if the key cannot sign
 */
export async function signMessage(message: Buffer, dkim: Dkim): Promise<Buffer> {
  let signer = signers.get(dkim);
  if (!signer) {
    // Parsed once: that costs more than the signature itself.
    const privateKey = createPrivateKey(dkim.key);
    if (privateKey.asymmetricKeyType !== 'rsa') throw new Error('DKIM takes an RSA key');
    signer = new DKIM({
      domainName: dkim.domain,
      keySelector: dkim.selector,
      privateKey,
      headerFieldNames: signedHeaders,
    });
    signers.set(dkim, signer);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of signer.sign(message)) chunks.push(chunk as Buffer);
  const signed = Buffer.concat(chunks);
  // The library leaves a message unsigned when the key is of no use.
  if (!signed.subarray(0, 15).equals(Buffer.from('DKIM-Signature:')))
    throw new Error('The DKIM key cannot sign');
  return signed;
}
