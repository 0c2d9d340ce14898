import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { inPart, type Part } from '../people/export-part.ts';
import type { Pair } from '../people/merge-queries.ts';

/** What becomes of choices of who welcomes whom when somebody is erased, takes her data along, or two rows are one woman. */

export async function forgetWelcomes(trx: Trx, personId: string): Promise<void> {
  await sql`delete from welcomes where ${personId} in (newcomer_id, host_id)`.execute(trx);
  await sql`update welcomes set chosen_by = null where chosen_by = ${personId}`.execute(trx);
}

/** Nobody welcomes herself, and each newcomer has one host: the choice that the kept row has stays. */
export async function joinWelcomes(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    delete from welcomes w where (w.newcomer_id = ${goneId} and (w.host_id = ${keptId} or exists (
        select 1 from welcomes k where k.event_id = w.event_id and k.newcomer_id = ${keptId})))
      or (w.newcomer_id = ${keptId} and w.host_id = ${goneId})`.execute(trx);
  await sql`update welcomes set newcomer_id = ${keptId} where newcomer_id = ${goneId}`.execute(trx);
  await sql`update welcomes set host_id = ${keptId} where host_id = ${goneId}`.execute(trx);
  await sql`update welcomes set chosen_by = ${keptId} where chosen_by = ${goneId}`.execute(trx);
}

/** At which events she welcomed somebody or was welcomed; never whom, which is the other one's. */
export async function exportWelcomes(db: Db, part: Omit<Part, 'isPrivate'>) {
  return db
    .selectFrom('welcomes')
    .select(['eventId', 'chosenAt as at', sql<boolean>`host_id = ${part.personId}`.as('welcomes')])
    .where(sql<boolean>`${part.personId} in (newcomer_id, host_id)`)
    .where(inPart('chapterId', part))
    .orderBy('chosenAt')
    .execute();
}
