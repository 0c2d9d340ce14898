import { type Kysely, sql } from 'kysely';

/** What is to be sent when, and the ledger of what became of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const kinds = `('invitation', 'chase', 'reminder', 'confirmation', 'offer', 'update', 'cancellation', 'thanks',
  'thanks_attended', 'thanks_missed', 'thanks_declined', 'feedback', 'introduction', 'announcement', 'digest', 'sign_in')`;
const audiences = `('members', 'invited', 'unanswered', 'going', 'going_room', 'going_online', 'maybe', 'waitlisted',
  'offered', 'withdrawn', 'declined', 'attended', 'missed')`;

const ddl = `
-- A row belongs to a chapter's default timeline, or to one event.
CREATE TABLE timeline_rules (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  event_id uuid REFERENCES events,
  position integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ${kinds}),
  anchor text NOT NULL CHECK (anchor IN ('publish', 'start', 'end')),
  "offset" text NOT NULL,
  local_time text CHECK (local_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  audience text NOT NULL CHECK (audience IN ${audiences}),
  template text
);
CREATE INDEX timeline_rules_owner ON timeline_rules (chapter_id, event_id, position);

CREATE TABLE mailings (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid REFERENCES chapters,
  event_id uuid REFERENCES events,
  kind text NOT NULL CHECK (kind IN ${kinds}),
  template text NOT NULL,
  -- Planned for an audience, or for one person.
  audience text CHECK (audience IN ${audiences} OR audience IN ('affected', 'not_declined')),
  person_id uuid REFERENCES people,
  -- What made it, written once: a timeline rule and its round, a history row, a move, a sign-in request.
  cause text NOT NULL CONSTRAINT mailings_cause_key UNIQUE,
  -- The rule that planned it, as its own words, so that an edited timeline finds it again.
  rule_key text,
  -- An exact rule leaves on time and spares nobody.
  exact boolean NOT NULL DEFAULT false,
  data jsonb NOT NULL DEFAULT '{}',
  due_at timestamptz NOT NULL,
  -- Raised by every change of due_at or state; a job that carries an older one is stale.
  revision integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'planned'
    CHECK (state IN ('planned', 'held', 'sending', 'done', 'cancelled', 'missed')),
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  done_at timestamptz,
  CONSTRAINT mailings_addressed CHECK ((audience IS NULL) <> (person_id IS NULL))
);
CREATE INDEX mailings_event ON mailings (event_id, id);
CREATE INDEX mailings_rule ON mailings (event_id, rule_key) WHERE rule_key IS NOT NULL;
CREATE INDEX mailings_due ON mailings (due_at) WHERE state = 'planned';
CREATE INDEX mailings_sending ON mailings (started_at) WHERE state = 'sending';
CREATE INDEX mailings_digests ON mailings (chapter_id, due_at) WHERE kind = 'digest';
CREATE INDEX mailings_person ON mailings (person_id) WHERE person_id IS NOT NULL;

CREATE TABLE deliveries (
  id uuid PRIMARY KEY DEFAULT new_id(),
  mailing_id uuid NOT NULL REFERENCES mailings,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid REFERENCES chapters,
  event_id uuid REFERENCES events,
  kind text NOT NULL,
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'skipped', 'suppressed')),
  phase text CHECK (phase IN ('pre', 'data')),
  -- 0 for what somebody waits for, 1 for the rest.
  priority smallint NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- When it may be claimed next: a queued one, or an unknown one that has its one retry left.
  next_attempt_at timestamptz,
  first_queued_at timestamptz NOT NULL,
  -- The fencing token: raised by each claim, named in every update of the sender.
  fence integer NOT NULL DEFAULT 0,
  lease_until timestamptz,
  -- The Date header, fixed by the first claim.
  dated_at timestamptz,
  message_id text,
  response text,
  reason text,
  -- How often it ended as unknown, and each time why.
  unknown_causes text[] NOT NULL DEFAULT '{}',
  sent_at timestamptz,
  CONSTRAINT deliveries_mailing_person_key UNIQUE (mailing_id, person_id)
);
CREATE INDEX deliveries_claimable ON deliveries (priority, next_attempt_at, id)
  WHERE state IN ('queued', 'unknown') AND next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE state = 'sending';
CREATE INDEX deliveries_mailing ON deliveries (mailing_id, id);
CREATE INDEX deliveries_person ON deliveries (person_id, id);
-- Whoever gets one of the four thanks of an event gets no other.
CREATE UNIQUE INDEX deliveries_one_thanks ON deliveries (event_id, person_id)
  WHERE kind IN ('thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined');

-- One row: the token bucket that all workers draw from.
CREATE TABLE mail_rate (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  tokens double precision NOT NULL DEFAULT 0,
  -- What the last draw was given: RETURNING has no other way to tell on PostgreSQL 15.
  granted integer NOT NULL DEFAULT 0,
  refilled_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO mail_rate DEFAULT VALUES;
`;
