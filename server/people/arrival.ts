import { type RawBuilder, sql } from 'kysely';

/**
 * Whether mail to a person's present address fails: the last that left for it, of those that arrived or were refused for
 * good, was refused. Read from the ledger, where very few rows have failed and an index holds just those.
 * @param person the alias of `people` in the statement
 */
export function mailFails(person: string): RawBuilder<boolean> {
  const of = (column: string) => sql.ref(`${person}.${column}`);
  const arrivedSince = (at: RawBuilder<unknown>) => sql`exists (
    select 1 from deliveries arrived
    where arrived.person_id = ${of('id')} and arrived.state = 'sent' and arrived.sent_at > ${at})`;
  return sql`(${of('email')} is not null and (
    exists (
      select 1 from deliveries failed
      where failed.person_id = ${of('id')} and failed.state = 'failed'
        and (${of('address_since')} is null or failed.failed_at > ${of('address_since')})
        and not ${arrivedSince(sql.ref('failed.failed_at'))})
    or (${of('address_failed_at')} is not null and not ${arrivedSince(of('address_failed_at'))})))`;
}

export type FailureReason = 'unknown' | 'full' | 'closed' | 'refused' | 'letters' | 'later' | 'other';

/**
 * Why a server refused a mail for good, from the status that it named (RFC 3463) and, where it named none, from its
 * code and the words that servers use.
 */
export function failureReason(response: string | null): FailureReason {
  const said = (response ?? '').toLowerCase();
  const status = /\b[45]\.(\d{1,3})\.(\d{1,3})\b/.exec(said);
  const [, subject, detail] = status ?? [];
  if (subject === '2' && detail === '2') return 'full';
  if (subject === '2') return 'closed';
  if (subject === '1') return 'unknown';
  if (subject === '7') return 'refused';
  // RFC 6531: a server on the way takes no letters beyond ASCII in an address.
  if (subject === '6' && detail === '7') return 'letters';
  if (/mailbox (is )?full|over ?quota|quota exceeded|^552/.test(said)) return 'full';
  if (/no such|unknown|does ?n[o']t exist|not found|invalid (recipient|mailbox|address)|^553/.test(said))
    return 'unknown';
  if (/disabled|inactive|suspended/.test(said)) return 'closed';
  if (/spam|blocked|policy|blacklist|reputation/.test(said)) return 'refused';
  return /^4/.test(said) ? 'later' : 'other';
}
