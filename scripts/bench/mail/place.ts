import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { type App, buildApp } from '../../../server/app.ts';
import { systemClock } from '../../../server/clock.ts';
import { readConfig } from '../../../server/config.ts';
import { previewMail } from '../../../server/deliveries/preview.ts';
import type { Deps } from '../../../server/deps.ts';
import { createEvent, publishEvent } from '../../../server/events/service.ts';
import { installBoss } from '../../../server/jobs/boss.ts';
import { openDurable } from '../durable.ts';

/** Signs nothing that anybody else believes. */
export const secretKeys = ['a key for nothing but the measuring of this machine'];

const day = 86_400_000;
const actor = { kind: 'system' } as const;

/** A network with one chapter, on a PostgreSQL of its own whose commits are durable. */
export type Place = { databaseUrl: string; app: App; deps: Deps; chapterId: string; close(): Promise<void> };

export async function openPlace(members: number, say: (line: string) => void): Promise<Place> {
  const { url, remove } = await openDurable(say);
  let app: App | null = null;
  const close = async () => {
    await app?.close();
    await remove();
  };
  try {
    app = await buildApp({
      config: readConfig({ LOG_LEVEL: 'error' }),
      databaseUrl: url,
      secretKeys,
      clock: systemClock,
      logger: pino({ level: 'error' }) as FastifyBaseLogger,
    });
    await app.server.ready();
    await installBoss(app.pool);
    const chapterId = await makeMembers(app, members);
    return { databaseUrl: url, app, deps: app.deps, chapterId, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function makeMembers({ pool }: App, members: number): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`INSERT INTO networks (name) VALUES ('Rete di misura')`);
    const { rows } = await client.query<{ id: string }>(
      `INSERT INTO chapters (slug, name, time_zone, quiet_from, quiet_until)
       VALUES ('bologna', 'Bologna', 'Europe/Rome', '00:00', '00:00') RETURNING id`,
    );
    const chapterId = rows[0]?.id as string;
    await client.query(
      `INSERT INTO people (email, first_name, last_name, source)
       SELECT 'socia' || n || '@example.org', 'Socia' || n, 'Prova', 'bench' FROM generate_series(0, $1::int - 1) n`,
      [members],
    );
    await client.query(
      `INSERT INTO memberships (chapter_id, person_id, role, source, starts_at)
       SELECT $1, id, CASE WHEN email = 'socia0@example.org' THEN 'coordinator' ELSE 'member' END, 'bench',
         now() - interval '1 year' FROM people`,
      [chapterId],
    );
    await client.query('COMMIT');
    await client.query('VACUUM ANALYZE');
    return chapterId;
  } finally {
    client.release();
  }
}

/** An event with a description so long that its invitation is 12 kB of HTML; publishing it invites everybody. */
export async function publishOne({ deps, chapterId }: Place, title: string): Promise<string> {
  const startsAt = new Date(Date.now() + 60 * day);
  const made = await createEvent(
    deps,
    chapterId,
    {
      title,
      description:
        'Una sera **insieme**, per conoscersi di persona e parlare del lavoro che facciamo. '.repeat(28),
      format: 'in_person',
      timeZone: 'Europe/Rome',
      startsAt,
      endsAt: new Date(startsAt.getTime() + 7_200_000),
      venueName: 'Enoteca Storica',
      venueAddress: 'Via Marsala 2, Bologna',
    },
    actor,
  );
  if (!made.ok) throw new Error(JSON.stringify(made));
  const published = await publishEvent(deps, made.event.id, { actor });
  if (!published.ok) throw new Error(JSON.stringify(published));
  return made.event.id;
}

/** The invitation as one of them gets it. */
export async function oneMail(place: Place, eventId: string) {
  const person = await place.deps.db
    .selectFrom('people')
    .select(['id', 'firstName as name'])
    .where('email', '=', 'socia1@example.org')
    .executeTakeFirstOrThrow();
  const mail = await previewMail(place.deps, {
    template: 'invitation',
    event: { id: eventId, chapterId: place.chapterId },
    personId: person.id,
  });
  return { ...mail, name: person.name };
}
