import type { Pool, PoolClient } from 'pg';

/** How large a network is made. Every chapter has the same 500 members and 25 events: only the number of chapters grows. */
export type NetworkSize = { chapters: number };

const membersPerChapter = 500;
const eventsPerChapter = 25;

/** What each kind of row is numbered under. */
const kinds = { chapter: 1, person: 2, event: 3, series: 6, message: 7, import: 8 };

/** The id that a chapter's nth event, member, message or import is given here; a series is the chapter's only one. */
export function seedId(what: keyof typeof kinds, chapter: number, n: number): string {
  const number = what === 'person' ? chapter * membersPerChapter + n : n * 65_536 + chapter;
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return `${hex(kinds[what], 8)}-0000-7000-8000-${hex(number, 12)}`;
}

/**
 * Fills an empty, migrated database with a network in the middle of its life: two years of monthly events, of which 22
 * are over, two are to come and one is a draft; everybody invited, half of them answering, four in five of those who
 * said yes seen there, and every mail of it in the ledger; a series with twenty who always come, four messages to the
 * group, two imports. Written in the order in which it would have come about, so
 * that the rows of one chapter lie scattered among those of all.
 */
export async function makeNetwork(
  pool: Pool,
  { chapters }: NetworkSize,
  now: Date,
  say: (line: string) => void,
): Promise<void> {
  const client = await pool.connect();
  try {
    // The rows are consistent by construction; asking every foreign key would take most of the time.
    await client.query(`SET session_replication_role = replica; SET synchronous_commit = off`);
    await client.query(`CREATE FUNCTION pg_temp.seed_id(kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS
      $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$`);
    const putBack = await dropIndexes(client);
    const scale = { ':chapters': chapters, ':members': membersPerChapter, ':events': eventsPerChapter };
    for (const [what, statement] of steps) {
      const filled = Object.entries(scale).reduce(
        (text, [key, value]) => text.replaceAll(key, `${value}`),
        statement,
      );
      const { rowCount } = await client.query(
        filled.replaceAll(':now', `timestamptz '${now.toISOString()}'`),
      );
      say(`  ${what}: ${rowCount?.toLocaleString('en')}`);
    }
    say('  indexes');
    for (const statement of putBack) await client.query(statement);
    await client.query('VACUUM ANALYZE');
  } finally {
    client.release(true);
  }
}

/** Takes away every index that is no constraint: made at the end, they take a third of the time. */
export async function dropIndexes(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ name: string; says: string }>(
    `SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS says
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)`,
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  return rows.map(({ says }) => says);
}

// In each: c is the chapter's number from 0, m the member's within it, n the event's within it from 0, over all e, by which
// ids rise in time.
const event = `(SELECT c, n, n * 65536::bigint + c AS e, :now + make_interval(days => (n - 22) * 30 + 7) AS starts_at
  FROM generate_series(0, :events - 1) n, generate_series(0, :chapters - 1) c) AS event`;
const member = `generate_series(0, :members - 1) m`;
const answer = `(m * 7 + n * 13 + c) % 20`;

const steps: readonly (readonly [string, string])[] = [
  ['network', `INSERT INTO networks (name, locale) VALUES ('Rete di misura', 'it')`],
  [
    'chapters',
    `INSERT INTO chapters (id, slug, name, time_zone, created_at)
     SELECT pg_temp.seed_id(1, c), 'gruppo-' || c, 'Gruppo ' || c, 'Europe/Rome', :now - interval '2 years'
     FROM generate_series(0, :chapters - 1) c`,
  ],
  [
    'people',
    `INSERT INTO people (id, email, first_name, last_name, source, created_at)
     SELECT pg_temp.seed_id(2, c * :members + m), 'socia' || m || '@gruppo' || c || '.example',
       (array['Giulia','Sara','Elena','Marta','Chiara','Paola','Lucia','Silvia','Anna','Ada'])[1 + (m + c) % 10],
       (array['Rossi','Bianchi','Conti','Ferri','Galli','Neri','Moretti','Riva','Fontana'])[1 + (m * 3 + c) % 9] || ' ' || m,
       'import', :now - make_interval(days => 730 - m)
     FROM ${member}, generate_series(0, :chapters - 1) c`,
  ],
  [
    'memberships',
    `INSERT INTO memberships (chapter_id, person_id, role, starts_at, source)
     SELECT pg_temp.seed_id(1, c), pg_temp.seed_id(2, c * :members + m),
       CASE WHEN m = 0 THEN 'coordinator' ELSE 'member' END, :now - make_interval(days => 730 - m), 'import'
     FROM ${member}, generate_series(0, :chapters - 1) c`,
  ],
  ['administrators', `INSERT INTO network_administrators (person_id) VALUES (pg_temp.seed_id(2, 0))`],
  [
    'events',
    `INSERT INTO events (id, chapter_id, title, description, format, venue_name, venue_address, time_zone, starts_at,
       ends_at, state, published_at, room_complete_at, created_at, series_id, recurrence_on)
     SELECT pg_temp.seed_id(3, e), pg_temp.seed_id(1, c), 'Aperitivo di rete ' || n, 'Una sera **insieme**.', 'in_person',
       'Enoteca Storica', 'Via Marsala 2', 'Europe/Rome', starts_at, starts_at + interval '2 hours',
       CASE WHEN n < 22 THEN 'ended' WHEN n < 24 THEN 'published' ELSE 'draft' END,
       CASE WHEN n < 24 THEN least(starts_at - interval '20 days', :now - interval '1 day') END,
       CASE WHEN n < 22 THEN starts_at + interval '3 hours' END, starts_at - interval '21 days',
       CASE WHEN n IN (22, 23) THEN pg_temp.seed_id(6, c) END, CASE WHEN n IN (22, 23) THEN starts_at::date END
     FROM ${event}`,
  ],
  [
    'series',
    `INSERT INTO series (id, chapter_id, rule, starts_on, starts_at_time, minutes, time_zone, title, format, venue_name,
       publish_days_before, made_until, looked_at)
     SELECT pg_temp.seed_id(6, c), pg_temp.seed_id(1, c), 'FREQ=MONTHLY;BYDAY=1TH', :now::date, '18:30', 120, 'Europe/Rome',
       'Aperitivo di rete', 'in_person', 'Enoteca Storica', 14, :now::date + 60, :now
     FROM generate_series(0, :chapters - 1) c`,
  ],
  [
    'co-hosts that are asked',
    // The next event but one of each chapter, by its neighbour.
    `INSERT INTO event_cohosts (event_id, chapter_id, asked_at)
     SELECT pg_temp.seed_id(3, e), pg_temp.seed_id(1, c # 1), :now FROM ${event} WHERE n = 23`,
  ],
  [
    'who always comes',
    `INSERT INTO standing_yeses (series_id, person_id, chapter_id, source, given_at)
     SELECT pg_temp.seed_id(6, c), pg_temp.seed_id(2, c * :members + m), pg_temp.seed_id(1, c), 'link', :now
     FROM generate_series(0, :chapters - 1) c, generate_series(1, 20) m`,
  ],
  [
    'messages',
    `INSERT INTO messages (id, chapter_id, subject, body, audience, created_by, mailing_id, created_at)
     SELECT pg_temp.seed_id(7, k * 65536 + c), pg_temp.seed_id(1, c), 'Notizie ' || k, 'Ciao, una **notizia**.', 'members',
       pg_temp.seed_id(2, c * :members), CASE WHEN k > 0 THEN pg_temp.seed_id(9, k * 65536 + c) END,
       :now - make_interval(days => k * 30)
     FROM generate_series(0, :chapters - 1) c, generate_series(0, 4) k`,
  ],
  [
    'mailings of messages',
    `INSERT INTO mailings (id, chapter_id, kind, template, audience, message_id, cause, due_at, state, started_at, done_at)
     SELECT mailing_id, chapter_id, 'announcement', 'announcement', 'message', id, 'message:' || id, created_at, 'done',
       created_at, created_at + interval '1 minute'
     FROM messages WHERE mailing_id IS NOT NULL`,
  ],
  [
    'imports',
    `INSERT INTO member_imports (id, chapter_id, created_by, file_name, encoding, delimiter, has_header, first_line, width,
       columns, state, total, handled, created, created_at, started_at, done_at)
     SELECT pg_temp.seed_id(8, k * 65536 + c), pg_temp.seed_id(1, c), pg_temp.seed_id(2, c * :members), 'socie.csv', 'utf-8',
       ';', true, 1, 2, CASE WHEN k = 0 THEN array['email', 'firstName'] END, CASE WHEN k = 0 THEN 'done' ELSE 'uploaded' END,
       200, CASE WHEN k = 0 THEN 200 ELSE 0 END, CASE WHEN k = 0 THEN 200 ELSE 0 END, :now,
       CASE WHEN k = 0 THEN :now END, CASE WHEN k = 0 THEN :now END
     FROM generate_series(0, :chapters - 1) c, generate_series(0, 1) k`,
  ],
  [
    'lines of imports',
    `INSERT INTO member_import_lines (import_id, chapter_id, line, cells, outcome, reason, handled)
     SELECT i.id, i.chapter_id, l, array['nuova' || l || '@example.org', 'Nuova'],
       CASE WHEN i.state = 'done' THEN CASE WHEN l % 20 = 0 THEN 'rejected' ELSE 'created' END END,
       CASE WHEN i.state = 'done' AND l % 20 = 0 THEN 'bad_address' END, i.state = 'done'
     FROM member_imports i, generate_series(2, 201) l`,
  ],
  [
    'invitations',
    `INSERT INTO invitations (event_id, person_id, chapter_id, source, calendar_uid, created_at)
     SELECT pg_temp.seed_id(3, e), pg_temp.seed_id(2, c * :members + m), pg_temp.seed_id(1, c), 'member',
       e || '-' || m || '@ritrovo.example', starts_at - interval '20 days'
     FROM ${event}, ${member} WHERE n < 24 ORDER BY e, m`,
  ],
  [
    'answers',
    `INSERT INTO rsvps (event_id, person_id, chapter_id, state, mode, source, answered_at)
     SELECT pg_temp.seed_id(3, e), pg_temp.seed_id(2, c * :members + m), pg_temp.seed_id(1, c),
       CASE WHEN ${answer} < 5 THEN 'going' WHEN ${answer} < 9 THEN 'declined' ELSE 'maybe' END, 'room', 'link',
       least(starts_at - make_interval(days => 1 + m % 18), :now - interval '1 hour') AS at
     FROM ${event}, ${member} WHERE n < 24 AND ${answer} < 10 ORDER BY at, c`,
  ],
  [
    'history of answers',
    `INSERT INTO rsvp_history (event_id, person_id, chapter_id, state, mode, guests, source, at)
     SELECT event_id, person_id, chapter_id, state, mode, guests, source, answered_at FROM rsvps`,
  ],
  [
    'attendance',
    `INSERT INTO attendance (event_id, person_id, chapter_id, mode, recorded_at)
     SELECT pg_temp.seed_id(3, e), pg_temp.seed_id(2, c * :members + m), pg_temp.seed_id(1, c), 'room', starts_at
     FROM ${event}, ${member} WHERE n < 22 AND ${answer} < 4 ORDER BY e`,
  ],
  [
    'mailings to many',
    `INSERT INTO mailings (id, chapter_id, event_id, kind, template, audience, cause, due_at, state, started_at, done_at)
     SELECT pg_temp.seed_id(4, e * 4 + k), pg_temp.seed_id(1, c), pg_temp.seed_id(3, e), kind, kind, audience,
       kind || ':' || e, due_at, CASE WHEN due_at < :now THEN 'done' ELSE 'planned' END,
       CASE WHEN due_at < :now THEN due_at END, CASE WHEN due_at < :now THEN due_at + interval '1 minute' END
     FROM ${event}, LATERAL (VALUES
       (0, 'invitation', 'members', starts_at - interval '20 days'),
       (1, 'reminder', 'going', starts_at - interval '1 day'),
       (2, 'thanks_attended', 'attended', starts_at + interval '15 hours')) AS mail (k, kind, audience, due_at)
     WHERE n < 24`,
  ],
  [
    'confirmations',
    `INSERT INTO mailings (id, chapter_id, event_id, kind, template, person_id, cause, due_at, state, started_at, done_at)
     SELECT pg_temp.seed_id(5, e * :members + m), pg_temp.seed_id(1, c), pg_temp.seed_id(3, e), 'confirmation',
       'confirmation', pg_temp.seed_id(2, c * :members + m), 'confirmation:' || e || ':' || m, at, 'done', at, at
     FROM ${event}, ${member}, LATERAL (SELECT starts_at - make_interval(days => 1 + m % 18)) AS answered (at)
     WHERE n < 22 AND ${answer} < 5`,
  ],
  [
    'deliveries',
    `INSERT INTO deliveries (mailing_id, person_id, chapter_id, event_id, kind, state, priority, attempts,
       first_queued_at, message_id, response, sent_at)
     SELECT mailing_id, pg_temp.seed_id(2, c * :members + m), pg_temp.seed_id(1, c), pg_temp.seed_id(3, e), kind,
       CASE WHEN m % 100 = 99 THEN 'failed' ELSE 'sent' END, 1, 1, at, e || '.' || m || '@ritrovo.example',
       CASE WHEN m % 100 = 99 THEN '550 5.1.1 user unknown' ELSE '250 2.0.0 Ok' END,
       CASE WHEN m % 100 <> 99 THEN at END
     FROM ${event}, ${member}, LATERAL (VALUES
       ('invitation', pg_temp.seed_id(4, e * 4), 20, starts_at - interval '20 days'),
       ('confirmation', pg_temp.seed_id(5, e * :members + m), 5, starts_at - make_interval(days => 1 + m % 18)),
       ('reminder', pg_temp.seed_id(4, e * 4 + 1), 5, starts_at - interval '1 day'),
       ('thanks_attended', pg_temp.seed_id(4, e * 4 + 2), 4, starts_at + interval '15 hours')) AS mail (kind, mailing_id, below, at)
     WHERE n < 24 AND ${answer} < below AND at < :now AND (n < 22 OR kind = 'invitation')
     ORDER BY at`,
  ],
  [
    'deliveries of messages',
    `INSERT INTO deliveries (mailing_id, person_id, chapter_id, kind, state, priority, attempts, first_queued_at, message_id,
       response, sent_at)
     SELECT w.mailing_id, m.person_id, w.chapter_id, 'announcement', 'sent', 1, 1, w.created_at,
       w.id || '.' || m.id || '@ritrovo.example', '250 2.0.0 Ok', w.created_at
     FROM messages w JOIN memberships m ON m.chapter_id = w.chapter_id
     WHERE w.mailing_id IS NOT NULL ORDER BY w.created_at`,
  ],
];
