import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

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
  const digits = (column: string) => sql`right(regexp_replace(${sql.ref(column)}, '\\D', '', 'g'), 9)`;
  const alike = sql`exists (
    select 1 from people hers where hers.id = ${personId} and (
      fold_text(hers.first_name || ' ' || hers.last_name) = fold_text(p.first_name || ' ' || p.last_name)
      or fold_text(hers.first_name || ' ' || hers.last_name) = fold_text(p.last_name || ' ' || p.first_name)
      or length(${digits('hers.phone')}) >= 6 and ${digits('hers.phone')} = ${digits('p.phone')}))`;
  const found = typed.map(
    (word) => sql`p.search_text like '%' || fold_text(${word.replace(/[\\%_]/g, '\\$&')}) || '%'`,
  );
  const { rows } = await sql<Candidate>`
    with here as materialized (
      select person_id from memberships where chapter_id = ${chapterId}
      union select person_id from invitations where chapter_id = ${chapterId} and source <> 'member')
    select p.id, p.first_name, p.last_name, p.email
    from here join people p on p.id = here.person_id
    where p.erased_at is null and p.id <> ${personId}
      and ${found.length > 0 ? sql.join(found, sql` and `) : alike}
    order by p.first_name collate "it-x-icu", p.last_name collate "it-x-icu", p.id
    limit ${offered}`.execute(db);
  return rows;
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
