import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** How far a new chapter is on its way to its first published event. */
export type FirstSteps = { slug: string; hasPeople: boolean; draftId: string | null };

/** Null once an event of the chapter was published: then nobody needs to be shown the way. */
export async function findFirstSteps(
  db: Db,
  chapter: { id: string; slug: string },
  now: Date,
): Promise<FirstSteps | null> {
  const row = await db
    .selectNoFrom((select) => [
      select
        .exists(
          select
            .selectFrom('events')
            .select('id')
            .where('chapterId', '=', chapter.id)
            .where('publishedAt', 'is not', null),
        )
        .as('hasPublished'),
      // Two at most are looked at, of a group however large.
      sql<number>`(select count(*)::int from (
        select 1 from memberships where chapter_id = ${chapter.id} limit 2) as people)`.as('people'),
      select
        .selectFrom('events')
        .select('id')
        .where('chapterId', '=', chapter.id)
        .where('state', '=', 'draft')
        // One whose day is over cannot be published: it is no way to anywhere.
        .where('endsAt', '>', now)
        .orderBy('startsAt')
        .limit(1)
        .as('draftId'),
    ])
    .executeTakeFirstOrThrow();
  if (row.hasPublished) return null;
  return { slug: chapter.slug, hasPeople: row.people > 1, draftId: row.draftId };
}
