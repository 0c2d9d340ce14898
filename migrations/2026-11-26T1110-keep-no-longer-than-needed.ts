import { type Kysely, sql } from 'kysely';

/** Who is listed in her group's directory, and how long each thing is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- A row: she is listed with her name, and with the fields that she chose. No row: nobody finds her there.
CREATE TABLE directory_entries (
  chapter_id uuid NOT NULL REFERENCES chapters,
  person_id uuid NOT NULL REFERENCES people,
  fields text[] NOT NULL CONSTRAINT directory_entries_fields
    CHECK (fields <@ '{photo,work,ask_me,seeks,offers,email,phone,website}'),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (chapter_id, person_id)
);
CREATE INDEX directory_entries_person ON directory_entries (person_id);

-- How long things are kept. Shorter answers would end before the links, the thanks and the figures that need them.
ALTER TABLE networks
  ADD COLUMN keep_notes_days integer NOT NULL DEFAULT 30
    CONSTRAINT networks_keep_notes CHECK (keep_notes_days BETWEEN 7 AND 365),
  ADD COLUMN keep_delivery_months integer NOT NULL DEFAULT 12
    CONSTRAINT networks_keep_delivery CHECK (keep_delivery_months BETWEEN 3 AND 36),
  ADD COLUMN keep_answers_months integer NOT NULL DEFAULT 24
    CONSTRAINT networks_keep_answers CHECK (keep_answers_months BETWEEN 12 AND 120),
  ADD COLUMN keep_logs_days integer NOT NULL DEFAULT 30
    CONSTRAINT networks_keep_logs CHECK (keep_logs_days BETWEEN 7 AND 365);

-- One row a night: who claimed it goes on, and whoever finds it left behind takes it up. "did": counts, never names.
CREATE TABLE retention_runs (
  night date PRIMARY KEY,
  ran_at timestamptz NOT NULL,
  claimed_at timestamptz NOT NULL,
  finished_at timestamptz,
  did jsonb NOT NULL DEFAULT '{}'
);

-- What an event came to, once nobody's part in it is kept any longer.
CREATE TABLE event_sums (
  event_id uuid PRIMARY KEY REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  invited integer NOT NULL,
  going integer NOT NULL,
  maybe integer NOT NULL,
  declined integer NOT NULL,
  waitlisted integer NOT NULL,
  offered integer NOT NULL,
  withdrawn integer NOT NULL,
  late integer NOT NULL,
  refilled integer NOT NULL,
  missed integer NOT NULL,
  -- Of those who said yes.
  guests integer NOT NULL,
  attended_room integer NOT NULL,
  attended_online integer NOT NULL,
  walk_ins integer NOT NULL,
  first_times integer NOT NULL,
  -- Of the first times: who came again within 90 days.
  came_again integer NOT NULL,
  -- First answers by the days since publication; the last one holds all that came later.
  answers_by_day integer[] NOT NULL,
  summed_at timestamptz NOT NULL
);
CREATE INDEX event_sums_chapter ON event_sums (chapter_id);

-- That somebody has been with a group, and when first and last: she is no newcomer, however long ago it was.
CREATE TABLE past_presence (
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (person_id, chapter_id)
);

CREATE INDEX events_ended ON events (ends_at) WHERE state IN ('published', 'ended', 'cancelled');
-- What the night looks for, each found by its age.
CREATE INDEX deliveries_told ON deliveries (first_queued_at)
  WHERE response IS NOT NULL OR message_id IS NOT NULL OR unknown_causes <> '{}';
CREATE INDEX mailings_told ON mailings (due_at) WHERE person_id IS NOT NULL AND data <> '{}';
CREATE INDEX sessions_over ON sessions (expires_at);
CREATE INDEX sign_in_links_over ON sign_in_links (expires_at);

-- History and consents stay append-only, but for two things: whose they are, where two rows are one woman, and the end of
-- their time, which a transaction has to name first: SET LOCAL ritrovo.retention = 'on'.
CREATE OR REPLACE FUNCTION hand_over_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('ritrovo.retention', true) = 'on' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE'
    AND EXISTS (SELECT 1 FROM merged_people WHERE id = OLD.person_id AND kept_id = NEW.person_id)
    AND to_jsonb(NEW) - 'person_id' = to_jsonb(OLD) - 'person_id'
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
`;
