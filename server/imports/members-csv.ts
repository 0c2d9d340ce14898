import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Field } from './columns.ts';

/** The columns of the list that is taken away; an import reads the same. */
export const exportedFields = [
  'lastName',
  'firstName',
  'email',
  'phone',
  'locale',
] as const satisfies readonly Field[];

const batchSize = 1_000;

/**
 * The people of a chapter, by last name, below a heading. Only who they are is read at once, in their order; the rest in
 * batches, so that a large chapter never stands in memory as a whole.
 */
export async function* memberRows(
  db: Db,
  of: { chapterId: string; now: Date; heading: readonly string[] },
): AsyncGenerator<readonly string[]> {
  yield of.heading;
  const ids = await listIds(db, of);
  for (let at = 0; at < ids.length; at += batchSize) {
    const batch = ids.slice(at, at + batchSize);
    const rows = await db
      .selectFrom('people')
      .select(['id', ...exportedFields])
      .where('id', '=', sql<string>`any(${batch}::uuid[])`)
      .where('erasedAt', 'is', null)
      .execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const id of batch) {
      const row = byId.get(id);
      if (row) yield exportedFields.map((field) => row[field] ?? '');
    }
  }
}

async function listIds(db: Db, { chapterId, now }: { chapterId: string; now: Date }): Promise<string[]> {
  const rows = await db
    .selectFrom('memberships as m')
    .innerJoin('people as p', 'p.id', 'm.personId')
    .select('p.id')
    .where('m.chapterId', '=', chapterId)
    .where('m.startsAt', '<=', now)
    .where((where) => where.or([where('m.endsAt', 'is', null), where('m.endsAt', '>', now)]))
    .where('p.erasedAt', 'is', null)
    .groupBy('p.id')
    .orderBy(sql`p.last_name collate "it-x-icu"`)
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy('p.id')
    .execute();
  return rows.map(({ id }) => id);
}
