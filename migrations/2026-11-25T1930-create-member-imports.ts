import { type Kysely, sql } from 'kysely';

/** Files of people on their way into a chapter, kept for as long as that takes; and who took whom in. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(ddl).execute(db);
}

const ddl = `
-- Whom a first mail names as the one who gave us her address; null where a program or a command did.
ALTER TABLE memberships ADD COLUMN added_by uuid REFERENCES people;
CREATE INDEX memberships_added_by ON memberships (added_by) WHERE added_by IS NOT NULL;
-- Some hundreds of people of one chapter at a time.
CREATE INDEX memberships_chapter_person ON memberships (chapter_id, person_id);

CREATE TABLE member_imports (
  id uuid PRIMARY KEY DEFAULT new_id(),
  chapter_id uuid NOT NULL REFERENCES chapters,
  created_by uuid NOT NULL REFERENCES people,
  file_name text NOT NULL,
  encoding text NOT NULL,
  delimiter text NOT NULL,
  -- Whether the first line names the columns; the lines begin with it in any case.
  has_header boolean NOT NULL,
  first_line integer NOT NULL,
  width integer NOT NULL,
  -- What each column is; null until she has said so.
  columns text[],
  -- Whether those who left the chapter are taken in again.
  returning_allowed boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'uploaded' CHECK (state IN ('uploaded', 'checked', 'running', 'done')),
  total integer NOT NULL,
  handled integer NOT NULL DEFAULT 0,
  created integer NOT NULL DEFAULT 0,
  updated integer NOT NULL DEFAULT 0,
  unchanged integer NOT NULL DEFAULT 0,
  rejected integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  done_at timestamptz
);
CREATE INDEX member_imports_chapter ON member_imports (chapter_id, id);
CREATE INDEX member_imports_running ON member_imports (started_at) WHERE state = 'running';
CREATE INDEX member_imports_age ON member_imports (created_at);
CREATE INDEX member_imports_creator ON member_imports (created_by);

CREATE TABLE member_import_lines (
  import_id uuid NOT NULL REFERENCES member_imports ON DELETE CASCADE,
  chapter_id uuid NOT NULL REFERENCES chapters,
  line integer NOT NULL,
  cells text[] NOT NULL,
  -- What will become of the line, and then what became of it.
  outcome text CHECK (outcome IN ('created', 'joined', 'returned', 'updated', 'unchanged', 'rejected')),
  reason text,
  -- An earlier line with the same address.
  other_line integer,
  changes jsonb,
  handled boolean NOT NULL DEFAULT false,
  PRIMARY KEY (import_id, line)
);
CREATE INDEX member_import_lines_outcome ON member_import_lines (import_id, outcome, line);
CREATE INDEX member_import_lines_open ON member_import_lines (import_id, line) WHERE NOT handled;
`;
