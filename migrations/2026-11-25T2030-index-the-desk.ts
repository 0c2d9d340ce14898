import { type Kysely, sql } from 'kysely';

/** What the desk's pages ask of large tables, so that they read no more than one chapter's or one event's rows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- Mail that did not arrive, or not yet: by event for its page, by chapter for the first one.
CREATE INDEX deliveries_troubled ON deliveries (event_id, id)
  WHERE state IN ('failed', 'unknown') OR (state = 'queued' AND response IS NOT NULL);
CREATE INDEX deliveries_chapter_troubled ON deliveries (chapter_id, first_queued_at)
  WHERE state IN ('failed', 'unknown') OR (state = 'queued' AND response IS NOT NULL);
CREATE INDEX mailings_attention ON mailings (chapter_id, due_at) WHERE state IN ('held', 'missed');
-- Who has heard of an event: its invitations, and then each person's delivery of them.
CREATE INDEX mailings_invitations ON mailings (event_id) WHERE kind = 'invitation';
-- An event's answers are counted from the index alone.
CREATE INDEX rsvps_event_state ON rsvps (event_id, state) INCLUDE (person_id, guests);
CREATE INDEX invitations_walk_ins ON invitations (event_id, person_id) WHERE source = 'walk_in';
`)
    .execute(db);
}
