import { sql } from 'kysely';
import type { Db } from '../../server/db/database.ts';

/** What somebody might type who means harm: as HTML, an attribute, an address, Markdown or Liquid. */
export const planted = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' autofocus onfocus='alert(1)",
  'javascript:alert(1)',
  '[clicca](javascript:alert(1))',
  '![x](https://evil.example/x.gif)',
  '{{ links.signIn }}{% if x %}{% endif %}',
  '</textarea><svg onload=alert(1)>',
  '</title></script><iframe srcdoc="<script>alert(1)</script>">',
  '<a href="//evil.example" onclick="alert(1)">x</a>',
];

/** Every text that a member, a guest, somebody at the door or a file can have brought in, by table. */
const brought: Record<string, readonly string[]> = {
  people: ['first_name', 'last_name', 'phone'],
  profiles: ['ask_me', 'work', 'seeks', 'offers', 'website'],
  rsvps: ['note'],
  rsvp_guests: ['name'],
  invitations: ['invited_by'],
  question_answers: ['value'],
  pitch_notes: ['text'],
  feedback_answers: ['value'],
  member_imports: ['file_name'],
  merged_people: ['first_name', 'last_name'],
  join_requests: ['name', 'line'],
};
const cells: Record<string, string> = { member_import_lines: 'cells' };

/**
 * Columns that hold words, and whose words nobody from outside writes: a coordinator's own, ours, or codes. A new
 * column stands here or above, or the test fails.
 */
const trusted = new Set([
  ...[
    'networks',
    'chapters',
    'events',
    'event_questions',
    'series',
    'texts',
    'figures',
    'messages',
    'timeline_rules',
  ],
  ...['memberships', 'mailings', 'deliveries', 'audit_log', 'api_tokens', 'preferences', 'suppressions'],
  ...[
    'idempotency_keys',
    'sign_in_links',
    'sessions',
    'rsvp_history',
    'consents',
    'attendance',
    'door_marks',
    'person_notes',
  ],
  ...[
    'guest_attendance',
    'former_addresses',
    'message_people',
    'mail_rate',
    'mail_reports',
    'feedback_questions',
    'standing_yeses',
  ],
  ...['meet_wishes', 'introductions', 'introduction_sides'],
  ...['thanks_lines', 'event_links'],
  ...['directory_entries', 'event_sums', 'retention_runs'],
  ...['calendar_replies'],
]);

/** Puts the planted words wherever somebody from outside could have, a different one in each row. */
export async function plant(db: Db): Promise<void> {
  const words = sql`(${planted}::text[])`;
  for (const [table, columns] of Object.entries(brought)) {
    for (const [at, column] of columns.entries()) {
      await sql`update ${sql.table(table)} t set ${sql.ref(column)} = left(
          ${words}[1 + (('x' || substr(md5(t::text), 1, 6))::bit(24)::int + ${at}) % ${planted.length}], 200)
        where ${sql.ref(column)} is not null`.execute(db);
    }
  }
  for (const [table, column] of Object.entries(cells)) {
    await sql`update ${sql.table(table)} set ${sql.ref(column)} =
      (select array_agg(${words}[1 + (n % ${planted.length})]) from generate_series(1, cardinality(${sql.ref(column)})) n)`.execute(
      db,
    );
  }
  // An address can hold what an attribute ends with; it is a person's own all the same.
  await sql`update people set email = 'x''onload=x''' || substr(id::text, 30) || '@example.org'
    where id in (select person_id from rsvps where state = 'maybe')`.execute(db);
}

/** The tables of words that are neither planted nor known to be ours: somebody has to say which they are. */
export async function unknownTables(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct c.table_name as name from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name not like 'kysely%'
      and (c.data_type in ('text', 'ARRAY', 'jsonb') or c.udt_name = 'citext')`.execute(db);
  const known = new Set([...Object.keys(brought), ...Object.keys(cells), ...trusted]);
  return rows.map(({ name }) => name).filter((name) => !known.has(name));
}
