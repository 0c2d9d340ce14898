import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { ask, type Call, prepared } from '../db/prepared.ts';
import type { ToldEntry } from './calendar.ts';

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
  /** What its last attempt said of figures that change. */
  said: Said | null;
  /** What its last attempt told her calendar. */
  entry: ToldEntry | null;
  /** 0 for what somebody waits for. */
  priority: number;
};

/** Figures that a mail says and that change by themselves: a repetition says what the first one said. */
export type Said = { seatsLeft: number | null; queuePlace: number | null; elsewhere?: boolean };

/** In which order deliveries leave: what somebody waits for; what has its first try; what was put off. */
export const priorities = { urgent: 0, first: 1, again: 2 } as const;

/** Waits after the first, second, … refusal for now; then hourly. Minutes. */
const backoffMinutes = [1, 2, 5, 15, 30, 60];
const giveUpAfterHours = 72;
const unknownRetryMinutes = 15;

/**
 * Claims up to `limit` deliveries that may leave now: what somebody waits for first, and of the rest at most a quarter
 * that were put off before, so that neither holds up the other.
 */
export async function claimDeliveries(
  db: Db,
  options: { limit: number; leaseSeconds: number; now: Date; urgentOnly?: boolean },
): Promise<Claimed[]> {
  const { limit, leaseSeconds, now, urgentOnly = false } = options;
  const rest = urgentOnly ? 0 : limit;
  const call = claiming.with({ limit, rest, again: Math.ceil(rest / 4), leaseSeconds, now });
  const claims = await ask(db, call);
  return claims.sort((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
}

type Claiming = { limit: number; rest: number; again: number; leaseSeconds: number; now: Date };

const claiming = prepared<Claiming>()((_, { limit, rest, again, leaseSeconds, now }) => {
  // One range of the index for each: sorted by what is due, and never read beyond the limit.
  const due = (priority: number, most: number) => sql`(
    select id from deliveries
    where state in ('queued', 'unknown') and next_attempt_at is not null and next_attempt_at <= ${now}
      and priority = ${sql.lit(priority)}
    order by priority, next_attempt_at, id limit ${most}::int for update skip locked)`;
  return sql<Claimed>`
    with urgent as materialized ${due(priorities.urgent, limit)},
    again as materialized ${due(priorities.again, again)},
    first as materialized ${due(priorities.first, rest)},
    picked as materialized (
      select id from (
        select 0 as turn, id from urgent union all select 1, id from again union all select 2, id from first) due
      order by turn limit ${limit}::int)
    update deliveries d
    set state = 'sending', phase = 'pre', fence = d.fence + 1, attempts = d.attempts + 1, next_attempt_at = null,
      lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds}),
      dated_at = coalesce(d.dated_at, date_trunc('second', ${now}::timestamptz))
    from picked
    where d.id = picked.id
    returning d.id, d.mailing_id, d.person_id, d.chapter_id, d.event_id, d.kind, d.fence, d.attempts, d.dated_at,
      d.first_queued_at, d.unknown_causes, d.text_id, d.said, d.entry, d.priority`;
});

/** Keeps the leases of what a living worker still has in hand. */
export async function renewLeases(db: Db, held: readonly Claimed[], leaseSeconds: number): Promise<void> {
  if (held.length === 0) return;
  // A row that is being written at this moment needs no longer lease, and waiting for several in another order than its
  // writer does would end in a deadlock.
  await sql`
    with kept as (
      select d.id from deliveries d
      join unnest(${held.map((h) => h.id)}::uuid[], ${held.map((h) => h.fence)}::int[]) as h (id, fence)
        on d.id = h.id and d.fence = h.fence
      where case d.state when 'sending' then d.lease_until > clock_timestamp() else false end
      for update of d skip locked)
    update deliveries d set lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
    from kept where d.id = kept.id
  `.execute(db);
}

/**
 * Takes back what a dead worker held. Before the body nothing was sent: it goes back into the queue. After it nobody
 * knows: `unknown`.
 */
export async function recoverLeases(db: Db, now: Date): Promise<number> {
  const recovered = await sql`
    with dead as (
      select id from deliveries where state = 'sending' and lease_until < clock_timestamp() for update skip locked)
    update deliveries d set
      state = case phase when 'data' then 'unknown' else 'queued' end,
      phase = null,
      lease_until = null,
      unknown_causes = case phase when 'data' then unknown_causes || 'lease_expired'::text else unknown_causes end,
      next_attempt_at = case
        when phase = 'pre' then ${now}::timestamptz
        when unknown_causes = '{}' then ${now}::timestamptz + make_interval(mins => ${unknownRetryMinutes})
      end
    from dead where d.id = dead.id
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

export type Settling = {
  claim: Pick<Claimed, 'id' | 'fence' | 'attempts' | 'firstQueuedAt' | 'unknownCauses' | 'priority'>;
  settlement: Settlement;
};

/**
 * Writes down what became of some deliveries, in one statement.
 * @returns in their order, false where the claim was lost meanwhile: then another worker's word stands
 */
export async function settleDeliveries(db: Db, all: readonly Settling[], now: Date): Promise<boolean[]> {
  return settled(all, await ask(db, settlingAll(all, now)));
}

/** The statement that does it. What it answers, {@link settled} reads. */
export function settlingAll(all: readonly Settling[], now: Date): Call<{ id: string }> {
  // Always in the order of their ids, so that two workers that write of the same rows do not wait for each other.
  const rows = all
    .map(({ claim, settlement }) => ({
      id: claim.id,
      fence: claim.fence,
      // A lease that ran out while the server was answering made it `unknown`; now we know.
      or_unknown: settlement.kind === 'sent',
      ...changesOf(claim, settlement, now),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return settling.with({ ids: rows.map(({ id }) => id), rows: JSON.stringify(rows) });
}

/** For each, in their order, whether it was written down. */
export function settled(all: readonly Settling[], rows: readonly { id: string }[]): boolean[] {
  const kept = new Set(rows.map(({ id }) => id));
  return all.map(({ claim }) => kept.has(claim.id));
}

const settling = prepared<{ ids: string[]; rows: string }>()(
  (_, { ids, rows }) => sql<{ id: string }>`
    update deliveries d set phase = null, lease_until = null, state = s.state, next_attempt_at = s.next_attempt_at,
      priority = coalesce(s.priority, d.priority), attempts = d.attempts - coalesce(s.given_back, 0),
      response = coalesce(s.response, d.response), reason = coalesce(s.reason, d.reason),
      message_id = coalesce(s.message_id, d.message_id),
      sent_at = coalesce(s.sent_at, d.sent_at), failed_at = coalesce(s.failed_at, d.failed_at),
      unknown_causes = case when s.cause is null then d.unknown_causes else d.unknown_causes || s.cause end
    from jsonb_to_recordset(${rows}::jsonb) as s
      (id uuid, fence int, or_unknown boolean, state text, next_attempt_at timestamptz, priority smallint, given_back int,
       response text, reason text, message_id text, sent_at timestamptz, failed_at timestamptz, cause text)
    where d.id = any (${ids}::uuid[]) and d.id = s.id and d.fence = s.fence
      -- As a CASE, which no partial index answers: one of those by state would be read whole, with all that it was.
      and case d.state when 'sending' then true when 'unknown' then s.or_unknown else false end
    returning d.id`,
);

/** The same for one. */
export async function settleDelivery(
  db: Db,
  claim: Settling['claim'],
  settlement: Settlement,
  now: Date,
): Promise<boolean> {
  const [kept = false] = await settleDeliveries(db, [{ claim, settlement }], now);
  return kept;
}

type Changes = {
  state: string;
  next_attempt_at?: Date;
  priority?: number;
  given_back?: number;
  response?: string;
  reason?: string;
  message_id?: string;
  sent_at?: Date;
  failed_at?: Date;
  cause?: string;
};

function changesOf(claim: Settling['claim'], settlement: Settlement, now: Date): Changes {
  switch (settlement.kind) {
    case 'sent':
      return {
        state: 'sent',
        response: storable(settlement.response),
        message_id: settlement.messageId,
        sent_at: now,
      };
    case 'failed':
      return { state: 'failed', response: storable(settlement.response), failed_at: now };
    case 'skipped':
    case 'suppressed':
      return { state: settlement.kind, reason: settlement.reason };
    case 'released':
      return {
        state: 'queued',
        next_attempt_at: settlement.at,
        given_back: 1,
        ...(settlement.response !== undefined && { response: storable(settlement.response) }),
      };
    case 'unknown': {
      // One retry, with the same Message-ID; after the second time nobody is mailed a third.
      const retry = claim.unknownCauses.length === 0;
      return {
        state: 'unknown',
        cause: storable(settlement.cause),
        ...(retry && { next_attempt_at: new Date(now.getTime() + unknownRetryMinutes * 60_000) }),
      };
    }
    case 'deferred': {
      const over = now.getTime() - claim.firstQueuedAt.getTime() >= giveUpAfterHours * 3_600_000;
      if (over) return { state: 'failed', response: storable(settlement.response), failed_at: now };
      return {
        state: 'queued',
        response: storable(settlement.response),
        next_attempt_at: nextTry(claim.attempts, now),
        // What somebody waits for stays before the rest.
        priority: claim.priority === priorities.urgent ? priorities.urgent : priorities.again,
      };
    }
  }
}

/** PostgreSQL takes neither a NUL nor half a character in a text, and a server may answer with either. */
const storable = (text: string) => text.replaceAll('\0', '').toWellFormed();

/** When a delivery that was put off may be tried again, by the number of tries so far. */
export function nextTry(attempts: number, now: Date): Date {
  const minutes = backoffMinutes[Math.min(attempts, backoffMinutes.length) - 1] ?? 1;
  return new Date(now.getTime() + minutes * 60_000);
}
