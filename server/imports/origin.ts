import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Who took somebody into a chapter, and when: what the first mail to her says. */
export type Origin = {
  chapterId: string;
  chapter: string;
  timeZone: string;
  since: Date;
  /** Null where a program or a command did it, or whoever did has had herself erased. */
  by: { firstName: string; lastName: string } | null;
};

/**
 * By delivery: where we have somebody's address from, for the first mail that leaves for her in a chapter she did not join herself;
 * nobody for every later one. What may have arrived already is repeated as it was: then only what had been sent before
 * it counts.
 */
export async function findOrigins(
  db: Db,
  of: readonly {
    id: string;
    personId: string;
    chapterId: string | null;
    datedAt: Date;
    unknownCauses: readonly string[];
  }[],
): Promise<Map<string, Origin>> {
  const { rows } = await sql<
    { deliveryId: string; firstName: string | null; lastName: string | null } & Omit<Origin, 'by'>
  >`
    select mail.id as delivery_id, joined.*
    from unnest(${of.map(({ id }) => id)}::uuid[], ${of.map(({ personId }) => personId)}::uuid[],
      ${of.map(({ chapterId }) => chapterId)}::uuid[],
      ${of.map(({ datedAt, unknownCauses }) => (unknownCauses.length > 0 ? datedAt : null))}::timestamptz[])
      as mail (id, person_id, chapter_id, before)
    cross join lateral (
      select c.id as chapter_id, c.name as chapter, c.time_zone, m.starts_at as since, by.first_name, by.last_name
      from memberships m join chapters c on c.id = m.chapter_id
      left join people by on by.id = m.added_by and by.erased_at is null
      where m.person_id = mail.person_id and (mail.chapter_id is null or m.chapter_id = mail.chapter_id)
        and m.role = 'member' and m.source in ('import', 'coordinator', 'api') and m.ends_at is null
        and not exists (
          select 1 from deliveries d
          where d.person_id = m.person_id and (d.chapter_id is null or d.chapter_id = m.chapter_id)
            and d.id <> mail.id and d.state = 'sent' and (mail.before is null or d.sent_at < mail.before))
      order by m.starts_at limit 1) joined`.execute(db);
  return new Map(
    rows.map(({ deliveryId, firstName, lastName, ...origin }) => [
      deliveryId,
      { ...origin, by: firstName === null ? null : { firstName, lastName: lastName ?? '' } },
    ]),
  );
}
