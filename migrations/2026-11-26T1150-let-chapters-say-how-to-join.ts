import { type Kysely, sql } from 'kysely';

/** How one joins a chapter, in its own words and in each language; null: in the product's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`ALTER TABLE chapters
  ADD COLUMN join_it text CONSTRAINT chapters_join_it CHECK (length(join_it) <= 10000),
  ADD COLUMN join_en text CONSTRAINT chapters_join_en CHECK (length(join_en) <= 10000)`)
    .execute(db);
}
