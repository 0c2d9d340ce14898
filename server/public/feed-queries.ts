import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { ask, prepared } from '../db/prepared.ts';

/** A chapter, as its feeds name it, and which version of its public events they hold. */
export type FeedHead = {
  id: string;
  slug: string;
  name: string;
  locale: string;
  accentColour: string;
  networkName: string;
  /** Another one as soon as any listed event, or the list, is another. */
  version: string;
  /** When any event of the chapter last changed; null where it has none. An event that leaves the list changed, too. */
  changedAt: Date | null;
};

const head = prepared<{ slug: string; endsAfter: Date; states: readonly string[] }>()(
  (_db, { slug, endsAfter, states }) => sql<FeedHead>`
    with held as materialized (
      select own.id, own.chapter_id from events own join chapters c on c.id = own.chapter_id where c.slug = ${slug}
      union
      select shared.event_id, shared.chapter_id from event_cohosts shared join chapters c on c.id = shared.chapter_id
      where c.slug = ${slug} and shared.accepted_at is not null)
    select c.id, c.slug, c.name, c.locale, c.accent_colour, n.name as network_name, v.version, v.changed_at
    from chapters c cross join networks n cross join lateral (
      select
        md5(coalesce(string_agg(
          e.id || ' ' || e.revision || ' ' || extract(epoch from e.changed_at) || ' ' || (e.state = 'cancelled'), ','
          order by e.starts_at, e.id
        ) filter (where e.access = 'public' and e.state = any (${states}::text[]) and e.published_at is not null
          and e.ends_at > ${endsAfter}), '')) as version,
        max(e.changed_at) as changed_at
      from events e where e.id in (select held.id from held)) v
    where c.slug = ${slug}`,
);

/** What a feed of a chapter depends on, in one statement: enough to tell somebody that she has it already. */
export async function findFeedHead(
  db: Db,
  of: { slug: string; endsAfter: Date; states: readonly string[] },
): Promise<FeedHead | undefined> {
  const [row] = await ask(db, head.with(of));
  return row;
}
