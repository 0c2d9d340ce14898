import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** What is summed over the network: presences, first visits and second ones, introductions, guests who became members. */
export const sumKinds = ['room', 'online', 'newcomers', 'again', 'introduced', 'metAgain', 'joined'] as const;
export type SumKind = (typeof sumKinds)[number];

/** One sum of one chapter, or of all (`chapterId` null), and how many people it is about. */
export type NetworkSum = { kind: SumKind; chapterId: string | null; count: number; people: number };

/**
 * The sums of a period, chapter by chapter and in all. A presence counts where its event belongs; a second visit is one in
 * the same chapter, up to the period's end.
 */
export async function sumNetwork(db: Db, { from, to }: { from: Date; to: Date }): Promise<NetworkSum[]> {
  const within = (column: string) => sql`${sql.ref(column)} >= ${from} and ${sql.ref(column)} < ${to}`;
  const { rows } = await sql<NetworkSum>`
    with seen as (
      select a.chapter_id, a.person_id, e.starts_at,
        row_number() over (partition by a.chapter_id, a.person_id order by e.starts_at, e.id) as place,
        lead(e.starts_at) over (partition by a.chapter_id, a.person_id order by e.starts_at, e.id) as next_at
      from attendance a join events e on e.id = a.event_id),
    firsts as (
      select chapter_id, person_id, next_at from seen
      where place = 1 and ${within('seen.starts_at')} and not exists (select 1 from past_presence pp
        where pp.chapter_id = seen.chapter_id and pp.person_id = seen.person_id and pp.first_at < seen.starts_at)),
    made as (select * from introductions where state = 'made' and ${within('introductions.mailed_at')}),
    facts as (
      select a.mode as kind, a.chapter_id, a.event_id::text || a.person_id as fact, a.person_id
        from attendance a join events e on e.id = a.event_id where ${within('e.starts_at')}
      union all select 'newcomers', chapter_id, person_id::text, person_id from firsts
      union all select 'again', chapter_id, person_id::text, person_id from firsts where next_at < ${to}
      union all select 'introduced', n.chapter_id, n.id::text, s.person_id
        from made n join introduction_sides s on s.introduction_id = n.id
      union all select 'metAgain', n.chapter_id, n.id::text, s.person_id
        from made n join introduction_sides s on s.introduction_id = n.id
        where exists (select 1 from introduction_sides said where said.introduction_id = n.id and said.met_again = 'yes')
      union all select 'joined', m.chapter_id, m.person_id::text, m.person_id from memberships m
        where ${within('m.starts_at')}
          and not exists (select 1 from memberships old where old.person_id = m.person_id
            and old.chapter_id = m.chapter_id and old.starts_at < m.starts_at)
          and exists (select 1 from seen where seen.person_id = m.person_id and seen.chapter_id = m.chapter_id
            and seen.starts_at < m.starts_at))
    select kind, chapter_id, count(distinct (chapter_id, fact))::int as count, count(distinct person_id)::int as people
    from facts group by grouping sets ((kind, chapter_id), (kind))`.execute(db);
  return rows;
}

/** The twelve whole months before the present one: a figure that moved from day to day would tell of single people. */
export function lastTwelveMonths(now: Date): { from: Date; to: Date } {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { from: new Date(Date.UTC(year - 1, month, 1)), to: new Date(Date.UTC(year, month, 1)) };
}
