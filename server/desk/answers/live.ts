import { fastifySSE } from '@fastify/sse';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';

/** How often the answers of the events that somebody looks at are asked for: once per process, in one statement. */
const everyMs = 2_000;
/** Proxies close what is silent for a minute. */
const heartbeatMs = 20_000;
/** A stream ends by itself, and the browser asks for another: so a session that was ended sees nothing for long. */
const lastsMs = 15 * 60_000;
const mostStreams = { all: 400, session: 8 } as const;

type Viewer = { eventId: string; sessionId: string; tell(): void; end(): void };

/**
 * Tells open pages that the answers of their event changed, and nothing else: each asks for itself, with its own
 * session, for what it may see. No page holds a connection of the pool.
 */
export class LiveAnswers {
  readonly #db: Db;
  readonly #viewers = new Set<Viewer>();
  readonly #stamps = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | null = null;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Whether one more page may look on. */
  hasRoomFor(sessionId: string): boolean {
    const own = [...this.#viewers].filter((viewer) => viewer.sessionId === sessionId).length;
    return this.#viewers.size < mostStreams.all && own < mostStreams.session;
  }

  /** @returns how its event stands now, from where on it is told of changes, and the way out */
  async add(viewer: Viewer): Promise<{ stamp: string | undefined; remove: () => void }> {
    this.#viewers.add(viewer);
    this.#timer ??= setInterval(() => void this.#ask(), everyMs).unref();
    const { eventId } = viewer;
    if (!this.#stamps.has(eventId)) {
      const stamp = await findStamp(this.#db, eventId).catch(() => undefined);
      if (stamp !== undefined && !this.#stamps.has(eventId)) this.#stamps.set(eventId, stamp);
    }
    const remove = () => {
      this.#viewers.delete(viewer);
      if (![...this.#viewers].some(({ eventId }) => eventId === viewer.eventId)) {
        this.#stamps.delete(viewer.eventId);
      }
      if (this.#viewers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
    return { stamp: this.#stamps.get(eventId), remove };
  }

  /** Ends every stream, so that the server can close. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const viewer of [...this.#viewers]) viewer.end();
    this.#viewers.clear();
  }

  /** One question at a time: a slow database is not asked again before it answered. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = this.#compare().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  async #compare(): Promise<void> {
    const ids = [...new Set([...this.#viewers].map(({ eventId }) => eventId))];
    if (ids.length === 0) return;
    // A page that learns nothing for once is out of date for two seconds more; the next look finds the change.
    const stamps = await findStamps(this.#db, ids).catch(() => []);
    for (const { id, stamp } of stamps) {
      const before = this.#stamps.get(id);
      this.#stamps.set(id, stamp);
      if (before === undefined || before === stamp) continue;
      for (const viewer of this.#viewers) if (viewer.eventId === id) viewer.tell();
    }
  }
}

/**
 * A word for how an event's answers stand. Every write gives a row another `xmin`, so that none goes unseen, whatever
 * it changed; that two different states share a word is less likely than a lost connection.
 */
async function findStamps(db: Db, ids: readonly string[]) {
  const { rows } = await sql<{ id: string; stamp: string }>`
    select e.id, concat_ws('.', e.xmin::text,
      (select concat(count(*), '-', sum(hashtext(r.xmin::text || r.person_id)::bigint)) from rsvps r where r.event_id = e.id),
      (select concat(count(*), '-', sum(hashtext(i.xmin::text || i.person_id)::bigint)) from invitations i where i.event_id = e.id),
      (select concat(count(*), '-', sum(hashtext(a.xmin::text || a.person_id)::bigint)) from attendance a where a.event_id = e.id),
      (select concat(count(*), '-', sum(hashtext(q.xmin::text || q.person_id)::bigint)) from question_answers q where q.event_id = e.id),
      (select concat(count(*), '-', sum(hashtext(c.xmin::text || c.id)::bigint)) from calendar_replies c where c.event_id = e.id)
    ) as stamp
    from events e where e.id = any (${ids}::uuid[])
  `.execute(db);
  return rows;
}

export async function findStamp(db: Db, eventId: string): Promise<string | undefined> {
  return (await findStamps(db, [eventId]))[0]?.stamp;
}

/** The stream behind an event's page: "changed", and a heartbeat. */
export async function liveRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const live = new LiveAnswers(deps.db);
  app.addHook('preClose', async () => live.close());
  await app.register(fastifySSE, { heartbeatInterval: heartbeatMs });

  app.get('/live', { sse: 'only' }, async (request, reply) => {
    const { desk, deskEvent: event } = request;
    if (!live.hasRoomFor(desk.sessionId)) {
      return reply.code(503).header('retry-after', '60').type('text/plain').send('too many open pages');
    }
    const stream = reply.sse;
    stream.keepAlive();
    const { stamp, remove } = await live.add({
      eventId: event.id,
      sessionId: desk.sessionId,
      tell: () => void stream.send({ event: 'changed', data: '' }).catch(() => stream.close()),
      end: () => stream.close(),
    });
    const over = setTimeout(() => stream.close(), lastsMs).unref();
    stream.onClose(() => {
      clearTimeout(over);
      remove();
    });
    // She left while the database was asked.
    if (!stream.isConnected) return remove();
    // Whoever was shown another state asks for the page again.
    await stream.send({ event: 'ready', data: stamp ?? '', retry: 5_000 });
  });
}
