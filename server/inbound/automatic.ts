import type { ParsedMail } from 'mailparser';

/**
 * Whether no person wrote this mail to us, or says that she wants no machine's answer: whatever is one day answered by
 * mail must ask here before, or two machines write to each other for ever (RFC 3834 section 2).
 * @param envelopeFrom the envelope's sender, empty for the null one; null where the envelope is gone
 */
export function isAutomatic(mail: ParsedMail, envelopeFrom: string | null): boolean {
  const header = (name: string) => headerIn(mail, name);
  const submitted = header('auto-submitted');
  const suppressed = header('x-auto-response-suppress');
  return (
    // Ours, that came back: forwarded, or sent to an address that leads here.
    header('x-ritrovo-delivery') !== null ||
    (submitted !== null && !/^no\b/i.test(submitted)) ||
    /^(bulk|list|junk|auto_reply)\b/i.test(header('precedence') ?? '') ||
    // Exchange: which answers of machines the sender does not want.
    (suppressed !== null && !/^none$/i.test(suppressed)) ||
    ['list-id', 'x-autoreply', 'x-autorespond', 'x-loop'].some((name) => header(name) !== null) ||
    // Reports of delivery have no sender, so that nobody answers them (RFC 5321 section 4.5.5).
    envelopeFrom === '' ||
    header('return-path') === '<>' ||
    isMachine(mail.from?.value[0]?.address ?? '')
  );
}

/** Addresses that nobody reads, or behind which a mail server writes; no address at all among them. */
function isMachine(address: string): boolean {
  return /^(|mailer-daemon|postmaster|mail-daemon|no-?reply|do-?not-?reply|listserv|majordomo)(@|$)|^(owner-|.*-(request|bounces?)@)/i.test(
    address,
  );
}

/** The first such header, unfolded and trimmed, whatever stands in it. */
function headerIn(mail: ParsedMail, name: string): string | null {
  const found = mail.headerLines.find(({ key }) => key === name);
  if (!found) return null;
  return found.line
    .slice(name.length + 1)
    .replace(/\s+/g, ' ')
    .trim();
}
