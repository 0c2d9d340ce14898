import { type Kysely, sql } from 'kysely';

/** A coordinator's own words in place of a mail's template: of the network, of a chapter, or of one event. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`
-- Rows are never changed but for their end, so that what is undone can come back, and a repeated mail can be the same.
CREATE TABLE texts (
  id uuid PRIMARY KEY DEFAULT new_id(),
  -- Null: the network's.
  chapter_id uuid REFERENCES chapters,
  -- Null: the chapter's, or the network's.
  event_id uuid REFERENCES events,
  -- The template whose place it takes.
  kind text NOT NULL,
  locale text NOT NULL CHECK (locale IN ('it', 'en')),
  subject text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  -- Who wrote it, as in audit_log.
  actor text NOT NULL CHECK (actor IN ('person', 'api_token', 'cli', 'system')),
  actor_id uuid,
  -- When it gave way to another one, or to the original. Null: it is the one in use.
  until timestamptz,
  CONSTRAINT texts_event_of_chapter CHECK (event_id IS NULL OR chapter_id IS NOT NULL)
);
CREATE UNIQUE INDEX texts_in_use ON texts (chapter_id, event_id, kind, locale) NULLS NOT DISTINCT WHERE until IS NULL;
CREATE INDEX texts_history ON texts (chapter_id, event_id, kind, locale, id);
-- The words that a mail was last written with: an uncertain one is repeated with the same.
ALTER TABLE deliveries ADD COLUMN text_id uuid REFERENCES texts;
`)
    .execute(db);
}
