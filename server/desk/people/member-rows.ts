import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Field } from '../../imports/columns.ts';
import { phoneInChapter } from '../queries.ts';

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
 * Some people of a chapter in a given order, as rows below a heading. They are read in batches, so that a large chapter
 * never stands in memory as a whole. Whoever left has taken her phone number along.
 */
export async function* memberRows(
  db: Db,
  ids: readonly string[],
  of: { chapterId: string; now: Date; heading: readonly string[] },
): AsyncGenerator<readonly string[]> {
  yield of.heading;
  for (let at = 0; at < ids.length; at += batchSize) {
    const batch = ids.slice(at, at + batchSize);
    const rows = await db
      .selectFrom('people as p')
      .select(['p.id', 'p.lastName', 'p.firstName', 'p.email', 'p.locale'])
      .select(phoneInChapter(sql`${of.chapterId}`, of.now).as('phone'))
      .where('p.id', '=', sql<string>`any(${batch}::uuid[])`)
      .where('p.erasedAt', 'is', null)
      .execute();
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const id of batch) {
      const row = byId.get(id);
      if (row) yield exportedFields.map((field) => row[field] ?? '');
    }
  }
}
