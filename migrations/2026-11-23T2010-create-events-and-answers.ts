import { type Kysely, sql } from 'kysely';

/** Events, who is invited, what they answered, and who was there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
CREATE TABLE events (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  description text NOT NULL DEFAULT '',
  format text NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
  venue_name text,
  venue_address text,
  join_url text,
  time_zone text NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  seats_room integer CHECK (seats_room >= 0),
  seats_online integer CHECK (seats_online >= 0),
  guests_allowed integer NOT NULL DEFAULT 0 CHECK (guests_allowed BETWEEN 0 AND 20),
  maybe_allowed boolean NOT NULL DEFAULT false,
  access text NOT NULL DEFAULT 'members' CHECK (access IN ('members', 'link', 'public')),
  cost text,
  bring text,
  answers_close_at timestamptz,
  late_window_hours integer NOT NULL DEFAULT 24 CHECK (late_window_hours >= 0),
  promotion text NOT NULL DEFAULT 'offer' CHECK (promotion IN ('offer', 'at_once')),
  state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'published', 'cancelled', 'ended')),
  -- Raised by every change of what a mail says about the event.
  revision integer NOT NULL DEFAULT 1,
  own_timeline boolean NOT NULL DEFAULT false,
  published_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text,
  -- The last move: when, and what stood there before ({what, old, new} per line), for "Ci sei ancora?".
  moved_at timestamptz,
  moved_from jsonb,
  room_complete_at timestamptz,
  online_complete_at timestamptz,
  created_by uuid REFERENCES people,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT events_period CHECK (ends_at > starts_at)
);
CREATE INDEX events_chapter ON events (chapter_id, starts_at);
CREATE INDEX events_to_end ON events (ends_at) WHERE state = 'published';

-- The id is the public part of her link.
CREATE TABLE invitations (
  id uuid PRIMARY KEY DEFAULT new_id(),
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  source text NOT NULL CHECK (source IN ('member', 'link', 'public', 'coordinator', 'walk_in')),
  invited_by text,
  invited_by_person_id uuid REFERENCES people,
  calendar_uid text NOT NULL,
  sequence integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT invitations_event_person_key UNIQUE (event_id, person_id)
);
CREATE INDEX invitations_person ON invitations (person_id);

CREATE TABLE rsvps (
  event_id uuid NOT NULL,
  person_id uuid NOT NULL,
  chapter_id uuid NOT NULL REFERENCES chapters,
  state text NOT NULL CHECK (state IN ('going', 'maybe', 'declined', 'waitlisted', 'offered', 'withdrawn')),
  mode text NOT NULL CHECK (mode IN ('room', 'online')),
  -- How many come with her. Their names are in rsvp_guests.
  guests integer NOT NULL DEFAULT 0 CHECK (guests >= 0),
  queued_at timestamptz,
  offer_expires_at timestamptz,
  -- Set when an offer ran out: no other offer until she answers again.
  offer_lapsed_at timestamptz,
  reconfirmed_at timestamptz,
  -- A withdrawal inside the event's late window.
  late boolean NOT NULL DEFAULT false,
  note text,
  visible boolean NOT NULL DEFAULT false,
  source text NOT NULL CHECK (source IN ('link', 'calendar', 'coordinator', 'standing', 'public')),
  answered_at timestamptz NOT NULL,
  PRIMARY KEY (event_id, person_id),
  CONSTRAINT rsvps_invitation_fkey FOREIGN KEY (event_id, person_id) REFERENCES invitations (event_id, person_id),
  CONSTRAINT rsvps_queue CHECK ((state = 'waitlisted') <= (queued_at IS NOT NULL)),
  CONSTRAINT rsvps_offer CHECK ((state = 'offered') = (offer_expires_at IS NOT NULL))
);
CREATE INDEX rsvps_person ON rsvps (person_id);
CREATE INDEX rsvps_notes ON rsvps (event_id) WHERE note IS NOT NULL;
CREATE INDEX rsvps_offers ON rsvps (offer_expires_at) WHERE state = 'offered';

CREATE TABLE rsvp_guests (
  event_id uuid NOT NULL,
  person_id uuid NOT NULL,
  position integer NOT NULL,
  chapter_id uuid NOT NULL REFERENCES chapters,
  name text NOT NULL DEFAULT '',
  email citext,
  PRIMARY KEY (event_id, person_id, position),
  FOREIGN KEY (event_id, person_id) REFERENCES rsvps (event_id, person_id) ON DELETE CASCADE
);

CREATE TABLE rsvp_history (
  id uuid PRIMARY KEY DEFAULT new_id(),
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  state text NOT NULL,
  mode text NOT NULL,
  guests integer NOT NULL,
  source text NOT NULL,
  late boolean NOT NULL DEFAULT false,
  at timestamptz NOT NULL
);
CREATE INDEX rsvp_history_person ON rsvp_history (event_id, person_id, id);
CREATE INDEX rsvp_history_chapter ON rsvp_history (chapter_id, at);
CREATE TRIGGER rsvp_history_append_only BEFORE UPDATE OR DELETE ON rsvp_history
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Presence, apart from intention: a row says that somebody saw her there.
CREATE TABLE attendance (
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people,
  chapter_id uuid NOT NULL REFERENCES chapters,
  mode text NOT NULL CHECK (mode IN ('room', 'online')),
  walk_in boolean NOT NULL DEFAULT false,
  recorded_by uuid REFERENCES people,
  recorded_at timestamptz NOT NULL,
  device text,
  PRIMARY KEY (event_id, person_id)
);
CREATE INDEX attendance_person ON attendance (person_id);
`;
