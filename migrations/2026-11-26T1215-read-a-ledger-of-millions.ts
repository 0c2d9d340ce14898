import { type Kysely, sql } from 'kysely';

/**
 * What is asked of a ledger with millions of rows is answered by an index: a page of a mailing, its counts, whether it is
 * done, and the figures. An index that was made beforehand with CREATE INDEX CONCURRENTLY is taken as it is.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- A page of a mailing by id, its counts by state, and whether anything of it is still open: one index in the place of
-- (mailing_id, id), so that a delivery's row costs as many entries as before.
CREATE INDEX IF NOT EXISTS deliveries_mailing_state ON deliveries (mailing_id, state, id);
DROP INDEX IF EXISTS deliveries_mailing;
-- Counted by each look at the figures. Nothing is written here unless nobody knows.
CREATE INDEX IF NOT EXISTS deliveries_unknown ON deliveries (next_attempt_at) WHERE state = 'unknown';

-- An event's mails to one person each, page by page: in the place of (event_id, id) and of that for its invitations.
CREATE INDEX IF NOT EXISTS mailings_event_kind ON mailings (event_id, kind, id);
CREATE INDEX IF NOT EXISTS mailings_steps ON mailings (event_id, id) WHERE person_id IS NULL;
DROP INDEX IF EXISTS mailings_event;
DROP INDEX IF EXISTS mailings_invitations;

-- When the first mail of it was taken by its server. Null for mails to one person.
ALTER TABLE mailings ADD COLUMN first_sent_at timestamptz;

-- What the workers counted, for Prometheus: sums over all of them since the beginning. Neither names nor addresses.
CREATE TABLE figures (
  name text NOT NULL,
  -- The labels as JSON, their names in order.
  labels text NOT NULL,
  value double precision NOT NULL,
  PRIMARY KEY (name, labels)
) WITH (fillfactor = 50);
`)
    .execute(db);
}
