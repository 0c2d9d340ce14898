import { beforeAll, expect, test } from 'vitest';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { sessionOf, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { makeChapter, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
});

const post = (url: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
  service.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(fields).toString(),
  });

const makeLink = async (personId = chapter.coordinator.id) => {
  const link = await createSignInLink(service.db, service.deps.links, {
    personId,
    now: service.clock(),
    minutes: 30,
  });
  return { ...link, path: new URL(link.url).pathname };
};

test('a coordinator gets a link by mail that signs her in once', async () => {
  const asked = await post('/sign-in', { email: ` ${chapter.coordinator.email?.toUpperCase()} ` });
  expect(asked.statusCode).toBe(200);
  await service.settle();
  const mail = service.inbox.messages.at(-1);
  expect(mail?.to).toBe(chapter.coordinator.email);
  const { text } = (await mail?.parsed()) ?? {};
  const path = /http\S+(\/sign-in\/[\w.-]+)/.exec(text ?? '')?.[1] as string;

  // Scanners open links, some with HEAD, some again and again.
  for (const method of ['GET', 'HEAD', 'GET'] as const) {
    expect((await service.server.inject({ method, url: path })).statusCode).toBe(200);
  }
  const entered = await post(path);
  expect(entered.statusCode).toBe(303);
  expect(entered.headers.location).toBe('/desk/');
  const cookie = entered.cookies.find(({ name }) => name === 'ritrovo_desk');
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/desk', maxAge: 30 * 86_400 });
  const home = await service.server.inject({ url: '/desk/', headers: { cookie: sessionOf(entered) } });
  expect(home.body).toContain('Ciao Anna');
  expect(home.headers['cache-control']).toBe('no-store');

  expect((await post(path)).statusCode).toBe(410);
  expect((await service.server.inject({ url: path })).statusCode).toBe(410);
});

test('of two presses at the same moment one signs in', async () => {
  const { path } = await makeLink();
  const answers = await Promise.all(Array.from({ length: 6 }, () => post(path)));
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 410, 410, 410, 410, 410]);
});

test('the database holds nothing that signs anybody in', async () => {
  const { token } = await makeLink();
  const { cookie } = await signedIn(service, chapter.coordinator.id);
  const rows = JSON.stringify([
    await service.db.selectFrom('signInLinks').selectAll().execute(),
    await service.db.selectFrom('mailings').selectAll().execute(),
    await service.db.selectFrom('sessions').selectAll().execute(),
  ]);
  expect(rows).not.toContain(token.split('.')[1]);
  expect(rows).not.toContain(cookie.split('=')[1]);
});

test('whether an address is known shows neither in the page nor in the time it takes', async () => {
  const member = await makeMember(service.db, chapter.id, { firstName: 'Sara' });
  const timed = async (email: string) => {
    const began = performance.now();
    const response = await post('/sign-in', { email });
    return { took: performance.now() - began, page: response.body.replaceAll(email, '…') };
  };
  const before = service.inbox.messages.length;
  const known = await timed(chapter.coordinator.email as string);
  const unknown = await timed('nessuna@example.org');
  const plain = await timed(member.email as string);
  await service.settle();
  expect(unknown.page).toBe(known.page);
  expect(plain.page).toBe(known.page);
  for (const { took } of [known, unknown, plain]) expect(took).toBeGreaterThan(290);
  // A member has no desk: one mail, to the coordinator.
  expect(service.inbox.messages.slice(before).map(({ to }) => to)).toEqual([chapter.coordinator.email]);
});

test('what is no address is marked, with her words kept', async () => {
  const response = await post('/sign-in', { email: 'anna@' });
  expect(response.statusCode).toBe(400);
  expect(response.body).toContain('value="anna@"');
  expect(response.body).toContain('aria-invalid="true"');
  expect((await post('/sign-in', { email: 'anna\0@example.org' })).statusCode).toBe(400);
});

test('a forged, truncated or expired link is refused, without saying which part was wrong', async () => {
  const { path } = await makeLink();
  const other = await makeLink();
  const forged = `${path.split('.')[0]}.${other.path.split('.')[1]}`;
  const bodies = new Set<string>();
  for (const wrong of [forged, path.slice(0, -1), `${path}x`, '/sign-in/x', '/sign-in/a.b']) {
    const seen = await service.server.inject({ url: wrong });
    expect([wrong, seen.statusCode]).toEqual([wrong, 404]);
    expect((await post(wrong)).statusCode).toBe(404);
    bodies.add(seen.body);
  }
  expect(bodies.size).toBe(1);
  service.clock.advance(minutes(31));
  expect((await service.server.inject({ url: path })).statusCode).toBe(410);
  expect((await post(path)).statusCode).toBe(410);
});

test('the button pressed from another site signs nobody in', async () => {
  const { path } = await makeLink();
  const foreign = await post(path, {}, { origin: 'https://evil.example' });
  expect(foreign.statusCode).toBe(404);
  expect(foreign.cookies).toEqual([]);
  expect((await post(path, {}, { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(404);
  expect((await post(path, {}, { origin: service.url, 'sec-fetch-site': 'same-origin' })).statusCode).toBe(
    303,
  );
});

test('whoever’s five links of the hour somebody else used up gets the newest one again, once in ten minutes', async () => {
  const { coordinator } = await makeChapter(service.db);
  const ask = () => post('/sign-in', { email: coordinator.email as string });
  const mails = () => service.inbox.messages.filter(({ to }) => to === coordinator.email);
  for (let i = 0; i < 5; i += 1) {
    await ask();
    service.clock.advance(1000);
  }
  await service.settle();
  expect(mails()).toHaveLength(5);
  service.clock.advance(minutes(9));
  await ask();
  await service.settle();
  expect(mails()).toHaveLength(5);
  service.clock.advance(minutes(2));
  await Promise.all([ask(), ask(), ask()]);
  await service.settle();
  expect(mails()).toHaveLength(6);
  const text = (await mails().at(-1)?.parsed())?.text ?? '';
  expect(text).toContain('3 minuti');
  const { length } = await service.db
    .selectFrom('signInLinks')
    .select('id')
    .where('personId', '=', coordinator.id)
    .execute();
  expect(length).toBe(5);
  const [, path = ''] = /http:\/\/[^/]+(\/sign-in\/[\w.-]+)/.exec(text) ?? [];
  expect((await post(path)).statusCode).toBe(303);
});

test('five links an hour, and then silence', async () => {
  const { coordinator } = await makeChapter(service.db);
  const mails = () => service.inbox.messages.filter(({ to }) => to === coordinator.email).length;
  for (let i = 0; i < 7; i += 1) await post('/sign-in', { email: coordinator.email as string });
  await service.settle();
  expect(mails()).toBe(5);
  service.clock.advance(hours(1) + 1000);
  await post('/sign-in', { email: coordinator.email as string });
  await service.settle();
  expect(mails()).toBe(6);
});

test('a session slides on while she comes back, and ends after thirty days without her', async () => {
  const { cookie, get } = await signedIn(service, chapter.coordinator.id);
  for (let i = 0; i < 3; i += 1) {
    service.clock.advance(days(20));
    const home = await get('/desk/');
    expect(home.statusCode).toBe(200);
    expect(sessionOf(home)).toBe(cookie);
  }
  service.clock.advance(days(30) + 1000);
  const late = await get('/desk/');
  expect(late.statusCode).toBe(303);
  expect(late.headers.location).toBe('/sign-in');
});

test('signing out ends the session for whoever copied the cookie, too', async () => {
  const { get, post: send } = await signedIn(service, chapter.coordinator.id);
  const out = await send('/desk/sign-out');
  expect(out.statusCode).toBe(303);
  expect((await get('/desk/')).statusCode).toBe(303);
});

test('her rights end with her time as coordinator, and an administrator of the network sees every group', async () => {
  const { id: chapterId, coordinator, slug } = await makeChapter(service.db);
  const successor = await makeMember(service.db, chapterId, { firstName: 'Marta' });
  await service.db
    .insertInto('memberships')
    .values({
      chapterId,
      personId: successor.id,
      role: 'coordinator',
      source: 'test',
      startsAt: service.clock(),
    })
    .execute();
  const desk = await signedIn(service, coordinator.id);
  expect((await desk.get('/desk/')).statusCode).toBe(200);
  await service.db
    .updateTable('memberships')
    .set({ endsAt: new Date(service.clock().getTime() + days(1)) })
    .where('personId', '=', coordinator.id)
    .where('role', '=', 'coordinator')
    .execute();
  expect((await desk.get('/desk/')).statusCode).toBe(200);
  service.clock.advance(days(1));
  expect((await desk.get('/desk/')).statusCode).toBe(303);

  await service.db.insertInto('networkAdministrators').values({ personId: coordinator.id }).execute();
  for (const group of [slug, 'bologna']) {
    expect((await desk.get(`/desk/chapters/${group}/events/new`)).statusCode).toBe(200);
  }
});

test('a machine that tries one link after the other is made to wait', async () => {
  const answers = new Set<number>();
  for (let i = 0; i < 70; i += 1) answers.add((await post(`/sign-in/guess.${i}`)).statusCode);
  expect([...answers]).toEqual([404, 429]);
  // The limit is by address and passes; here nothing else may wait for it.
  await service.server.inject({ url: '/sign-in', remoteAddress: '10.0.0.9' }).then((page) => {
    expect(page.statusCode).toBe(200);
  });
});
