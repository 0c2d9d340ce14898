import { type Kysely, sql } from 'kysely';

/** What a person tells of herself, to whom, and the record of each yes and no. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- Whoever comes without an answer may be named too, or not: consent belongs to the invitation, not to the answer.
-- "in_photos" is null until she was asked.
ALTER TABLE invitations
  ADD COLUMN visible boolean NOT NULL DEFAULT false,
  ADD COLUMN in_photos boolean;
UPDATE invitations i SET visible = r.visible
  FROM rsvps r WHERE r.event_id = i.event_id AND r.person_id = i.person_id AND r.visible;
ALTER TABLE rsvps DROP COLUMN visible;

CREATE TABLE profiles (
  person_id uuid PRIMARY KEY REFERENCES people,
  -- "Chiedimi di…"
  ask_me text NOT NULL DEFAULT '' CHECK (char_length(ask_me) <= 120),
  work text NOT NULL DEFAULT '' CHECK (char_length(work) <= 120),
  seeks text NOT NULL DEFAULT '' CHECK (char_length(seeks) <= 300),
  offers text NOT NULL DEFAULT '' CHECK (char_length(offers) <= 300),
  website text NOT NULL DEFAULT '' CHECK (char_length(website) <= 200),
  -- What her answers begin with: whether those who come may see her name.
  visible boolean NOT NULL DEFAULT false,
  -- Whether she likes to welcome somebody who comes for the first time.
  welcomes boolean NOT NULL DEFAULT false,
  -- What an introduction tells of her, unless she chooses otherwise.
  contacts text[] NOT NULL DEFAULT '{}' CONSTRAINT profiles_contacts CHECK (contacts <@ '{email,phone,website}'),
  updated_at timestamptz NOT NULL
);

-- As JPEG, made anew from what she sent: without the place and the day that a camera writes into it.
CREATE TABLE photos (
  person_id uuid PRIMARY KEY REFERENCES people,
  bytes bytea NOT NULL,
  taken_at timestamptz NOT NULL
);

-- Each yes and no, as it was said. What holds now stands where it is used: on the invitation, the profile, the entry in
-- the directory.
CREATE TABLE consents (
  id uuid PRIMARY KEY DEFAULT new_id(),
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid REFERENCES chapters,
  event_id uuid REFERENCES events,
  what text NOT NULL CHECK (what IN ('visible', 'photos', 'directory', 'contacts', 'welcomes')),
  given boolean NOT NULL,
  -- Which fields, where a yes is to some of them.
  fields text[] NOT NULL DEFAULT '{}',
  source text NOT NULL CHECK (source IN ('answer', 'own_page', 'feedback', 'erasure')),
  at timestamptz NOT NULL
);
-- Append-only, but for whose it is: two rows of one woman may become one.
CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE ON consents
  FOR EACH ROW EXECUTE FUNCTION hand_over_history();
CREATE INDEX consents_person ON consents (person_id, id);
`;
