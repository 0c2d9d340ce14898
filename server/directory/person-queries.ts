import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { inPart, type Part } from '../people/export-part.ts';
import type { Pair } from '../people/merge-queries.ts';

/** What becomes of somebody's entries when she is erased, takes her data along, or two rows of hers become one. */

export async function forgetEntries(trx: Trx, personId: string): Promise<void> {
  await trx.deleteFrom('directoryEntries').where('personId', '=', personId).execute();
}

/**
 * What one row did not allow is not allowed. An entry that only the row given up has goes on with her name alone: the
 * address or the line that she agreed to show was that row's own.
 */
export async function joinEntries(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await sql`
    update directory_entries k set fields = array(select unnest(k.fields) intersect select unnest(g.fields))
    from directory_entries g
    where k.person_id = ${keptId} and g.person_id = ${goneId} and g.chapter_id = k.chapter_id`.execute(trx);
  await sql`
    insert into directory_entries (chapter_id, person_id, fields, updated_at)
    select chapter_id, ${keptId}, '{}', updated_at from directory_entries where person_id = ${goneId}
    on conflict do nothing`.execute(trx);
  await forgetEntries(trx, goneId);
}

export async function exportEntries(db: Db, part: Omit<Part, 'isPrivate'>) {
  return db
    .selectFrom('directoryEntries as d')
    .innerJoin('chapters as c', 'c.id', 'd.chapterId')
    .select(['c.slug as chapter', 'd.fields as shown', 'd.updatedAt'])
    .where('d.personId', '=', part.personId)
    .where(inPart('d.chapterId', part))
    .orderBy('c.slug')
    .execute();
}
