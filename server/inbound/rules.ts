/** How much is read of a mail that comes in, what counts against an address, and when it is enough. */

/** Octets; larger than any report: they bring our own mail along, or its head. */
export const largest = 2 * 1024 * 1024;

/** Reports older than this no longer count: mailboxes are emptied, and servers mended. */
export const scoresLastDays = 30;
/** From this sum on nothing more is sent to an address. */
export const enough = 3;

/**
 * How much a report that a mail did not arrive counts. An address that does not exist (RFC 3463 section 3.2) is enough
 * by itself; a mailbox that is full or a server's policy has to come again.
 * @param status such as `5.1.1`, or null where the report named none
 */
export function scoreOf(status: string | null): number {
  // Of the X.1 class these are about the recipient: no mailbox, no such host, bad syntax, moved, does not take mail.
  if (/^5\.1\.(1|2|3|6|10)$/.test(status ?? '')) return enough;
  return status?.startsWith('4.') ? 0.5 : 1;
}
