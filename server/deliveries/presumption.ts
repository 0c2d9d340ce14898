import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { closeFinishedMailings } from '../mailings/due.ts';

/** What stands in `deliveries.reason` of a mail that somebody, and not its server, says has arrived. */
export const presumedSent = 'presumed_sent';

/**
 * Takes an `unknown` delivery for sent, on somebody's word: its one retry, if it had one to come, does not come. The
 * ledger keeps why nobody could know.
 *
 * The state that the statement asks for is the lock: a retry that was claimed first is `sending`, and this finds nothing;
 * one that comes later finds nothing to claim. The raised fence takes the word from a worker that was thought dead.
 * @returns false where its outcome is known, or its retry is on its way
 */
export async function presumeSent(
  deps: Pick<Deps, 'db' | 'clock' | 'figures'>,
  deliveryId: string,
  actor: Actor,
): Promise<boolean> {
  const mailingId = await deps.db.transaction().execute(async (trx) => {
    const presumed = await trx
      .updateTable('deliveries')
      .set((row) => ({
        state: 'sent',
        reason: presumedSent,
        // When it left, if it did: nobody wrote down a later moment.
        sentAt: row.fn.coalesce('datedAt', row.val(deps.clock())),
        nextAttemptAt: null,
        leaseUntil: null,
        phase: null,
        fence: row('fence', '+', 1),
      }))
      .where('id', '=', deliveryId)
      .where('state', '=', 'unknown')
      .returning(['mailingId', 'chapterId', 'unknownCauses'])
      .executeTakeFirst();
    if (!presumed) return null;
    await audit(trx, {
      actor,
      chapterId: presumed.chapterId,
      action: 'delivery.presumed_sent',
      subjectType: 'delivery',
      subjectId: deliveryId,
      detail: { times: presumed.unknownCauses.length },
    });
    return presumed.mailingId;
  });
  if (mailingId === null) return false;
  await closeFinishedMailings(deps, [mailingId]);
  return true;
}
