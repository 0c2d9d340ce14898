import { domainToASCII } from 'node:url';

/** No mail can be sent to this address, today or tomorrow. The message is the answer that the ledger shows. */
export class UndeliverableError extends Error {}

/** RFC 5321 section 4.5.3.1.3: 256 octets with the angle brackets. */
const longest = 254;
const dotAtom = /^[^\s@"(),:;<>[\\\].]+(?:\.[^\s@"(),:;<>[\\\].]+)*$/;
const domainName =
  /^(?=.{1,255}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/**
 * An address as it stands in the envelope and in a header: its domain in A-labels, its local part as it is. Where that
 * has letters beyond ASCII, see {@link needsSmtpUtf8}.
 * @throws UndeliverableError where {@link readWireAddress} finds none
 */
export function wireAddress(address: string): string {
  const wire = readWireAddress(address);
  if (!wire) throw new UndeliverableError(`553 5.1.3 Not a mail address: ${JSON.stringify(address)}`);
  return wire;
}

/** @returns null for what is not one address (RFC 5321 section 4.1.2, without quoted local parts and literals) */
export function readWireAddress(address: string): string | null {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const domain = asciiDomain(address.slice(at + 1));
  if (at < 1 || !domain || !dotAtom.test(local) || !local.isWellFormed() || /\p{Cc}/u.test(local))
    return null;
  const wire = `${local}@${domain}`;
  return Buffer.byteLength(wire) > longest ? null : wire;
}

/**
 * A domain's A-labels (RFC 5890).
 * @returns null for what is no domain
 */
export function asciiDomain(domain: string): string | null {
  const ascii = needsSmtpUtf8(domain) ? domainToASCII(domain) : domain;
  return domainName.test(ascii) ? ascii : null;
}

/** Whether an address of {@link wireAddress}'s takes a server that offers SMTPUTF8 (RFC 6531). */
export function needsSmtpUtf8(address: string): boolean {
  return /\P{ASCII}/u.test(address);
}
