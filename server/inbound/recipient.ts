import type { ParsedMail } from 'mailparser';

/** Where servers write down whom the envelope named, the nearest first; then the mail's own word, which a report keeps. */
const headers = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-rcpt-to', 'to'];

/**
 * Whom a mail was for that lies in a mailbox, where the envelope is gone.
 * @returns the first address in the domain of bounces; empty where there is none
 */
export function recipientIn(mail: ParsedMail, bounceDomain: string | null): string {
  if (!bounceDomain) return '';
  const end = `@${bounceDomain.toLowerCase()}`;
  for (const header of headers) {
    for (const { key, line } of mail.headerLines) {
      if (key !== header) continue;
      const addresses = line.slice(key.length + 1).match(/[^\s<>"(),:;]+@[^\s<>"(),:;]+/g) ?? [];
      const ours = addresses.find((address) => address.toLowerCase().endsWith(end));
      if (ours) return ours;
    }
  }
  return '';
}
