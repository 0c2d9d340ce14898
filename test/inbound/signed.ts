import { generateKeyPairSync } from 'node:crypto';
import { dkimSign } from 'mailauth';
import { createTransport } from 'nodemailer';
import type { Resolve } from '../../server/inbound/resolver.ts';

/** Mail servers of others, as far as a signature goes: a key of their own, and what DNS says of it. */

export type Domain = { name: string; key: string };

/** What DNS knows; everything else it does not. `away` holds names that nobody answers for. */
export type Dns = { records: Map<string, string>; away: Set<string>; resolve: Resolve };

export function makeDns(): Dns {
  const records = new Map<string, string>();
  const away = new Set<string>();
  return {
    records,
    away,
    async resolve(name, type) {
      if (away.has(name)) throw Object.assign(new Error(`queryTxt ETIMEOUT ${name}`), { code: 'ETIMEOUT' });
      const record = type === 'TXT' ? records.get(name) : undefined;
      if (record === undefined) throw Object.assign(new Error(`no ${name}`), { code: 'ENOTFOUND' });
      return [[record]];
    },
  };
}

/** A domain that signs its mails. `dmarc`: what it publishes, or null for nothing. */
export function makeDomain(
  dns: Dns,
  name: string,
  { dmarc = 'v=DMARC1; p=none' }: { dmarc?: string | null } = {},
): Domain {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  dns.records.set(`mail._domainkey.${name}`, `v=DKIM1; k=rsa; p=${p}`);
  if (dmarc) dns.records.set(`_dmarc.${name}`, dmarc);
  return { name, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** The mail with a signature of the domain on top. */
export async function sign(
  raw: string,
  domain: Domain,
  options: { maxBodyLength?: number; expires?: Date; signTime?: Date } = {},
): Promise<string> {
  const data = { signingDomain: domain.name, selector: 'mail', privateKey: domain.key, ...options };
  const { signatures, errors } = await dkimSign(Buffer.from(raw, 'latin1'), {
    ...data,
    signatureData: [data],
  });
  if (!signatures || errors?.length) throw new Error(`not signed: ${JSON.stringify(errors)}`);
  return signatures + raw;
}

/** Hands a mail to a server, as another one does. Rejects with what it says. */
export async function handOver(port: number, raw: string, to: string, from = 'x@example.net'): Promise<void> {
  const transport = createTransport({ host: '127.0.0.1', port, ignoreTLS: true });
  try {
    await transport.sendMail({ envelope: { from, to }, raw: Buffer.from(raw, 'latin1') });
  } finally {
    transport.close();
  }
}
