import { type Kysely, sql } from 'kysely';

/** A code beside each sign-in link, sessions that can be told apart, handovers, the link of the first run. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- The code that the same mail carries: a keyed hash, good in the one browser that asked, for a few tries.
ALTER TABLE sign_in_links
  ADD COLUMN code_hash text,
  ADD COLUMN browser_hash bytea,
  ADD COLUMN code_tries integer NOT NULL DEFAULT 0;
CREATE INDEX sign_in_links_browser ON sign_in_links (browser_hash) WHERE browser_hash IS NOT NULL;

-- "Safari · iPhone": what its owner knows it by, not all that a browser says of itself.
ALTER TABLE sessions ADD COLUMN device text;

-- How a chapter addresses its people, where it differs from the network.
ALTER TABLE chapters ADD COLUMN form text CHECK (form IN ('feminine', 'masculine', 'neutral'));

-- A dated pair of memberships: one ends on a date, the other has begun.
CREATE TABLE handovers (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  outgoing_membership_id uuid NOT NULL REFERENCES memberships ON DELETE CASCADE,
  incoming_membership_id uuid NOT NULL REFERENCES memberships ON DELETE CASCADE,
  -- Whether the handover made her a coordinator: taking it back then takes that back too.
  incoming_is_new boolean NOT NULL,
  takes_effect_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  taken_back_at timestamptz
);
CREATE UNIQUE INDEX handovers_outgoing_key ON handovers (outgoing_membership_id) WHERE taken_back_at IS NULL;
CREATE INDEX handovers_incoming ON handovers (incoming_membership_id);
CREATE INDEX handovers_chapter ON handovers (chapter_id, takes_effect_at);

-- Links that lead through the first run, as hashes; none is left once the network exists.
CREATE TABLE set_up_links (
  token_hash bytea PRIMARY KEY,
  created_at timestamptz NOT NULL
);

-- The administrator's list of chapters, by name.
CREATE INDEX chapters_name ON chapters (name COLLATE "it-x-icu", id);
`)
    .execute(db);
}
