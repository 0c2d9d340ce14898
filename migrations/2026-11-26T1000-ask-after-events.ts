import { type Kysely, sql } from 'kysely';

/** What a chapter asks after its events, and what people said. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- At most one question of each kind. A chapter without rows asks the product's own.
CREATE TABLE feedback_questions (
  chapter_id uuid NOT NULL REFERENCES chapters,
  kind text NOT NULL CHECK (kind IN ('tap', 'scale', 'text')),
  -- Empty: the product's own words in that language.
  label_it text NOT NULL DEFAULT '' CHECK (char_length(label_it) <= 200),
  label_en text NOT NULL DEFAULT '' CHECK (char_length(label_en) <= 200),
  is_on boolean NOT NULL DEFAULT true,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (chapter_id, kind)
);

CREATE TABLE feedback_answers (
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  kind text NOT NULL CHECK (kind IN ('tap', 'scale', 'text')),
  value text NOT NULL CHECK (char_length(value) BETWEEN 1 AND 1000),
  answered_at timestamptz NOT NULL,
  PRIMARY KEY (event_id, person_id, kind)
);
CREATE INDEX feedback_answers_person ON feedback_answers (person_id);
`)
    .execute(db);
}
