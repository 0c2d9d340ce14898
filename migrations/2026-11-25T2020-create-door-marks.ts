import { type Kysely, sql } from 'kysely';

/**
 * Every tap at the door, from whatever phone and in whatever order it was reported: attendance is what the latest tap
 * says. Somebody's guests are ticked on their own.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
CREATE TABLE door_marks (
  event_id uuid NOT NULL REFERENCES events,
  -- A phone's own count of its taps: what is reported twice is one tap.
  device uuid NOT NULL,
  sequence integer NOT NULL,
  chapter_id uuid NOT NULL REFERENCES chapters,
  -- Null while the tap is about somebody whose name another report has still to bring.
  person_id uuid REFERENCES people ON DELETE CASCADE,
  -- The phone's own id for somebody who came without a word.
  walk_in uuid,
  -- Which of her guests; null for herself.
  guest integer CHECK (guest >= 0),
  -- Null: not here after all.
  mode text CHECK (mode IN ('room', 'online')),
  tapped_at timestamptz NOT NULL,
  recorded_by uuid REFERENCES people,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (event_id, device, sequence),
  CONSTRAINT door_marks_of_somebody CHECK (person_id IS NOT NULL OR walk_in IS NOT NULL)
);
CREATE INDEX door_marks_person ON door_marks (person_id, event_id, tapped_at);
CREATE INDEX door_marks_walk_in ON door_marks (event_id, walk_in) WHERE walk_in IS NOT NULL;
CREATE INDEX door_marks_recorder ON door_marks (recorded_by);

-- Who a walk-in turned out to be: one person, however often a phone brings her name.
CREATE TABLE door_walk_ins (
  event_id uuid NOT NULL REFERENCES events,
  id uuid NOT NULL,
  chapter_id uuid NOT NULL REFERENCES chapters,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  PRIMARY KEY (event_id, id)
);
CREATE INDEX door_walk_ins_person ON door_walk_ins (person_id);

-- A guest whom somebody saw there. She has no row of her own among the people; the member who brought her has.
CREATE TABLE guest_attendance (
  event_id uuid NOT NULL REFERENCES events,
  person_id uuid NOT NULL REFERENCES people ON DELETE CASCADE,
  position integer NOT NULL CHECK (position >= 0),
  chapter_id uuid NOT NULL REFERENCES chapters,
  mode text NOT NULL CHECK (mode IN ('room', 'online')),
  recorded_by uuid REFERENCES people,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (event_id, person_id, position)
);
CREATE INDEX guest_attendance_person ON guest_attendance (person_id);
`)
    .execute(db);
}
