import type { ParsedMail } from 'mailparser';
import { readWireAddress } from '../mail/address.ts';
import { relayVouches } from './authentication-results.ts';
import { bounded, type Resolve } from './resolver.ts';

/** `later`: DNS could not be asked just now. */
export type Proof = 'proved' | 'unproved' | 'later';

/** A mail has one or two; each may ask DNS something. */
const mostSignatures = 8;

/** An address as it is compared: its domain in A-labels, all in lower case; null for what is none. */
export function comparable(address: string): string | null {
  return readWireAddress(address)?.toLowerCase() ?? null;
}

/** The one address that a mail says it is from, comparable; null where it names none or several. */
export function authorOf(mail: ParsedMail): string | null {
  const [first, ...more] = mail.from?.value ?? [];
  const fields = mail.headerLines.filter(({ key }) => key === 'from');
  if (!first?.address || more.length > 0 || first.group || fields.length !== 1) return null;
  return comparable(first.address);
}

/**
 * Whether a mail is from the address in its From: it passes DMARC by a signature (RFC 7489 section 3.1), or the relay
 * before us says so. SPF counts for nothing here: behind a relay and in a mailbox nobody knows where a mail came
 * from, and at a large provider many share the servers. A domain that publishes no DMARC record proves itself by a
 * signature of exactly its own.
 * @param author of {@link authorOf}
 */
export async function proveAuthor(
  mail: ParsedMail,
  raw: Buffer,
  author: string,
  { trustedRelay, resolve }: { trustedRelay: string | null; resolve: Resolve },
): Promise<Proof> {
  const domain = author.slice(author.lastIndexOf('@') + 1);
  if (trustedRelay && relayVouches(mail.headerLines, trustedRelay, domain)) return 'proved';
  const signatures = mail.headerLines.filter(({ key }) => key === 'dkim-signature').length;
  if (signatures === 0 || signatures > mostSignatures) return 'unproved';

  // Loaded where somebody answers by calendar, and nowhere else.
  const [{ dkimVerify }, { dmarc }] = await Promise.all([
    import('mailauth/lib/dkim/verify.js'),
    import('mailauth/lib/dmarc/index.js'),
  ]);
  const resolver = bounded(resolve);
  const { headerFrom, fromFields, results } = await dkimVerify(raw, { resolver, rejectRsaSha1: true });
  // Two programs that read one From differently are two authors.
  if (fromFields !== 1 || headerFrom.length !== 1 || comparable(headerFrom[0] as string) !== author)
    return 'unproved';
  // With a length, anybody may have added to the body.
  const passed = results.filter(
    ({ status, canonBodyLengthLimited }) => status.result === 'pass' && !canonBodyLengthLimited,
  );
  const domains = passed.map(({ id = '', signingDomain = '' }) => ({ id, domain: signingDomain }));
  if (domains.length > 0) {
    const verdict = await dmarc({ headerFrom, fromFields, spfDomains: [], dkimDomains: domains, resolver });
    const result = verdict ? verdict.status.result : 'fail';
    if (result === 'pass') return 'proved';
    if (result === 'none' && domains.some((one) => one.domain.toLowerCase() === domain)) return 'proved';
    if (result === 'temperror') return 'later';
  }
  return results.some(({ status }) => status.result === 'temperror') ? 'later' : 'unproved';
}
