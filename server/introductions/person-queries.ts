import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Pair } from '../people/merge-queries.ts';

/** What becomes of somebody's wishes and introductions when she is erased, or when two rows of hers become one. */

/** Her wishes go in both directions, what she gave and said goes, and what is still open comes to nothing. */
export async function forgetIntroductions(trx: Trx, personId: string): Promise<void> {
  await sql`delete from meet_wishes where ${personId} in (from_person_id, to_person_id)`.execute(trx);
  await sql`update introductions set state = 'withdrawn'
    where ${personId} in (first_id, second_id) and (state = 'asked' or state = 'made' and mailed_at is null)`.execute(
    trx,
  );
  // The line that was written about the two of them may name her.
  await sql`update introductions set words = null where ${personId} in (first_id, second_id)`.execute(trx);
  await trx
    .updateTable('introductionSides')
    .set({ contacts: [], metAgain: null, outcome: null })
    .where('personId', '=', personId)
    .execute();
}

/** What both rows have is had once, that of the row which stays; whoever wished for herself under another name does not. */
export async function joinIntroductions(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  await dropOwn(trx, { keptId, goneId });
  for (const [mine, other] of [
    ['from_person_id', 'to_person_id'],
    ['to_person_id', 'from_person_id'],
  ] as const) {
    await sql`
      insert into meet_wishes (${sql.ref(mine)}, ${sql.ref(other)}, event_id, chapter_id, contacts, wished_at)
      select ${keptId}, ${sql.ref(other)}, event_id, chapter_id, contacts, wished_at from meet_wishes
      where ${sql.ref(mine)} = ${goneId}
      on conflict do nothing`.execute(trx);
    await sql`delete from meet_wishes where ${sql.ref(mine)} = ${goneId}`.execute(trx);
  }
  await sql`update introductions set introduced_by = ${keptId} where introduced_by = ${goneId}`.execute(trx);
  // Of two open introductions of one kind to the same third woman, one stays: the one that was told, else hers who stays.
  await sql`
    with paired as (
      select id, kind, mailed_at, ${goneId}::uuid in (first_id, second_id) as is_gone,
        case when first_id in (${keptId}, ${goneId}) then second_id else first_id end as third
      from introductions
      where state in ('asked', 'made') and (first_id in (${keptId}, ${goneId}) or second_id in (${keptId}, ${goneId}))),
    ranked as (
      select id, row_number() over (partition by kind, third order by mailed_at nulls last, is_gone, id) as place from paired)
    update introductions set state = 'withdrawn' where id in (select id from ranked where place > 1)`.execute(
    trx,
  );
  await sql`
    update introductions set
      first_id = least(${keptId}::uuid, case when first_id = ${goneId} then second_id else first_id end),
      second_id = greatest(${keptId}::uuid, case when first_id = ${goneId} then second_id else first_id end)
    where ${goneId} in (first_id, second_id)`.execute(trx);
  await sql`update introduction_sides set person_id = ${keptId} where person_id = ${goneId}`.execute(trx);
}

/** What one row of hers wished of the other, or was asked about it. Nothing of it leaves. */
async function dropOwn(trx: Trx, { keptId, goneId }: Pair): Promise<void> {
  const both = sql`${keptId}::uuid in (first_id, second_id) and ${goneId}::uuid in (first_id, second_id)`;
  await sql`delete from meet_wishes
    where ${keptId} in (from_person_id, to_person_id) and ${goneId} in (from_person_id, to_person_id)`.execute(
    trx,
  );
  await sql`
    update deliveries set state = 'skipped', reason = 'called_off', next_attempt_at = null
    where state = 'queued' and mailing_id in (
      select m.id from mailings m join introductions n on m.data ->> 'introductionId' = n.id::text
      where m.person_id in (${keptId}, ${goneId}) and m.kind = 'introduction' and ${both})`.execute(trx);
  await sql`delete from introductions where ${both}`.execute(trx);
}
