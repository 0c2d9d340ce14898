import pg from 'pg';
import { poolOptions } from '../../server/db/database.ts';
import { chapterId, type Invited, seats } from './answers-data.ts';

/**
 * The raw limit of an answer: seven fixed statements one after the other on a connection of their own, by `pg` alone and
 * prepared. They write what an answer has to leave behind (answer, history, a mail that confirms it) into the product's
 * own tables, and decide nothing but whether there is a seat.
 */
export class RawAnswers {
  readonly #clients: pg.Client[];

  private constructor(clients: pg.Client[]) {
    this.#clients = clients;
  }

  /** Opens so many connections, set up as the product's are. */
  static async open(url: string, connections: number): Promise<RawAnswers> {
    const options = poolOptions(url, { max: connections });
    const clients = Array.from({ length: connections }, () => new pg.Client(options));
    for (const client of clients) {
      await client.connect();
      await options.onConnect?.(client);
    }
    return new RawAnswers(clients);
  }

  async answer(connection: number, { eventId, personId }: Invited, yes: boolean): Promise<void> {
    const client = this.#clients[connection] as pg.Client;
    const now = new Date();
    await client.query('begin');
    await client.query({ ...lock, values: [eventId] });
    const { rows } = await client.query<{ room: number }>({ ...sum, values: [eventId] });
    const taken = rows[0]?.room ?? 0;
    if (yes && taken >= seats) throw new Error('there is no seat left: the raw limit answers wrongly');
    const state = yes ? 'going' : 'withdrawn';
    await client.query({ ...upsert, values: [eventId, personId, chapterId, state, now] });
    const history = await client.query<{ id: string }>({
      ...addHistory,
      values: [eventId, personId, chapterId, state, now],
    });
    const historyId = history.rows[0]?.id;
    await client.query({
      ...deliver,
      values: [
        chapterId,
        eventId,
        personId,
        `answer:${historyId}`,
        JSON.stringify({ historyId, state }),
        now,
      ],
    });
    await client.query('commit');
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
  }
}

const lock = {
  name: 'lock',
  text: `select id, chapter_id, state, starts_at, ends_at, seats_room, seats_online, answers_close_at
    from events where id = $1 for no key update`,
};
const sum = {
  name: 'sum',
  text: `select coalesce(sum(1 + guests) filter (where mode = 'room'), 0)::int as room,
      coalesce(sum(1 + guests) filter (where mode = 'online'), 0)::int as online
    from rsvps where event_id = $1 and state in ('going', 'offered')`,
};
const upsert = {
  name: 'upsert',
  text: `insert into rsvps (event_id, person_id, chapter_id, state, mode, guests, source, answered_at)
    values ($1, $2, $3, $4, 'room', 0, 'link', $5)
    on conflict (event_id, person_id) do update set state = excluded.state, mode = excluded.mode,
      guests = excluded.guests, source = excluded.source, answered_at = excluded.answered_at`,
};
const addHistory = {
  name: 'history',
  text: `insert into rsvp_history (event_id, person_id, chapter_id, state, mode, guests, source, at)
    values ($1, $2, $3, $4, 'room', 0, 'link', $5) returning id`,
};
const deliver = {
  name: 'delivery',
  text: `with mailing as (
      insert into mailings (chapter_id, event_id, kind, template, person_id, cause, exact, data, due_at, state, started_at)
      values ($1, $2, 'confirmation', 'confirmation', $3, $4, true, $5, $6, 'sending', $6) returning id)
    insert into deliveries (mailing_id, person_id, chapter_id, event_id, kind, priority, next_attempt_at, first_queued_at)
    select id, $3, $1, $2, 'confirmation', 0, $6, $6 from mailing`,
};
