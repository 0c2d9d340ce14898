import { type Kysely, sql } from 'kysely';

/** Events that come again: the rule they follow, what each date begins with, and who said yes to all of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
CREATE TABLE series (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  -- An RFC 5545 recurrence rule, without its name; it counts from starts_on.
  rule text NOT NULL,
  starts_on date NOT NULL,
  -- What the clock on the wall shows when a date begins, and how long by that clock.
  starts_at_time time NOT NULL,
  minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 44640),
  closes_minutes_before integer,
  time_zone text NOT NULL,
  -- What a new date begins with.
  title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  description text NOT NULL DEFAULT '',
  format text NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
  venue_name text,
  venue_address text,
  join_url text,
  seats_room integer CHECK (seats_room >= 0),
  seats_online integer CHECK (seats_online >= 0),
  guests_allowed integer NOT NULL DEFAULT 0 CHECK (guests_allowed BETWEEN 0 AND 20),
  maybe_allowed boolean NOT NULL DEFAULT false,
  access text NOT NULL DEFAULT 'members' CHECK (access IN ('members', 'link', 'public')),
  cost text,
  bring text,
  promotion text NOT NULL DEFAULT 'offer' CHECK (promotion IN ('offer', 'at_once')),
  -- How long before its day each date publishes itself; null: the coordinator publishes each.
  publish_days_before integer CHECK (publish_days_before BETWEEN 0 AND 90),
  dates_ahead integer NOT NULL DEFAULT 6 CHECK (dates_ahead BETWEEN 1 AND 12),
  -- The last day that the rule has given: it is not given again, whatever became of it.
  made_until date,
  looked_at timestamptz NOT NULL,
  ended_at timestamptz,
  created_by uuid REFERENCES people,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX series_chapter ON series (chapter_id, id);
CREATE INDEX series_to_look_at ON series (looked_at) WHERE ended_at IS NULL;

-- The day that the rule gave names a date for good, wherever it was moved to (RECURRENCE-ID).
ALTER TABLE events
  ADD COLUMN series_id uuid REFERENCES series,
  ADD COLUMN recurrence_on date,
  -- Set when this date was changed apart from the others.
  ADD COLUMN edited_apart_at timestamptz,
  -- When a draft publishes itself.
  ADD COLUMN publish_at timestamptz,
  ADD CONSTRAINT events_series_date_key UNIQUE (series_id, recurrence_on);
CREATE INDEX events_to_publish ON events (publish_at) WHERE state = 'draft' AND publish_at IS NOT NULL;

-- "My seat is there already": one who comes to every date unless she says otherwise.
CREATE TABLE standing_yeses (
  series_id uuid NOT NULL REFERENCES series,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  mode text CHECK (mode IN ('room', 'online')),
  source text NOT NULL CHECK (source IN ('link', 'coordinator')),
  given_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (series_id, person_id)
);
CREATE INDEX standing_yeses_person ON standing_yeses (person_id);
`;
