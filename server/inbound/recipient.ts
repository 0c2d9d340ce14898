import type { ParsedMail } from 'mailparser';
import type { Config } from '../config.ts';

/** Where servers write down whom the envelope named, the nearest first; then the mail's own word, which a report keeps. */
const headers = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-rcpt-to', 'to'];

/** Whether two addresses are one. */
export function isOurs(address: string, own: string): boolean {
  return address.toLowerCase() === own.toLowerCase();
}

/**
 * Whom a mail was for that lies in a mailbox, where the envelope is gone.
 * @returns the first address in the domain of bounces, else the one that our mails come from; empty where there is neither
 */
export function recipientIn(
  mail: ParsedMail,
  { bounceDomain, mailFrom }: Pick<Config, 'bounceDomain' | 'mailFrom'>,
): string {
  const end = bounceDomain && `@${bounceDomain.toLowerCase()}`;
  const named = headers.flatMap((header) => addressesIn(mail, header));
  return (
    named.find((address) => end !== null && address.toLowerCase().endsWith(end)) ??
    named.find((address) => isOurs(address, mailFrom)) ??
    ''
  );
}

function addressesIn(mail: ParsedMail, header: string): string[] {
  return mail.headerLines.flatMap(({ key, line }) =>
    key === header ? (line.slice(key.length + 1).match(/[^\s<>"(),:;]+@[^\s<>"(),:;]+/g) ?? []) : [],
  );
}
