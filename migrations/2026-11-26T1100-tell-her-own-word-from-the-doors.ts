import { type Kysely, sql } from 'kysely';

/** Who says herself, afterwards, whether she was there: it counts only where nobody at the door said anything. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
ALTER TABLE door_marks ADD COLUMN own_word boolean NOT NULL DEFAULT false;
-- What was said before this column was there.
UPDATE door_marks m SET own_word = true
  FROM attendance a
  WHERE a.event_id = m.event_id AND a.person_id = m.person_id AND a.device = 'self' AND a.recorded_by = a.person_id
    AND m.recorded_by = m.person_id AND m.guest IS NULL;
`)
    .execute(db);
}
