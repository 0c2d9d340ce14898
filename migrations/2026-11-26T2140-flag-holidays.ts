import { type Kysely, sql } from 'kysely';

/** Dates that fall on a public holiday: whose holidays a chapter keeps, and what becomes of such a date. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
ALTER TABLE chapters
  -- ISO 3166-1; null: no day is a holiday here.
  ADD COLUMN holiday_country text DEFAULT 'IT' CHECK (holiday_country ~ '^[A-Z]{2}$'),
  ADD COLUMN holiday_region text CHECK (holiday_region ~ '^[0-9A-Z-]{1,10}$');

ALTER TABLE series
  ADD COLUMN on_holiday text NOT NULL DEFAULT 'ask' CHECK (on_holiday IN ('ask', 'skip', 'keep'));

ALTER TABLE events
  -- What the holiday is called, by language; null on any other day.
  ADD COLUMN holiday jsonb,
  -- A draft on a holiday waits for this before it publishes itself.
  ADD COLUMN holiday_decided_at timestamptz;
CREATE INDEX events_on_holiday ON events (chapter_id, starts_at)
  WHERE state = 'draft' AND holiday IS NOT NULL AND holiday_decided_at IS NULL;
`;
