import { beforeAll, expect, test } from 'vitest';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { type AtDesk, csrfOf, formBody, sessionOf, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { hours } from '../support/clock.ts';
import { makeChapter } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
let bologna: Chapter;
let torino: Chapter;

beforeAll(async () => {
  bologna = await makeChapter(service.db, { slug: 'bologna' });
  torino = await makeChapter(service.db, { slug: 'torino' });
});

const iPhone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';

/** Signs in with what a browser says of itself and sends along. */
async function enter(personId: string, headers: Record<string, string> = {}) {
  const link = await createSignInLink(service.db, service.deps.links, {
    personId,
    now: service.clock(),
    minutes: 15,
  });
  return service.server.inject({ method: 'POST', url: new URL(link.url).pathname, headers });
}

const isIn = async (cookie: string) =>
  (await service.server.inject({ url: '/desk/help', headers: { cookie } })).statusCode === 200;

async function idsOn(desk: AtDesk): Promise<string[]> {
  const { body } = await desk.get('/desk/sessions');
  return [...body.matchAll(/action="\/desk\/sessions\/([\w-]+)"/g)].map(([, id]) => id as string);
}

test('she sees where she is signed in, ends one from afar, and then all others', async () => {
  const phone = sessionOf(await enter(bologna.coordinator.id, { 'user-agent': iPhone }));
  service.clock.advance(hours(3));
  const tablet = sessionOf(await enter(bologna.coordinator.id));
  const desk = await signedIn(service, bologna.coordinator.id);
  const { body } = await desk.get('/desk/sessions');
  expect(body).toContain('Safari · iPhone');
  expect(body).toContain('Dispositivo senza nome');
  expect(body).toMatch(/Usato oggi alle 11:00/);
  expect(body.match(/>questo</g)).toHaveLength(1);

  // The one used least lately stands last.
  const ids = await idsOn(desk);
  expect(ids).toHaveLength(2);
  expect((await desk.post(`/desk/sessions/${ids[1]}`)).statusCode).toBe(303);
  expect([await isIn(phone), await isIn(tablet), await isIn(desk.cookie)]).toEqual([false, true, true]);
  expect((await desk.post('/desk/sessions')).statusCode).toBe(303);
  expect([await isIn(tablet), await isIn(desk.cookie)]).toEqual([false, true]);
  expect((await desk.get('/desk/sessions?ended=others')).body).toContain('resta solo questo dispositivo');
});

test('another’s session is not hers to see or end', async () => {
  const hers = await signedIn(service, torino.coordinator.id);
  await enter(torino.coordinator.id);
  const [id] = await idsOn(hers);
  const mine = await signedIn(service, bologna.coordinator.id);
  expect(await idsOn(mine)).not.toContain(id);
  for (const foreign of [id, 'x', '01900000-0000-7000-8000-000000000000']) {
    expect((await mine.post(`/desk/sessions/${foreign}`)).statusCode).toBe(404);
  }
  await mine.post('/desk/sessions');
  expect(await isIn(hers.cookie)).toBe(true);
});

test('a session that somebody planted in her browser beforehand never becomes hers', async () => {
  const planted = 'ritrovo_desk=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const foreign = (await signedIn(service, torino.coordinator.id)).cookie;
  for (const cookie of [planted, foreign]) {
    const entered = await enter(bologna.coordinator.id, { cookie });
    expect(sessionOf(entered)).not.toBe(cookie);
    const { body } = await service.server.inject({ url: '/desk/', headers: { cookie: sessionOf(entered) } });
    expect(body).toContain('Ciao Anna');
  }
  expect(await isIn(planted)).toBe(false);
  const rows = await service.db
    .selectFrom('sessions')
    .select('personId')
    .where('personId', '=', torino.coordinator.id)
    .where('endedAt', 'is', null)
    .execute();
  // The foreign one stays its owner's.
  expect(rows.length).toBeGreaterThan(0);
  const page = await service.server.inject({ url: '/desk/sessions', headers: { cookie: foreign } });
  const csrf = csrfOf(page.body);
  const out = await service.server.inject({
    method: 'POST',
    url: '/desk/sign-out',
    headers: { cookie: foreign, 'content-type': 'application/x-www-form-urlencoded' },
    payload: formBody({ _csrf: csrf }),
  });
  expect(out.statusCode).toBe(303);
});

test('two sign-ins in a row are two sessions', async () => {
  const [first, second] = [await enter(bologna.coordinator.id), await enter(bologna.coordinator.id)];
  expect(sessionOf(first)).not.toBe(sessionOf(second));
});
