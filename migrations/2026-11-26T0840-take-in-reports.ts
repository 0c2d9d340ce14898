import { type Kysely, sql } from 'kysely';

/** What mail servers report later about mail that they had taken. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- One row a delivery: a report that comes twice counts once. No address and no words of the report are kept here.
CREATE TABLE mail_reports (
  delivery_id uuid PRIMARY KEY REFERENCES deliveries ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid REFERENCES chapters,
  kind text NOT NULL CHECK (kind IN ('bounce', 'complaint')),
  -- RFC 3463, such as 5.1.1; null for a complaint.
  status text,
  -- How much it counts against her address.
  score real NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX mail_reports_person ON mail_reports (person_id, at);
`)
    .execute(db);
}
