import { type Kysely, sql } from 'kysely';

/** Whom somebody would like to meet again, and who was introduced to whom. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- Read by nobody but her who wished. A row goes when it is met and told, when it is taken back, and after 30 days.
CREATE TABLE meet_wishes (
  from_person_id uuid NOT NULL REFERENCES people,
  to_person_id uuid NOT NULL REFERENCES people,
  event_id uuid NOT NULL REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  -- What she gives of herself, if the wish is met.
  contacts text[] NOT NULL CONSTRAINT meet_wishes_contacts CHECK (contacts <@ '{email,phone,website}'),
  wished_at timestamptz NOT NULL,
  PRIMARY KEY (from_person_id, to_person_id),
  CONSTRAINT meet_wishes_of_another CHECK (from_person_id <> to_person_id)
);
CREATE INDEX meet_wishes_to ON meet_wishes (to_person_id);
CREATE INDEX meet_wishes_age ON meet_wishes (wished_at);

CREATE TABLE introductions (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  event_id uuid REFERENCES events,
  kind text NOT NULL CHECK (kind IN ('wish', 'by_hand')),
  state text NOT NULL CHECK (state IN ('asked', 'made', 'declined', 'lapsed', 'withdrawn')),
  -- The two of them, in the order of their ids.
  first_id uuid NOT NULL REFERENCES people,
  second_id uuid NOT NULL REFERENCES people,
  introduced_by uuid REFERENCES people,
  words text CHECK (char_length(words) <= 300),
  created_at timestamptz NOT NULL,
  made_at timestamptz,
  -- Until then either may take it back, and neither knows of it.
  sends_at timestamptz,
  mailed_at timestamptz,
  CONSTRAINT introductions_of_two CHECK (first_id < second_id)
);
-- By kind: a coordinator who asks two women learns nothing of what they wished in private.
CREATE UNIQUE INDEX introductions_open ON introductions (first_id, second_id, kind) WHERE state IN ('asked', 'made');
CREATE INDEX introductions_second ON introductions (second_id);
CREATE INDEX introductions_chapter ON introductions (chapter_id, created_at);
CREATE INDEX introductions_due ON introductions (sends_at) WHERE state = 'made' AND mailed_at IS NULL;

CREATE TABLE introduction_sides (
  introduction_id uuid NOT NULL REFERENCES introductions ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  -- What the other one is given of her.
  contacts text[] NOT NULL DEFAULT '{}' CONSTRAINT introduction_sides_contacts CHECK (contacts <@ '{email,phone,website}'),
  agreed_at timestamptz,
  declined_at timestamptz,
  -- A month later. Counted in sums, shown to nobody but her.
  asked_later_at timestamptz,
  met_again text CHECK (met_again IN ('yes', 'no')),
  outcome text CHECK (outcome IN ('client', 'referral', 'friendship', 'nothing_yet')),
  PRIMARY KEY (introduction_id, person_id)
);
CREATE INDEX introduction_sides_person ON introduction_sides (person_id);
`;
