import { type Kysely, sql } from 'kysely';

/** The network, its chapters and its people, who may do what, and the record of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
CREATE EXTENSION IF NOT EXISTS citext;

-- RFC 9562 section 5.7, with the fraction of the millisecond in rand_a (section 6.2, method 3): which answer is the
-- latest is read from the ids of its history, and two may be written in one millisecond. PostgreSQL has uuidv7() of
-- its own only from 18 on.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(
    overlay(uuid_send(gen_random_uuid())
      PLACING substring(int8send(us / 1000) FROM 3) || int2send((28672 + us % 1000 * 4096 / 1000)::int2)
      FROM 1 FOR 8),
    'hex')::uuid
  FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS clock
$$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;

CREATE TABLE networks (
  id uuid PRIMARY KEY DEFAULT new_id(),
  name text NOT NULL,
  words jsonb NOT NULL DEFAULT '{}',
  form text NOT NULL DEFAULT 'feminine' CHECK (form IN ('feminine', 'masculine', 'neutral')),
  locale text NOT NULL DEFAULT 'it' CHECK (locale IN ('it', 'en')),
  privacy_notice text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX networks_one_row ON networks ((true));

CREATE TABLE chapters (
  id uuid PRIMARY KEY DEFAULT new_id(),
  slug text NOT NULL CONSTRAINT chapters_slug_key UNIQUE
    CONSTRAINT chapters_slug_shape CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  name text NOT NULL,
  time_zone text NOT NULL,
  locale text NOT NULL DEFAULT 'it' CHECK (locale IN ('it', 'en')),
  sender_name text,
  reply_to citext,
  accent_colour text NOT NULL DEFAULT '#b4472e' CHECK (accent_colour ~ '^#[0-9a-f]{6}$'),
  quiet_from time NOT NULL DEFAULT '21:00',
  quiet_until time NOT NULL DEFAULT '08:00',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE people (
  id uuid PRIMARY KEY DEFAULT new_id(),
  email citext CONSTRAINT people_email_key UNIQUE,
  first_name text NOT NULL,
  last_name text NOT NULL DEFAULT '',
  phone text,
  locale text CHECK (locale IN ('it', 'en')),
  form text CHECK (form IN ('feminine', 'masculine', 'neutral')),
  link_epoch integer NOT NULL DEFAULT 1,
  source text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  erased_at timestamptz
);

CREATE TABLE memberships (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  person_id uuid NOT NULL REFERENCES people,
  role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'coordinator')),
  starts_at timestamptz NOT NULL DEFAULT now(),
  ends_at timestamptz,
  source text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT memberships_period CHECK (ends_at IS NULL OR ends_at >= starts_at)
);
CREATE UNIQUE INDEX memberships_current_key ON memberships (chapter_id, person_id, role) WHERE ends_at IS NULL;
CREATE INDEX memberships_person ON memberships (person_id);
CREATE INDEX memberships_chapter ON memberships (chapter_id, role);

-- A chapter always has a coordinator without an end date. Checked when the transaction commits, under
-- the chapter's lock, so that two coordinators who leave at the same moment cannot both succeed.
CREATE FUNCTION keep_a_coordinator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  chapter uuid;
BEGIN
  IF TG_TABLE_NAME = 'chapters' THEN chapter := NEW.id; ELSE chapter := OLD.chapter_id; END IF;
  PERFORM 1 FROM chapters WHERE id = chapter FOR NO KEY UPDATE;
  IF FOUND AND NOT EXISTS (
    SELECT 1 FROM memberships WHERE chapter_id = chapter AND role = 'coordinator' AND ends_at IS NULL
  ) THEN
    RAISE EXCEPTION 'a chapter always has a coordinator'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'chapters_keep_a_coordinator', TABLE = 'chapters';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER chapters_keep_a_coordinator AFTER INSERT ON chapters
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_a_coordinator();
CREATE CONSTRAINT TRIGGER memberships_keep_a_coordinator AFTER UPDATE OR DELETE ON memberships
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'coordinator')
  EXECUTE FUNCTION keep_a_coordinator();

CREATE TABLE network_administrators (
  person_id uuid PRIMARY KEY REFERENCES people,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Signing in to the desk: only hashes are kept.
CREATE TABLE sign_in_links (
  id uuid PRIMARY KEY DEFAULT new_id(),
  person_id uuid NOT NULL REFERENCES people,
  token_hash bytea NOT NULL CONSTRAINT sign_in_links_token_hash_key UNIQUE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX sign_in_links_person ON sign_in_links (person_id, created_at);

CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT new_id(),
  person_id uuid NOT NULL REFERENCES people,
  token_hash bytea NOT NULL CONSTRAINT sessions_token_hash_key UNIQUE,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX sessions_person ON sessions (person_id);

CREATE TABLE api_tokens (
  id uuid PRIMARY KEY DEFAULT new_id(),
  name text NOT NULL,
  chapter_id uuid REFERENCES chapters,
  token_hash bytea NOT NULL CONSTRAINT api_tokens_token_hash_key UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

-- The answer to a POST, kept so that the same Idempotency-Key gets the same answer.
CREATE TABLE idempotency_keys (
  api_token_id uuid NOT NULL REFERENCES api_tokens ON DELETE CASCADE,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status integer,
  body text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (api_token_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Addresses that get no mail, as keyed hashes: the address itself may long be erased.
CREATE TABLE suppressions (
  address_hash bytea PRIMARY KEY,
  reason text NOT NULL CHECK (reason IN ('erased', 'bounce', 'complaint', 'operator')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- One row is one "no more of these": a topic of one chapter that a person opted out of.
CREATE TABLE preferences (
  chapter_id uuid NOT NULL REFERENCES chapters,
  person_id uuid NOT NULL REFERENCES people,
  topic text NOT NULL CHECK (topic IN ('invitation', 'reminder', 'thanks', 'feedback', 'introduction', 'announcement')),
  opted_out_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chapter_id, person_id, topic)
);

CREATE TABLE audit_log (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid REFERENCES chapters,
  actor text NOT NULL CHECK (actor IN ('person', 'api_token', 'cli', 'system')),
  actor_id uuid,
  action text NOT NULL,
  subject_type text NOT NULL,
  subject_id uuid,
  detail jsonb NOT NULL DEFAULT '{}',
  at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE INDEX audit_log_chapter ON audit_log (chapter_id, id);
`;
