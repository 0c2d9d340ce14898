import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { useService } from '../support/app.ts';
import { checksums } from '../support/checksum.ts';
import { eventually } from '../support/eventually.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useOwnServer } from './own-server.ts';

const database = useOwnServer();
const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  database,
  // Short leases, and sweeps that come by themselves: nobody here tells the workers that the database is back.
  worker: { leaseSeconds: 2, renewEveryMs: 500, recoverEveryMs: 200, sweepEveryMs: 200, offersEveryMs: 200 },
});

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
let link: string;
let api: Record<string, string>;
let desk: Record<string, string>;
let letGo = () => {};

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  const [first] = await makeMembers(service.db, chapter.id, 6);
  event = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  await service.settle();
  expect(service.inbox.messages).toHaveLength(7);
  const row = await service.db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .select(['invitations.id', 'eventId', 'personId', 'linkEpoch'])
    .where('personId', '=', first?.id as string)
    .executeTakeFirstOrThrow();
  link = `/r/${service.deps.links.rsvpToken(row)}`;
  const token = await createToken(service.db, { name: 'a test', chapterId: null, now: service.clock() });
  api = { authorization: `Bearer ${token.secret}` };
  desk = {
    cookie: `ritrovo_desk=${await createSession(service.db, chapter.coordinator.id, service.clock())}`,
  };
});
afterAll(() => letGo());

async function running(): Promise<number> {
  const { rowCount } = await database.pool.query(
    "select 1 from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'",
  );
  return rowCount ?? 0;
}

const page = { accept: 'text/html', 'accept-language': 'it' };
const form = { ...page, 'content-type': 'application/x-www-form-urlencoded' };

test('while it is away every page and call is 503 with the time to come again, and nothing is half done', async () => {
  const before = await checksums(service.db);
  // One connection is in use when it breaks. That must not end the process, as vitest would report.
  const busy = service.db
    .transaction()
    .execute((trx) => sql`select pg_sleep(60)`.execute(trx))
    .catch((error: Error) => error);
  await eventually('the statement runs', async () => (await running()) === 1);
  await database.stop();
  expect(await busy).toBeInstanceOf(Error);
  const asked = [
    { url: link, headers: page },
    { url: link, method: 'POST', headers: form, payload: 'answer=yes' },
    { url: `${link}/calendar.ics` },
    { url: `/e/${event.id}`, headers: page },
    { url: '/c/bologna', headers: page },
    { url: '/', headers: page },
    { url: '/sign-in', method: 'POST', headers: form, payload: 'email=anna@example.org' },
    { url: '/desk/', headers: { ...page, ...desk } },
    { url: `/desk/events/${event.id}`, headers: { ...page, ...desk } },
    { url: `/api/v1/events/${event.id}`, headers: api },
    { url: `/api/v1/events/${event.id}/cancellation`, method: 'POST', headers: api, payload: {} },
    { url: '/health/ready' },
  ] as const;
  for (const request of asked) {
    const answer = await service.server.inject(request);
    expect(answer.statusCode, request.url).toBe(503);
    expect(Number(answer.headers['retry-after']), request.url).toBeGreaterThan(0);
    expect(answer.body).not.toMatch(/ECONN|127\.0\.0\.1|postgres/i);
    if ('headers' in request && 'accept' in request.headers) expect(answer.body).toContain('Torniamo subito');
  }
  // The process itself is well: nobody need restart it.
  expect((await service.server.inject('/health/live')).statusCode).toBe(200);

  await database.start();
  await eventually(
    'the page answers again',
    async () => (await service.server.inject(link)).statusCode === 200,
  );
  expect(await checksums(service.db)).toEqual(before);
  const answer = await service.server.inject({
    url: link,
    method: 'POST',
    headers: form,
    payload: 'answer=yes',
  });
  expect(answer.statusCode).toBe(303);
  await service.settle();
});

test('workers wait, and what fell due meanwhile leaves once when it is back', async () => {
  service.inbox.clear();
  await database.stop();
  service.clock.set('2031-11-13T10:00:00+01:00');
  await expect(service.settle()).rejects.toThrow();
  expect(service.inbox.messages).toEqual([]);
  await database.start();
  await eventually('the chase has left', () => service.inbox.messages.length >= 6);
  await service.settle();
  expect(service.inbox.messages.map((mail) => mail.header('x-ritrovo-kind'))).toEqual(Array(6).fill('chase'));
  expect(new Set(service.inbox.messages.map(({ to }) => to)).size).toBe(6);
});

test('a mail whose body was about to leave when it went away is not sent unchecked, and leaves once afterwards', async () => {
  service.inbox.clear();
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let asked = 0;
  service.inbox.hooks.data = async () => {
    asked += 1;
    await gate;
    return undefined;
  };
  service.clock.set('2031-11-19T10:00:00+01:00');
  await eventually('the reminder waits for its 354', () => asked === 1);
  await database.stop();
  letGo();
  service.inbox.hooks = {};
  await eventually('the mail is given up', () => service.inbox.aborted.length === 1);
  expect(service.inbox.aborted[0]?.bytes).toBe(0);
  await database.start();
  await eventually('the reminder has left', () => service.inbox.messages.length >= 1);
  await service.settle();
  expect(service.inbox.messages.map((mail) => mail.header('x-ritrovo-kind'))).toEqual(['reminder']);
  const rows = await service.db
    .selectFrom('deliveries')
    .select(['state'])
    .where('kind', '=', 'reminder')
    .execute();
  expect(rows).toEqual([{ state: 'sent' }]);
});
