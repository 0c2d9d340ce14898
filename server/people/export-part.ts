import { type RawBuilder, sql } from 'kysely';

/** Whose copy of her data, of which chapters (null: all), and whether no coordinator reads it. */
export type Part = { personId: string; chapterIds: readonly string[] | null; isPrivate: boolean };

/** Whether a row's chapter is one of those asked for. */
export function inPart(column: string, { chapterIds }: Pick<Part, 'chapterIds'>): RawBuilder<boolean> {
  return chapterIds ? sql`${sql.ref(column)} = any (${chapterIds}::uuid[])` : sql`true`;
}
