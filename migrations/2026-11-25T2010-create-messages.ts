import { type Kysely, sql } from 'kysely';

/** Messages to the group: what a coordinator writes, to whom, and the mailing that carries it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
CREATE TABLE messages (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  subject text NOT NULL,
  -- Markdown with inserts, checked when it is saved and again before it is planned.
  body text NOT NULL,
  audience text NOT NULL CHECK (audience IN ('members', 'newcomers', 'unseen', 'event', 'people')),
  -- The event whose people it goes to, or from whose list they were chosen.
  event_id uuid REFERENCES events,
  event_audience text CHECK (event_audience IN ('going', 'maybe', 'unanswered', 'waitlisted', 'attended', 'missed')),
  created_by uuid REFERENCES people,
  -- The mailing that carries it; null for a draft, and again when it was taken back before it left.
  mailing_id uuid CONSTRAINT messages_mailing_key UNIQUE REFERENCES mailings,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  discarded_at timestamptz,
  CONSTRAINT messages_about CHECK (CASE audience
    WHEN 'event' THEN event_id IS NOT NULL AND event_audience IS NOT NULL
    WHEN 'people' THEN event_audience IS NULL
    ELSE event_id IS NULL AND event_audience IS NULL END),
  CONSTRAINT messages_discarded CHECK (discarded_at IS NULL OR mailing_id IS NULL)
);
CREATE INDEX messages_chapter ON messages (chapter_id, id) WHERE discarded_at IS NULL;
CREATE INDEX messages_event ON messages (event_id) WHERE event_id IS NOT NULL;

-- Whom a message with the audience 'people' names.
CREATE TABLE message_people (
  message_id uuid NOT NULL REFERENCES messages,
  person_id uuid NOT NULL REFERENCES people,
  PRIMARY KEY (message_id, person_id)
);
CREATE INDEX message_people_person ON message_people (person_id);

-- A mailing, or a test, that carries a message.
ALTER TABLE mailings ADD COLUMN message_id uuid REFERENCES messages;
CREATE INDEX mailings_message ON mailings (message_id) WHERE message_id IS NOT NULL;
ALTER TABLE mailings DROP CONSTRAINT mailings_audience_check;
ALTER TABLE mailings ADD CONSTRAINT mailings_audience_check CHECK (audience IN ('members', 'invited', 'unanswered', 'going',
  'going_room', 'going_online', 'maybe', 'waitlisted', 'offered', 'withdrawn', 'declined', 'attended', 'missed',
  'affected', 'not_declined', 'message'));
ALTER TABLE mailings ADD CONSTRAINT mailings_message_named CHECK (audience <> 'message' OR message_id IS NOT NULL);
`)
    .execute(db);
}
