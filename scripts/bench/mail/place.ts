import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { type App, buildApp } from '../../../server/app.ts';
import { systemClock } from '../../../server/clock.ts';
import { readConfig } from '../../../server/config.ts';
import { openEmbedded, removeEmbedded } from '../../../server/db/embedded.ts';
import { migrate } from '../../../server/db/upgrade.ts';
import { previewMail } from '../../../server/deliveries/preview.ts';
import type { Deps } from '../../../server/deps.ts';
import { createEvent, publishEvent } from '../../../server/events/service.ts';
import { installBoss } from '../../../server/jobs/boss.ts';

/** Signs nothing that anybody else believes. */
export const secretKeys = ['a key for nothing but the measuring of this machine'];

const day = 86_400_000;
const actor = { kind: 'system' } as const;

/** A network with one chapter, on a PostgreSQL of its own whose commits are durable. */
export type Place = { databaseUrl: string; app: App; deps: Deps; chapterId: string; close(): Promise<void> };

export async function openPlace(members: number, say: (line: string) => void): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-bench-'));
  const undo: (() => Promise<unknown>)[] = [
    () => removeEmbedded(dataDir).then(() => rm(dataDir, { recursive: true, force: true })),
  ];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const log = { info: () => {}, warn: say, error: say } as never;
    const database = await openEmbedded({ dataDir, log });
    undo.push(() => database.stop());
    await migrate(database.url);
    const app = await buildApp({
      config: readConfig({ LOG_LEVEL: 'error' }),
      databaseUrl: database.url,
      secretKeys,
      clock: systemClock,
      logger: pino({ level: 'error' }) as FastifyBaseLogger,
    });
    undo.push(() => app.close());
    await app.server.ready();
    await installBoss(app.pool);
    const chapterId = await makeMembers(app, members);
    return { databaseUrl: database.url, app, deps: app.deps, chapterId, close };
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
