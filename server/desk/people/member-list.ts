import { type RawBuilder, sql } from 'kysely';
import { isCurrent } from '../../chapters/current.ts';
import type { Db } from '../../db/database.ts';
import { literal } from '../../db/like.ts';
import { mailFails } from '../../people/arrival.ts';

/** What the list of a chapter's people can be narrowed to. `former` are those whose membership is over. */
export const memberFilters = ['fresh', 'unmet', 'unseen', 'unreachable', 'former'] as const;
export type MemberFilter = (typeof memberFilters)[number];

export type MemberSearch = {
  chapterId: string;
  /** Words, each of which her name or address holds. */
  words: string;
  now: Date;
};

const dayMs = 86_400_000;
const newForMs = 90 * dayMs;
/** How many rows a page holds. */
export const pageSize = 50;

const conditions: Record<MemberFilter | 'all', RawBuilder<boolean>> = {
  all: sql`is_current`,
  fresh: sql`(is_current and is_fresh)`,
  unmet: sql`(is_current and room_at is null)`,
  unseen: sql`(is_current and is_unseen)`,
  unreachable: sql`(is_current and mail_fails)`,
  former: sql`(not is_current)`,
};

/**
 * The chapter's people, past ones too, each with all that a filter asks of her. Several thousand rows at most: one
 * chapter's, found by the index on its memberships, and never those of the others.
 */
function peopleOf({ chapterId, words, now }: MemberSearch): RawBuilder<unknown> {
  const sixMonthsAgo = sql`${now}::timestamptz - interval '6 months'`;
  const current = isCurrent('m', now);
  const found = words
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => sql`p.search_text like '%' || fold_text(${literal(word)}) || '%'`);
  return sql`
    belongs as (
      select m.person_id, bool_or(${current}) as is_current, bool_or(m.role = 'coordinator' and ${current}) as is_coordinator,
        coalesce(min(m.starts_at) filter (where ${current}), min(m.starts_at)) as since, max(m.ends_at) as left_at
      from memberships m where m.chapter_id = ${chapterId} group by m.person_id),
    seen as (
      select person_id, max(at) as seen_at, max(at) filter (where mode = 'room') as room_at
      from (
        select a.person_id, e.starts_at as at, a.mode from attendance a join events e on e.id = a.event_id
        where a.chapter_id = ${chapterId}
        union all
        select person_id, last_at, null from past_presence where chapter_id = ${chapterId}) presence
      group by person_id),
    here as materialized (
      select p.id, p.first_name, p.last_name, p.email, b.is_current, b.is_coordinator, b.since, b.left_at,
        s.seen_at, s.room_at,
        (b.since > ${new Date(now.getTime() - newForMs)} or s.seen_at is null) as is_fresh,
        coalesce(s.seen_at, b.since) < ${sixMonthsAgo} as is_unseen,
        ${mailFails('p')} as mail_fails
      from belongs b
      -- One by one, by key: PostgreSQL would rather read the people of all chapters.
      join lateral (select * from people where id = b.person_id limit 1) p on true
      left join seen s on s.person_id = b.person_id
      where p.erased_at is null ${found.length > 0 ? sql`and ${sql.join(found, sql` and `)}` : sql``})`;
}

export type MemberCounts = Record<MemberFilter | 'all', number>;

export type ListedMember = {
  id: string;
  firstName: string;
  lastName: string;
  email: string | null;
  isCoordinator: boolean;
  since: Date;
  leftAt: Date | null;
  seenAt: Date | null;
  /** In person or online, the last time. */
  wasRoom: boolean;
  mailFails: boolean;
  /** She takes no invitations of this chapter. */
  silent: boolean;
};

type Listed = Omit<ListedMember, 'since' | 'leftAt' | 'seenAt'> &
  Record<'since', string> &
  Record<'leftAt' | 'seenAt', string | null>;

/**
 * How many each filter would show, and one page of the list, by name, behind the person with whom the page before ended:
 * she is named by her id, so that no name stands in an address. In one statement, since both look at the whole chapter.
 */
export async function findMembers(
  db: Db,
  search: MemberSearch,
  filter: MemberFilter | null,
  after: string | null,
): Promise<{ counts: MemberCounts; people: ListedMember[]; next: string | null }> {
  const place = sql`first_name collate "it-x-icu", last_name collate "it-x-icu", id`;
  const behind = after ? sql`and (${place}) > (select ${place} from people where id = ${after})` : sql``;
  const counted = Object.entries(conditions).map(
    ([name, condition]) => sql`${sql.lit(name)}, count(*) filter (where ${condition})`,
  );
  const { rows } = await sql<{ counts: MemberCounts; people: Listed[] }>`
    with ${peopleOf(search)}, page as (
      select * from here where ${conditions[filter ?? 'all']} ${behind} order by ${place} limit ${pageSize + 1})
    select (select jsonb_build_object(${sql.join(counted)}) from here) as counts,
      (select coalesce(jsonb_agg(jsonb_build_object(
          'id', id, 'firstName', first_name, 'lastName', last_name, 'email', email, 'isCoordinator', is_coordinator,
          'since', since, 'leftAt', left_at, 'seenAt', seen_at, 'wasRoom', coalesce(room_at = seen_at, false),
          'mailFails', mail_fails,
          'silent', exists (
            select 1 from preferences o where o.chapter_id = ${search.chapterId} and o.person_id = page.id
              and o.topic = 'invitation'))
        order by ${place}), '[]') from page) as people`.execute(db);
  const { counts, people } = rows[0] as (typeof rows)[number];
  const shown = people.slice(0, pageSize).map((person) => ({
    ...person,
    since: new Date(person.since),
    leftAt: person.leftAt === null ? null : new Date(person.leftAt),
    seenAt: person.seenAt === null ? null : new Date(person.seenAt),
  }));
  return { counts, people: shown, next: people.length > pageSize ? (shown.at(-1)?.id ?? null) : null };
}

/** Whether somebody ever belonged to a chapter. */
export async function wasMember(db: Db, chapterId: string, personId: string): Promise<boolean> {
  const row = await db
    .selectFrom('memberships')
    .select('id')
    .where('chapterId', '=', chapterId)
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Everybody whom the list would show on all its pages, by last name: for a list that is taken away. */
export async function listMemberIds(
  db: Db,
  search: MemberSearch,
  filter: MemberFilter | null,
): Promise<string[]> {
  const result = await sql<{ id: string }>`
    with ${peopleOf(search)} select id from here where ${conditions[filter ?? 'all']}
    order by last_name collate "it-x-icu", first_name collate "it-x-icu", id`.execute(db);
  return result.rows.map(({ id }) => id);
}
