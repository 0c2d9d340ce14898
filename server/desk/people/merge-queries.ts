import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { literal } from '../../db/like.ts';

/** How many are offered to be merged with. */
const offered = 20;

export type Candidate = { id: string; firstName: string; lastName: string; email: string | null };

/**
 * With whom of a chapter's people somebody may be the same: by the words typed, else by her own name or number. Guests
 * are among them: one who became a member is the usual case.
 */
export async function findCandidates(
  db: Db,
  { chapterId, personId, words }: { chapterId: string; personId: string; words: string },
): Promise<Candidate[]> {
  const typed = words.split(/\s+/).filter(Boolean);
  const found = typed.map((word) => sql`p.search_text like '%' || fold_text(${literal(word)}) || '%'`);
  const hers = typed.length > 0 ? null : await findOwnWords(db, personId);
  const alike = hers
    ? sql`(p.search_text like any (array[${`${literal(hers.name)} %`}, ${`${literal(hers.turned)} %`}])
        or ${hers.digits} <> '' and right(regexp_replace(p.phone, '[^0-9]', '', 'g'), 9) = ${hers.digits})`
    : sql.join(found, sql` and `);
  const { rows } = await sql<Candidate>`
    with here as materialized (
      select person_id from memberships where chapter_id = ${chapterId}
      union select person_id from invitations where chapter_id = ${chapterId} and source <> 'member')
    select p.id, p.first_name, p.last_name, p.email
    from here join lateral (select * from people where id = here.person_id limit 1) p on true
    where p.erased_at is null and p.id <> ${personId} and ${alike}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id
    limit ${offered}`.execute(db);
  return rows;
}

/** Takes the meaning from the signs that a pattern knows. */

/** What she is called, either way round, and the end of her number: without its country, which is written or not. */
async function findOwnWords(db: Db, personId: string) {
  const { rows } = await sql<{ name: string; turned: string; digits: string }>`
    select fold_text(first_name || ' ' || last_name) as name, fold_text(last_name || ' ' || first_name) as turned,
      coalesce(right(regexp_replace(phone, '[^0-9]', '', 'g'), 9), '') as digits
    from people where id = ${personId}`.execute(db);
  const [own] = rows;
  return own
    ? { ...own, digits: own.digits.length >= 6 ? own.digits : '' }
    : { name: '', turned: '', digits: '' };
}

/** What a row brings into a merge, by number. */
export async function countHoldings(db: Db, personId: string) {
  const { rows } = await sql<{ events: number; presence: number; mails: number; notes: number }>`
    select (select count(*)::int from invitations where person_id = ${personId}) as events,
      (select count(*)::int from attendance where person_id = ${personId}) as presence,
      (select count(*)::int from deliveries where person_id = ${personId}) as mails,
      (select count(*)::int from person_notes where person_id = ${personId}) as notes`.execute(db);
  return rows[0] as { events: number; presence: number; mails: number; notes: number };
}
