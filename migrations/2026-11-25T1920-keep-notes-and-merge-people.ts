import { type Kysely, sql } from 'kysely';

/** People at the desk: found by what they are called, with notes, a failing address, and two of them made one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- Without accents and in small letters: "nicolo" finds Nicolò. The accents go before the letters are made small, because
-- a database in the locale C knows no other than the English ones.
CREATE FUNCTION fold_text(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT lower(regexp_replace(normalize(words, NFD), '[\\u0300-\\u036f]', '', 'g'))
$$;
ALTER TABLE people ADD COLUMN search_text text NOT NULL
  GENERATED ALWAYS AS (fold_text(first_name || ' ' || last_name || ' ' || coalesce(email::text, ''))) STORED;

-- When her present address took the place of another: what an earlier one refused does not count any more.
ALTER TABLE people ADD COLUMN address_since timestamptz;
-- That mail to it failed when two rows became one: after that their one ledger no longer says to which address it went.
ALTER TABLE people ADD COLUMN address_failed_at timestamptz;
ALTER TABLE deliveries ADD COLUMN failed_at timestamptz;
UPDATE deliveries SET failed_at = coalesce(dated_at, first_queued_at) WHERE state = 'failed';
CREATE INDEX deliveries_failed ON deliveries (person_id, failed_at) WHERE state = 'failed';

-- Guests of a chapter: whoever was invited without belonging to it.
CREATE INDEX invitations_guests ON invitations (chapter_id, person_id) WHERE source <> 'member';
CREATE INDEX attendance_chapter ON attendance (chapter_id, person_id);

-- What her page and her export ask, so that neither reads whole tables.
CREATE INDEX audit_log_subject ON audit_log (subject_id) WHERE subject_type = 'person';
CREATE INDEX audit_log_actor ON audit_log (actor_id) WHERE actor = 'person';
CREATE INDEX invitations_inviter ON invitations (invited_by_person_id) WHERE invited_by_person_id IS NOT NULL;
CREATE INDEX rsvp_guests_email ON rsvp_guests (email) WHERE email IS NOT NULL;

-- What a chapter's coordinators write down about somebody, for each other.
CREATE TABLE person_notes (
  id uuid PRIMARY KEY DEFAULT new_id(),
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  chapter_id uuid NOT NULL REFERENCES chapters,
  author_id uuid REFERENCES people ON DELETE SET NULL,
  text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 2000),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX person_notes_person ON person_notes (person_id, chapter_id, id);

-- Addresses that were hers: an old list that is pasted again finds her, instead of making her twice.
CREATE TABLE former_addresses (
  email citext PRIMARY KEY,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX former_addresses_person ON former_addresses (person_id);

-- Two rows turned out to be one woman. The row that was given up stays empty, since the log points to it; what it was
-- called stands here, so that an erasure finds that name too.
CREATE TABLE merged_people (
  id uuid PRIMARY KEY REFERENCES people,
  kept_id uuid NOT NULL REFERENCES people,
  first_name text NOT NULL,
  last_name text NOT NULL,
  link_epoch integer NOT NULL,
  merged_at timestamptz NOT NULL,
  CHECK (id <> kept_id)
);
CREATE INDEX merged_people_kept ON merged_people (kept_id);

-- The links that she was sent under the row given up: the public part of each, and the invitation that it opens now.
CREATE TABLE invitation_aliases (
  id uuid NOT NULL,
  merged_id uuid NOT NULL REFERENCES merged_people ON DELETE CASCADE,
  invitation_id uuid NOT NULL REFERENCES invitations ON DELETE CASCADE,
  PRIMARY KEY (id, merged_id)
);
CREATE INDEX invitation_aliases_invitation ON invitation_aliases (invitation_id);
CREATE INDEX invitation_aliases_merged ON invitation_aliases (merged_id);

-- An invitation is handed over with the answer and the guests that hang on it.
ALTER TABLE rsvps DROP CONSTRAINT rsvps_invitation_fkey,
  ADD CONSTRAINT rsvps_invitation_fkey FOREIGN KEY (event_id, person_id)
    REFERENCES invitations (event_id, person_id) ON UPDATE CASCADE;
ALTER TABLE rsvp_guests DROP CONSTRAINT rsvp_guests_event_id_person_id_fkey,
  ADD CONSTRAINT rsvp_guests_rsvp_fkey FOREIGN KEY (event_id, person_id)
    REFERENCES rsvps (event_id, person_id) ON UPDATE CASCADE ON DELETE CASCADE;

-- History stays append-only, but for one thing: whose it is, where the two are one.
CREATE FUNCTION hand_over_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
    AND EXISTS (SELECT 1 FROM merged_people WHERE id = OLD.person_id AND kept_id = NEW.person_id)
    AND to_jsonb(NEW) - 'person_id' = to_jsonb(OLD) - 'person_id'
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
DROP TRIGGER rsvp_history_append_only ON rsvp_history;
CREATE TRIGGER rsvp_history_append_only BEFORE UPDATE OR DELETE ON rsvp_history
  FOR EACH ROW EXECUTE FUNCTION hand_over_history();
CREATE INDEX rsvp_history_of_person ON rsvp_history (person_id);
`;
