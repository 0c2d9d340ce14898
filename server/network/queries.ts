import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import { containing } from '../db/like.ts';

/** The chapters of the network by name, a page of them, with who coordinates each and how many belong to it. */
export async function searchChapters(
  db: Db,
  of: { words: string; now: Date; offset: number; limit: number },
) {
  const pattern = containing(of.words.trim());
  const current = isCurrent('m', of.now);
  return db
    .with('shown', (query) =>
      query
        .selectFrom('chapters')
        .select(['id', 'slug', 'name'])
        .$if(of.words.trim() !== '', (q) =>
          q.where((where) => where.or([where('name', 'ilike', pattern), where('slug', 'ilike', pattern)])),
        )
        .orderBy(sql`name collate "it-x-icu"`)
        .orderBy('id')
        .offset(of.offset)
        .limit(of.limit),
    )
    .selectFrom('shown')
    .select(['id', 'slug', 'name'])
    .select([
      sql<number>`(select count(distinct m.person_id)::int from memberships m
        where m.chapter_id = shown.id and ${current})`.as('people'),
      sql<string[]>`array(select trim(p.first_name || ' ' || p.last_name) from memberships m
        join people p on p.id = m.person_id
        where m.chapter_id = shown.id and m.role = 'coordinator' and ${current}
        order by m.starts_at, m.id limit 3)`.as('coordinators'),
    ])
    .orderBy(sql`name collate "it-x-icu"`)
    .orderBy('id')
    .execute();
}

/** All chapters of the network, by name. */
export async function listChapters(db: Db) {
  return db
    .selectFrom('chapters')
    .select(['id', 'name'])
    .orderBy(sql`name collate "it-x-icu"`)
    .orderBy('id')
    .execute();
}

/** Who administers the network, by name. */
export async function listAdministrators(db: Db) {
  return db
    .selectFrom('networkAdministrators as a')
    .innerJoin('people as p', 'p.id', 'a.personId')
    .select(['p.id', 'p.firstName', 'p.lastName', 'p.email'])
    .where('p.erasedAt', 'is', null)
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy('p.id')
    .limit(200)
    .execute();
}

/** One change of the administrators after the other: else the last two could remove each other at the same moment. */
export async function lockNetwork(trx: Trx): Promise<void> {
  await trx.selectFrom('networks').select('id').forNoKeyUpdate().execute();
}
