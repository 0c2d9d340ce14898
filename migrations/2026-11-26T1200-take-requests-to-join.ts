import { type Kysely, sql } from 'kysely';

/** Who would like to belong to a chapter, and what became of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- Asked by a form; waiting once the owner of the address has said so by the link in her mail.
CREATE TABLE join_requests (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  person_id uuid NOT NULL REFERENCES people,
  name text NOT NULL CHECK (length(name) <= 120),
  line text NOT NULL CHECK (length(line) <= 300),
  state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'waiting', 'accepted', 'declined')),
  asked_at timestamptz NOT NULL,
  waiting_since timestamptz,
  answered_at timestamptz,
  answered_by uuid REFERENCES people,
  CONSTRAINT join_requests_waited CHECK (state = 'asked' OR waiting_since IS NOT NULL),
  CONSTRAINT join_requests_answered CHECK ((state IN ('accepted', 'declined')) = (answered_at IS NOT NULL))
);
CREATE INDEX join_requests_waiting ON join_requests (chapter_id, waiting_since) WHERE state = 'waiting';
CREATE INDEX join_requests_person ON join_requests (person_id);
`;
