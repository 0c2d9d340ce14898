import { type Kysely, sql } from 'kysely';

/** What a coordinator adds after an event: a line to somebody, photos and links, and who presented herself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- When she said that what leaves after the event is right.
ALTER TABLE events ADD COLUMN followed_up_at timestamptz;

-- A line of hers that stands in one woman's thanks.
CREATE TABLE thanks_lines (
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 500),
  written_by uuid REFERENCES people,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (event_id, person_id)
);
CREATE INDEX thanks_lines_person ON thanks_lines (person_id);

CREATE TABLE event_links (
  id uuid PRIMARY KEY DEFAULT new_id(),
  event_id uuid NOT NULL REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  kind text NOT NULL CHECK (kind IN ('photo', 'link')),
  url text NOT NULL CHECK (url ~ '^https://' AND char_length(url) <= 1000),
  title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
  position integer NOT NULL,
  added_by uuid REFERENCES people,
  added_at timestamptz NOT NULL
);
CREATE INDEX event_links_event ON event_links (event_id, position);

-- Who is to be seen in a photo. She is named only while her invitation says that she may be.
CREATE TABLE event_link_people (
  link_id uuid NOT NULL REFERENCES event_links ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  PRIMARY KEY (link_id, person_id)
);
CREATE INDEX event_link_people_person ON event_link_people (person_id);

-- Who gave the presentation of a minute.
CREATE TABLE pitches (
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  PRIMARY KEY (event_id, person_id)
);
CREATE INDEX pitches_person ON pitches (person_id);

-- A kind word to her, read by nobody else. "mailed_at": when the mail that brings it was made; "round" says which one.
CREATE TABLE pitch_notes (
  event_id uuid NOT NULL REFERENCES events,
  from_person_id uuid NOT NULL REFERENCES people,
  to_person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 500),
  signed boolean NOT NULL,
  written_at timestamptz NOT NULL,
  mailed_at timestamptz,
  round smallint,
  PRIMARY KEY (event_id, from_person_id, to_person_id),
  CONSTRAINT pitch_notes_to_another CHECK (from_person_id <> to_person_id)
);
CREATE INDEX pitch_notes_from ON pitch_notes (from_person_id);
CREATE INDEX pitch_notes_to ON pitch_notes (to_person_id);
CREATE INDEX pitch_notes_waiting ON pitch_notes (event_id) WHERE mailed_at IS NULL;
`;
