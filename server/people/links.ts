import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';

/**
 * Stops every link that somebody was sent so far, under her own row and those merged into it. Mails that are still to
 * leave carry the new ones.
 * @returns the epoch that her links name from now on
 */
export async function revokeLinks(trx: Trx, personId: string): Promise<number> {
  const { linkEpoch } = await trx
    .updateTable('people')
    .set({ linkEpoch: sql`link_epoch + 1` })
    .where('id', '=', personId)
    .returning('linkEpoch')
    .executeTakeFirstOrThrow();
  await trx
    .updateTable('mergedPeople')
    .set({ linkEpoch: sql`link_epoch + 1` })
    .where('keptId', '=', personId)
    .execute();
  await trx
    .deleteFrom('invitationAliases')
    .where('mergedId', 'in', (merged) =>
      merged.selectFrom('mergedPeople').select('id').where('keptId', '=', personId),
    )
    .execute();
  return linkEpoch;
}
