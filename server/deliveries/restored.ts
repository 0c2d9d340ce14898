import type { ClientBase } from 'pg';

/** How much was held back after a restore. */
export type HeldBack = { deliveries: number; mailings: number };

/**
 * After a restore nobody knows what left between the backup and now. A mail that was under way is `unknown`, with no
 * retry by itself; a mailing whose hour has passed is held, for the coordinator to release or to skip. Nobody is mailed
 * twice because a server broke.
 * @param client in the transaction that restores
 */
export async function holdBackRestored(client: ClientBase, now: Date): Promise<HeldBack> {
  const deliveries = await client.query(`
    UPDATE deliveries SET state = 'unknown', unknown_causes = unknown_causes || 'restored'::text,
      next_attempt_at = NULL, lease_until = NULL, phase = NULL, fence = fence + 1
    WHERE state IN ('queued', 'sending') OR (state = 'unknown' AND next_attempt_at IS NOT NULL)`);
  const mailings = await client.query(
    `UPDATE mailings SET state = 'held', reason = 'restored', revision = revision + 1
     WHERE state = 'planned' AND due_at <= $1`,
    [now],
  );
  return { deliveries: deliveries.rowCount ?? 0, mailings: mailings.rowCount ?? 0 };
}
