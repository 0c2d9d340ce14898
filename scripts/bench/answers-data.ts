import type { Pool } from 'pg';

/** Events that many answer at once (one for each pair and side), and events that few answer each. */
export const hotEvents = 12;
export const spreadEvents = 1000;
/** The seats of every event, and how many are invited to a hot one and to one of the others. */
export const seats = 1000;
export const invitedTo = { hot: seats, spread: 20 } as const;

/** Whom an invitation asks to what: all that her link is made of. */
export type Invited = { id: string; eventId: string; personId: string };

/** Events that are over, and how many came to each: what is asked of a table depends on what lies in it. */
const pastEvents = 200;
const pastAnswers = 100;

const kinds = { chapter: 1, person: 2, event: 3, invitation: 4, pastEvent: 5 } as const;

function idOf(kind: keyof typeof kinds, number: number): string {
  return `${kinds[kind].toString(16).padStart(8, '0')}-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

export const chapterId = idOf('chapter', 0);
export const eventIdOf = (kind: 'hot' | 'spread', number: number) =>
  idOf('event', kind === 'hot' ? number : hotEvents + number);

/** The nth person invited to an event. */
export function invitedOf(kind: 'hot' | 'spread', event: number, n: number): Invited {
  const number =
    kind === 'hot' ? event * invitedTo.hot + n : hotEvents * invitedTo.hot + event * invitedTo.spread + n;
  return { id: idOf('invitation', number), eventId: eventIdOf(kind, event), personId: idOf('person', 1 + n) };
}

/**
 * Fills an empty, migrated database: one group of a thousand members, its events of next week with everybody invited, and
 * two hundred that are over with their answers and the mails that confirmed them.
 */
export async function makeAnswerable(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`CREATE FUNCTION pg_temp.id_of(kind int, n int) RETURNS uuid IMMUTABLE LANGUAGE sql AS
      $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$`);
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
    await client.query('VACUUM ANALYZE');
  } finally {
    client.release(true);
  }
}

const statements = [
  `INSERT INTO networks (name) VALUES ('Rete di misura')`,
  `INSERT INTO chapters (id, slug, name, time_zone, reply_to) VALUES ('${chapterId}', 'bologna', 'Bologna', 'Europe/Rome', 'bologna@rete.example')`,
  // The first one coordinates.
  `INSERT INTO people (id, email, first_name, last_name, source)
   SELECT pg_temp.id_of(${kinds.person}, n), 'socia' || n || '@rete.example', (array['Giulia','Sara','Elena','Marta','Anna'])[1 + n % 5],
     (array['Rossi','Bianchi','Conti','Ferri','Galli','Neri','Riva'])[1 + n % 7], 'import'
   FROM generate_series(0, ${seats}) n`,
  `INSERT INTO memberships (chapter_id, person_id, role, source)
   SELECT '${chapterId}', id, CASE WHEN id = pg_temp.id_of(${kinds.person}, 0) THEN 'coordinator' ELSE 'member' END, 'import' FROM people`,
  `INSERT INTO events (id, chapter_id, title, description, format, venue_name, venue_address, time_zone, starts_at, ends_at,
     seats_room, cost, state, access, published_at, created_by)
   SELECT pg_temp.id_of(${kinds.event}, n), '${chapterId}', 'Aperitivo di rete', 'Una sera **insieme**, per conoscersi di persona.

Alle 19 un minuto a testa per chi si presenta; poi il buffet.', 'in_person', 'Enoteca Storica', 'Via Marsala 2, Bologna',
     'Europe/Rome', date_trunc('day', now()) + interval '7 days 18 hours', date_trunc('day', now()) + interval '7 days 20 hours',
     ${seats}, '15 €, si paga sul posto', 'published', 'public', now() - interval '1 day', pg_temp.id_of(${kinds.person}, 0)
   FROM generate_series(0, ${hotEvents + spreadEvents - 1}) n`,
  `INSERT INTO invitations (id, event_id, person_id, chapter_id, source, calendar_uid)
   SELECT pg_temp.id_of(${kinds.invitation}, e * ${invitedTo.hot} + n), pg_temp.id_of(${kinds.event}, e),
     pg_temp.id_of(${kinds.person}, 1 + n), '${chapterId}', 'member', 'hot-' || e || '-' || n || '@rete.example'
   FROM generate_series(0, ${hotEvents - 1}) e, generate_series(0, ${invitedTo.hot - 1}) n`,
  `INSERT INTO invitations (id, event_id, person_id, chapter_id, source, calendar_uid)
   SELECT pg_temp.id_of(${kinds.invitation}, ${hotEvents * invitedTo.hot} + e * ${invitedTo.spread} + n),
     pg_temp.id_of(${kinds.event}, ${hotEvents} + e), pg_temp.id_of(${kinds.person}, 1 + n), '${chapterId}', 'member',
     'spread-' || e || '-' || n || '@rete.example'
   FROM generate_series(0, ${spreadEvents - 1}) e, generate_series(0, ${invitedTo.spread - 1}) n`,
  `INSERT INTO events (id, chapter_id, title, format, venue_name, time_zone, starts_at, ends_at, state, published_at)
   SELECT pg_temp.id_of(${kinds.pastEvent}, n), '${chapterId}', 'Aperitivo di rete', 'in_person', 'Enoteca Storica', 'Europe/Rome',
     now() - make_interval(days => 7 + n), now() - make_interval(days => 7 + n) + interval '2 hours', 'ended',
     now() - make_interval(days => 21 + n)
   FROM generate_series(0, ${pastEvents - 1}) n`,
  `INSERT INTO invitations (event_id, person_id, chapter_id, source, calendar_uid, sequence)
   SELECT pg_temp.id_of(${kinds.pastEvent}, e), pg_temp.id_of(${kinds.person}, 1 + n), '${chapterId}', 'member',
     'past-' || e || '-' || n || '@rete.example', 1
   FROM generate_series(0, ${pastEvents - 1}) e, generate_series(0, ${pastAnswers - 1}) n`,
  `INSERT INTO rsvps (event_id, person_id, chapter_id, state, mode, source, answered_at)
   SELECT e.id, i.person_id, '${chapterId}', 'going', 'room', 'link', e.published_at + interval '1 day'
   FROM events e JOIN invitations i ON i.event_id = e.id WHERE e.state = 'ended'`,
  `INSERT INTO rsvp_history (event_id, person_id, chapter_id, state, mode, guests, source, at)
   SELECT event_id, person_id, chapter_id, state, mode, guests, source, answered_at FROM rsvps`,
  `INSERT INTO mailings (chapter_id, event_id, kind, template, person_id, cause, exact, due_at, state, started_at, done_at)
   SELECT chapter_id, event_id, 'confirmation', 'confirmation', person_id, 'answer:' || id, true, at, 'done', at, at FROM rsvp_history`,
  `INSERT INTO deliveries (mailing_id, person_id, chapter_id, event_id, kind, state, priority, attempts, first_queued_at, sent_at)
   SELECT id, person_id, chapter_id, event_id, kind, 'sent', 0, 1, due_at, due_at FROM mailings`,
];
