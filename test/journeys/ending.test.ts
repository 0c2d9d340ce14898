import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../server/clock.ts';
import type { Deps } from '../../server/deps.ts';
import { installBoss } from '../../server/jobs/boss.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { createLinks } from '../../server/web/links.ts';
import { useDatabase } from '../support/database.ts';
import { secretKeys, testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent } from '../support/factories.ts';
import { createFleet, type Fleet, freePorts } from '../support/fleet.ts';
import { linkPaths } from '../support/link-paths.ts';

/** One web process that is asked to end while somebody is in the middle of something. */
const database = useDatabase();
let fleet: Fleet;
let url: string;
let port: number;
let eventId: string;
let cookie: string;
let link: string;

beforeAll(async () => {
  await installBoss(database.pool);
  [port] = (await freePorts(1)) as [number];
  url = `http://127.0.0.1:${port}`;
  const deps: Deps = { ...testDeps(database.db, systemClock), links: createLinks(url, secretKeys) };
  const chapter = await makeChapter(database.db);
  eventId = (await makeEvent(deps, chapter.id, { access: 'link' })).id;
  link = await linkPaths(() => deps).linkOf(eventId, chapter.coordinator.id);
  cookie = `ritrovo_desk=${await createSession(database.db, chapter.coordinator.id, new Date())}`;
  fleet = createFleet({
    DATABASE_URL: database.url,
    SECRET_KEYS: secretKeys.join(','),
    PUBLIC_URL: url,
    DRAIN_SECONDS: '2',
  });
  await fleet.start('web', port);
}, 60_000);
afterAll(() => fleet?.close());

/** An answer that is typed slowly: half of its body now, the rest when told. */
async function beginAnswer() {
  const body = 'answer=yes';
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let said = '';
  socket.on('data', (chunk) => (said += chunk));
  const closed = once(socket, 'close');
  socket.write(
    `POST ${link} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 4)}`,
  );
  return async () => {
    socket.write(body.slice(4));
    await closed;
    return said;
  };
}

describe('a web process that is asked to end', () => {
  test('says that it is not ready, answers all the same for a while, lets everybody finish, and goes', async () => {
    const [member] = fleet.members as [Fleet['members'][number]];
    const finish = await beginAnswer();
    const live = await fetch(`${url}/desk/events/${eventId}/live`, {
      headers: { cookie, accept: 'text/event-stream' },
    });
    expect(live.status).toBe(200);
    const watched = live.text();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    await sleep(200);

    const exit = fleet.end(member, 'SIGTERM');
    await expect.poll(async () => (await fetch(`${url}/health/ready`)).status).toBe(503);
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ code: 'stopping' });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    for (const path of ['/', `/e/${eventId}`, '/api/v1/openapi.json']) {
      const answer = await fetch(`${url}${path}`);
      expect([path, answer.status, answer.headers.get('connection')]).toEqual([path, 200, 'close']);
    }

    // The port closes; what had begun has not ended yet.
    await expect
      .poll(
        () =>
          fetch(`${url}/health/live`).then(
            () => 'answers',
            () => 'refused',
          ),
        { timeout: 10_000 },
      )
      .toBe('refused');
    // A stream ends as streams do, and is not cut: its browser asks another process.
    expect(await watched).toContain('event: ready');
    expect(await finish()).toMatch(/^HTTP\/1\.1 303 /);
    expect(await exit).toBe(0);
    const answered = await database.db
      .selectFrom('rsvps')
      .select('state')
      .where('eventId', '=', eventId)
      .execute();
    expect(answered).toEqual([{ state: 'going' }]);
  }, 60_000);
});
