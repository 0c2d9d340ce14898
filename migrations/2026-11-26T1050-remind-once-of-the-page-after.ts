import { type Kysely, sql } from 'kysely';

/** Who has said something after an event, and that nobody is reminded of it twice. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- When she last saved her page after the event, whatever it was that she said there: who has is not reminded of it.
ALTER TABLE invitations ADD COLUMN told_at timestamptz;

CREATE UNIQUE INDEX deliveries_one_nudge ON deliveries (event_id, person_id) WHERE kind = 'feedback';
`)
    .execute(db);
}
