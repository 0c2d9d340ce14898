import { type RawBuilder, sql } from 'kysely';

/** How far back the row of a mailing begins where nothing else waits: as many microseconds as it may have mails. */
const rowMs = 5 * 60_000;

/**
 * The moment at which the queue stands for what may leave now: a mailing that begins its row there takes turns with those
 * under way, instead of waiting behind them. Behind those of its own event it waits: nobody gets an event's second mail
 * before its first.
 */
export function queueHead(now: Date, eventId: string | null = null): RawBuilder<Date> {
  const earliest = new Date(now.getTime() - rowMs);
  const waiting = sql`q.state in ('queued', 'unknown') and q.next_attempt_at is not null and q.priority = 1
    and q.next_attempt_at <= ${now}`;
  return sql<Date>`greatest(
    coalesce((
      select q.next_attempt_at from deliveries q where ${waiting} and q.next_attempt_at <= ${earliest}
      order by q.priority, q.next_attempt_at limit 1), ${earliest}::timestamptz),
    (select max(q.next_attempt_at) from deliveries q where ${waiting} and q.event_id = ${eventId}::uuid))`;
}
