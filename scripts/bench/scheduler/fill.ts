import type { Pool } from 'pg';
import { dropIndexes } from '../network.ts';

/** How much lies in the ledger: deliveries that are long done, and a tenth as many mailings that are planned. */
export type Past = { deliveries: number };

const perMailing = 100;

/**
 * Fills a database that has its chapter: old events whose invitation went to a hundred people each, and events of the
 * coming year with four mailings planned for each and an alarm set for each mailing.
 * @param sample an alarm that is set, as the queue writes it; the others are like it
 */
export async function fillLedger(
  pool: Pool,
  { deliveries }: Past,
  sample: { mailingId: string },
  say: (line: string) => void,
): Promise<void> {
  const scale = {
    ':events': Math.ceil(deliveries / perMailing),
    ':coming': Math.ceil(deliveries / 40),
    ':people': Math.max(perMailing, Math.ceil(deliveries / 100)),
    ':each': perMailing,
    ':sample': `'${sample.mailingId}'`,
  };
  const client = await pool.connect();
  try {
    // The rows are consistent by construction; asking every foreign key would take most of the time.
    await client.query('SET session_replication_role = replica; SET synchronous_commit = off');
    const putBack = await dropIndexes(client);
    for (const [what, statement] of steps) {
      const filled = Object.entries(scale).reduce(
        (text, [key, value]) => text.replaceAll(key, `${value}`),
        statement,
      );
      const { rowCount } = await client.query(filled);
      say(`  ${what}: ${rowCount?.toLocaleString('en')}`);
    }
    say('  indexes');
    for (const statement of putBack) await client.query(statement);
    await client.query('RESET session_replication_role');
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  } finally {
    client.release(true);
  }
}

const id = (kind: number, number: string) =>
  `(lpad(to_hex(${kind}), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
const chapter = '(SELECT id FROM chapters LIMIT 1)';

const steps: readonly (readonly [string, string])[] = [
  [
    'people',
    `INSERT INTO people (id, email, first_name, last_name, source)
     SELECT ${id(2, 'n')}, 'persona' || n || '@example.org', 'Giulia', 'Rossi ' || n, 'bench'
     FROM generate_series(0, :people - 1) n`,
  ],
  [
    'old events',
    `INSERT INTO events (id, chapter_id, title, format, time_zone, starts_at, ends_at, state, published_at)
     SELECT ${id(3, 'n')}, ${chapter}, 'Incontro ' || n, 'in_person', 'Europe/Rome', at, at + interval '2 hours', 'ended', at
     FROM generate_series(0, :events - 1) n, LATERAL (SELECT now() - make_interval(mins => 1000 + n)) AS moment (at)`,
  ],
  [
    'old mailings',
    `INSERT INTO mailings (id, chapter_id, event_id, kind, template, audience, cause, due_at, state, started_at, done_at)
     SELECT ${id(4, 'n')}, ${chapter}, ${id(3, 'n')}, 'invitation', 'invitation', 'members', 'old:' || n, at, 'done', at, at
     FROM generate_series(0, :events - 1) n, LATERAL (SELECT now() - make_interval(mins => 1000 + n)) AS moment (at)`,
  ],
  [
    'old deliveries',
    `INSERT INTO deliveries (mailing_id, person_id, chapter_id, event_id, kind, state, priority, attempts,
       first_queued_at, dated_at, message_id, response, sent_at)
     SELECT ${id(4, 'n')}, ${id(2, '(n * :each::bigint + m) % :people')}, ${chapter}, ${id(3, 'n')}, 'invitation',
       CASE WHEN m = 99 AND n % 10 = 0 THEN 'failed' ELSE 'sent' END, 1, 1, at, at, '<' || n || '.' || m || '@example.org>',
       '250 2.0.0 Ok', at
     FROM generate_series(0, :events - 1) n, generate_series(0, :each - 1) m,
       LATERAL (SELECT now() - make_interval(mins => 1000 + n)) AS moment (at)`,
  ],
  [
    'old invitations',
    `INSERT INTO invitations (event_id, person_id, chapter_id, source, calendar_uid, created_at)
     SELECT ${id(3, 'n')}, ${id(2, '(n * :each::bigint + m) % :people')}, ${chapter}, 'member', n || '.' || m || '@example.org', now()
     FROM generate_series(0, :events - 1) n, generate_series(0, 9) m`,
  ],
  [
    'old answers',
    `INSERT INTO rsvps (event_id, person_id, chapter_id, state, mode, source, answered_at)
     SELECT event_id, person_id, chapter_id, 'going', 'room', 'link', created_at FROM invitations`,
  ],
  [
    'events to come',
    `INSERT INTO events (id, chapter_id, title, format, time_zone, starts_at, ends_at, state, published_at)
     SELECT ${id(5, 'n')}, ${chapter}, 'Incontro a venire ' || n, 'in_person', 'Europe/Rome', at, at + interval '2 hours',
       'published', now()
     FROM generate_series(0, :coming - 1) n,
       LATERAL (SELECT now() + interval '10 days' + make_interval(mins => n * 2)) AS moment (at)`,
  ],
  [
    'planned mailings',
    `INSERT INTO mailings (id, chapter_id, event_id, kind, template, audience, cause, due_at, state)
     SELECT ${id(6, 'n * 4::bigint + k')}, ${chapter}, ${id(5, 'n')}, kind, kind, audience, kind || ':' || n || ':' || k,
       now() + interval '10 days' + make_interval(mins => n * 2) + after, 'planned'
     FROM generate_series(0, :coming - 1) n, LATERAL (VALUES
       (0, 'reminder', 'going', interval '-7 days'), (1, 'reminder', 'going', interval '-1 day'),
       (2, 'thanks', 'going', interval '15 hours'), (3, 'feedback', 'attended', interval '3 days')) AS mail (k, kind, audience, after)`,
  ],
  [
    'alarms',
    `INSERT INTO pgboss.job
     SELECT alarm.*
     FROM (SELECT * FROM pgboss.job WHERE singleton_key = :sample LIMIT 1) j, mailings m,
       -- A row of its own, or it would be made anew for each of its columns.
       LATERAL jsonb_populate_record(null::pgboss.job, to_jsonb(j) || jsonb_build_object(
         'id', gen_random_uuid(), 'singleton_key', m.id, 'start_after', m.due_at, 'state', 'created',
         'data', jsonb_build_object('mailingId', m.id, 'revision', 1))) AS alarm
     WHERE m.id::text LIKE '00000006-%'`,
  ],
];
