import { type Kysely, sql } from 'kysely';

/** Events that several chapters hold, a coordinator's own questions with their answers, and her private notes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- For those who manage the event. No mail and no member's page says it.
ALTER TABLE events ADD COLUMN private_notes text NOT NULL DEFAULT '';

-- Chapters that hold an event beside its own. Asked first; theirs when their coordinator has agreed.
CREATE TABLE event_cohosts (
  event_id uuid NOT NULL REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  asked_by uuid REFERENCES people,
  asked_at timestamptz NOT NULL,
  accepted_at timestamptz,
  PRIMARY KEY (event_id, chapter_id)
);
CREATE INDEX event_cohosts_chapter ON event_cohosts (chapter_id, event_id);

CREATE TABLE event_questions (
  id uuid PRIMARY KEY DEFAULT new_id(),
  event_id uuid NOT NULL REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('text', 'choice', 'yes_no')),
  label text NOT NULL CHECK (char_length(label) BETWEEN 1 AND 200),
  choices text[] NOT NULL DEFAULT '{}',
  required boolean NOT NULL DEFAULT false,
  -- No longer asked; the answers that were given stay.
  removed_at timestamptz,
  CONSTRAINT event_questions_choices CHECK ((kind = 'choice') = (cardinality(choices) > 0))
);
CREATE INDEX event_questions_event ON event_questions (event_id, position);

-- What she said, in the words of that moment: a choice that is renamed later does not change it.
CREATE TABLE question_answers (
  question_id uuid NOT NULL REFERENCES event_questions ON DELETE CASCADE,
  person_id uuid NOT NULL REFERENCES people,
  event_id uuid NOT NULL REFERENCES events,
  chapter_id uuid NOT NULL REFERENCES chapters,
  value text NOT NULL CHECK (char_length(value) BETWEEN 1 AND 1000),
  answered_at timestamptz NOT NULL,
  PRIMARY KEY (question_id, person_id)
);
CREATE INDEX question_answers_event ON question_answers (event_id);
CREATE INDEX question_answers_person ON question_answers (person_id);
`)
    .execute(db);
}
