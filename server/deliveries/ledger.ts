import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/**
 * The ledger of what became of each mail to each person. A delivery is claimed with a lease; every word that the
 * sender writes names the fencing token of its claim, so that one who lost its lease changes nothing.
 */
export type Claimed = {
  id: string;
  mailingId: string;
  personId: string;
  chapterId: string | null;
  eventId: string | null;
  kind: string;
  fence: number;
  attempts: number;
  datedAt: Date;
  firstQueuedAt: Date;
  unknownCauses: string[];
  /** The own words of its last attempt. */
  textId: string | null;
};

/** Waits after the first, second, … refusal for now; then hourly. Minutes. */
const backoffMinutes = [1, 2, 5, 15, 30, 60];
const giveUpAfterHours = 72;
const unknownRetryMinutes = 15;

/** Claims up to `limit` deliveries that may leave now, what somebody waits for first. */
export async function claimDeliveries(
  db: Db,
  options: { limit: number; leaseSeconds: number; now: Date },
): Promise<Claimed[]> {
  const result = await sql<Claimed>`
    with picked as materialized (
      select id from deliveries
      where state in ('queued', 'unknown') and next_attempt_at is not null and next_attempt_at <= ${options.now}
      order by priority, next_attempt_at, id
      limit ${options.limit}
      for update skip locked
    )
    update deliveries d
    set state = 'sending', phase = 'pre', fence = d.fence + 1, attempts = d.attempts + 1, next_attempt_at = null,
      lease_until = clock_timestamp() + make_interval(secs => ${options.leaseSeconds}),
      dated_at = coalesce(d.dated_at, date_trunc('second', ${options.now}::timestamptz))
    from picked
    where d.id = picked.id
    returning d.id, d.mailing_id, d.person_id, d.chapter_id, d.event_id, d.kind, d.fence, d.attempts, d.dated_at,
      d.first_queued_at, d.unknown_causes, d.text_id, d.priority
  `.execute(db);
  return result.rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Keeps the leases of what a living worker still has in hand. */
export async function renewLeases(db: Db, held: readonly Claimed[], leaseSeconds: number): Promise<void> {
  if (held.length === 0) return;
  await sql`
    update deliveries d set lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
    from unnest(${held.map((h) => h.id)}::uuid[], ${held.map((h) => h.fence)}::int[]) as h (id, fence)
    where d.id = h.id and d.fence = h.fence and d.state = 'sending' and d.lease_until > clock_timestamp()
  `.execute(db);
}

/**
 * Takes back what a dead worker held. Before the body nothing was sent: it goes back into the queue. After it nobody
 * knows: `unknown`.
 */
export async function recoverLeases(db: Db, now: Date): Promise<number> {
  const recovered = await sql`
    update deliveries set
      state = case phase when 'data' then 'unknown' else 'queued' end,
      phase = null,
      lease_until = null,
      unknown_causes = case phase when 'data' then unknown_causes || 'lease_expired'::text else unknown_causes end,
      next_attempt_at = case
        when phase = 'pre' then ${now}::timestamptz
        when unknown_causes = '{}' then ${now}::timestamptz + make_interval(mins => ${unknownRetryMinutes})
      end
    where state = 'sending' and lease_until < clock_timestamp()
  `.execute(db);
  return Number(recovered.numAffectedRows ?? 0);
}

export type Settlement =
  | { kind: 'sent'; response: string; messageId: string }
  | { kind: 'deferred'; response: string }
  | { kind: 'failed'; response: string }
  | { kind: 'unknown'; cause: string }
  | { kind: 'skipped' | 'suppressed'; reason: string }
  /** Back into the queue as if it had never been claimed. */
  | { kind: 'released'; at: Date; response?: string };

/**
 * Writes down what became of a delivery.
 * @returns false where the claim was lost meanwhile: then another worker's word stands
 */
export async function settleDelivery(
  db: Db,
  claim: Pick<Claimed, 'id' | 'fence' | 'attempts' | 'firstQueuedAt' | 'unknownCauses'>,
  settlement: Settlement,
  now: Date,
): Promise<boolean> {
  const update = db
    .updateTable('deliveries')
    .where('id', '=', claim.id)
    .where('fence', '=', claim.fence)
    // A lease that ran out while the server was answering made it `unknown`; now we know.
    .where('state', 'in', settlement.kind === 'sent' ? ['sending', 'unknown'] : ['sending'])
    .set({ phase: null, leaseUntil: null, nextAttemptAt: null, ...changesOf(claim, settlement, now) });
  const result = await update.executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

function changesOf(
  claim: Pick<Claimed, 'attempts' | 'firstQueuedAt' | 'unknownCauses'>,
  settlement: Settlement,
  now: Date,
) {
  switch (settlement.kind) {
    case 'sent':
      return { state: 'sent', response: settlement.response, messageId: settlement.messageId, sentAt: now };
    case 'failed':
      return { state: 'failed', response: settlement.response, failedAt: now };
    case 'skipped':
    case 'suppressed':
      return { state: settlement.kind, reason: settlement.reason };
    case 'released':
      return {
        state: 'queued',
        nextAttemptAt: settlement.at,
        attempts: claim.attempts - 1,
        ...(settlement.response !== undefined && { response: settlement.response }),
      };
    case 'unknown': {
      // One retry, with the same Message-ID; after the second time nobody is mailed a third.
      const retry = claim.unknownCauses.length === 0;
      return {
        state: 'unknown',
        unknownCauses: [...claim.unknownCauses, settlement.cause],
        nextAttemptAt: retry ? new Date(now.getTime() + unknownRetryMinutes * 60_000) : null,
      };
    }
    case 'deferred': {
      const over = now.getTime() - claim.firstQueuedAt.getTime() >= giveUpAfterHours * 3_600_000;
      if (over) return { state: 'failed', response: settlement.response, failedAt: now };
      return { state: 'queued', response: settlement.response, nextAttemptAt: nextTry(claim.attempts, now) };
    }
  }
}

/** When a delivery that was put off may be tried again, by the number of tries so far. */
export function nextTry(attempts: number, now: Date): Date {
  const minutes = backoffMinutes[Math.min(attempts, backoffMinutes.length) - 1] ?? 1;
  return new Date(now.getTime() + minutes * 60_000);
}

/**
 * Draws up to `want` sends from the bucket that all workers share.
 * @param rate messages a second
 * @returns how many may leave now
 */
export async function drawTokens(db: Db, rate: number, want: number): Promise<number> {
  const burst = Math.max(1, rate);
  const filled = sql`least(${burst}::float8,
    tokens + extract(epoch from clock_timestamp() - refilled_at)::float8 * ${rate}::float8)`;
  const result = await sql<{ granted: number }>`
    update mail_rate set refilled_at = clock_timestamp(),
      granted = least(${want}::float8, floor(${filled})),
      tokens = ${filled} - least(${want}::float8, floor(${filled}))
    returning granted
  `.execute(db);
  return result.rows[0]?.granted ?? 0;
}

/** Gives back what was drawn and not used. */
export async function returnTokens(db: Db, count: number): Promise<void> {
  if (count > 0) await sql`update mail_rate set tokens = tokens + ${count}`.execute(db);
}
