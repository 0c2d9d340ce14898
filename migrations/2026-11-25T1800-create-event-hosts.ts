import { type Kysely, sql } from 'kysely';

/** Hosts of the day: people who may check others in at one event, and nothing else. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
CREATE TABLE event_hosts (
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, person_id)
);
CREATE INDEX event_hosts_person ON event_hosts (person_id);
`)
    .execute(db);
}
