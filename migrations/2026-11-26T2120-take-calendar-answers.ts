import { type Kysely, sql } from 'kysely';

/** Answers that calendars send by mail: the last one that was taken, and those that nobody could be sure of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- When her calendar made the last answer that was taken, and a digest of its words: the same mail does nothing twice.
ALTER TABLE invitations ADD COLUMN calendar_reply_at timestamptz, ADD COLUMN calendar_reply_hash bytea;

-- What came in her name and could not be proved hers. No mail is kept, and no address.
CREATE TABLE calendar_replies (
  id uuid PRIMARY KEY DEFAULT new_id(),
  event_id uuid NOT NULL,
  person_id uuid NOT NULL,
  chapter_id uuid NOT NULL REFERENCES chapters,
  said text NOT NULL CHECK (said IN ('yes', 'no', 'maybe', 'delegated', 'counter')),
  -- It spoke for another address, came from another, nobody vouched for it, or it knew a version that never was.
  failed text NOT NULL CHECK (failed IN ('attendee', 'sender', 'proof', 'sequence')),
  at timestamptz NOT NULL,
  -- However often it comes, it is one line.
  CONSTRAINT calendar_replies_once UNIQUE (event_id, person_id, said, failed),
  CONSTRAINT calendar_replies_invitation_fkey FOREIGN KEY (event_id, person_id)
    REFERENCES invitations (event_id, person_id) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX calendar_replies_at ON calendar_replies (at);
`;
