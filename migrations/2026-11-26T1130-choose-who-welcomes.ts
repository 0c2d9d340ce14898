import { type Kysely, sql } from 'kysely';

/** Who keeps somebody company that comes for the first time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- One for each newcomer of an event. Chosen anew, it is another row: a mail speaks of one row, and not of the next.
CREATE TABLE welcomes (
  id uuid PRIMARY KEY DEFAULT new_id(),
  event_id uuid NOT NULL REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  newcomer_id uuid NOT NULL REFERENCES people,
  host_id uuid NOT NULL REFERENCES people,
  chosen_by uuid REFERENCES people,
  chosen_at timestamptz NOT NULL,
  CONSTRAINT welcomes_one UNIQUE (event_id, newcomer_id),
  CONSTRAINT welcomes_two CHECK (newcomer_id <> host_id)
);
CREATE INDEX welcomes_newcomer ON welcomes (newcomer_id);
CREATE INDEX welcomes_host ON welcomes (host_id);
`;
