import { beforeAll, describe, expect, test } from 'vitest';
import { localTarget } from '../../server/organizers/guard.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { type AtDesk, csrfOf, eventFields, formBody, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
let bologna: Chapter;
let torino: Chapter;
let desk: AtDesk;

beforeAll(async () => {
  bologna = await makeChapter(service.db, { slug: 'bologna' });
  torino = await makeChapter(service.db, { slug: 'torino' });
  desk = await signedIn(service, bologna.coordinator.id);
});

test('without a session every page of the desk leads to the sign-in, and from there back to where she wanted', async () => {
  for (const url of ['/desk/', '/desk/help', '/desk/events/x/door', '/desk/nothing-there']) {
    const response = await service.server.inject({ url });
    expect([url, response.statusCode, response.headers.location]).toEqual([url, 303, '/sign-in']);
  }
  const wanted = await service.server.inject({ url: '/desk/help' });
  const next = wanted.cookies.find(({ name }) => name === 'ritrovo_next');
  const link = await createSignInLink(service.db, service.deps.links, {
    personId: bologna.coordinator.id,
    now: service.clock(),
    minutes: 30,
  });
  const entered = await service.server.inject({
    method: 'POST',
    url: new URL(link.url).pathname,
    headers: { cookie: `ritrovo_next=${encodeURIComponent(next?.value ?? '')}` },
  });
  expect(entered.headers.location).toBe('/desk/help');
});

test('a redirect after signing in never leaves the desk', () => {
  expect(localTarget('/desk/events/1?done=saved')).toBe('/desk/events/1?done=saved');
  for (const elsewhere of [
    undefined,
    '//evil.example/desk/',
    'https://evil.example/desk/',
    '/desk//evil.example',
    '/desk/\\evil.example',
    '/desk/\r\nx: y',
    '/sign-in',
  ]) {
    expect(localTarget(elsewhere)).toBe('/desk/');
  }
});

describe('what belongs to another group does not exist for her', () => {
  test('its members, events, answers, attendance and mailings', async () => {
    const member = await makeMember(service.db, torino.id, { firstName: 'Ada' });
    const event = await makeEvent(service.deps, torino.id, {});
    const mailing = await service.db
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', event.id)
      .executeTakeFirstOrThrow();
    const base = `/desk/events/${event.id}`;
    const pages = ['', '/edit', '/publication', '/publication/mail', '/cancellation', '/door', '/mailings'];
    for (const path of [
      ...pages.map((page) => base + page),
      `${base}/answers/${member.id}`,
      '/desk/chapters/torino/members',
      '/desk/chapters/torino/events/new',
    ]) {
      expect([path, (await desk.get(path)).statusCode]).toEqual([path, 404]);
    }
    const before = await snapshot();
    const forms: [string, Record<string, string>][] = [
      [base, eventFields()],
      [`${base}/publication`, { when: 'now' }],
      [`${base}/test-mail`, {}],
      [`${base}/invitations`, {}],
      [`${base}/cancellation`, { sure: 'yes', notify: 'yes' }],
      [`${base}/answers/${member.id}`, { answer: 'yes' }],
      [`${base}/answers/${member.id}/address`, { email: 'x@example.org' }],
      [`${base}/attendance`, { personId: member.id, mode: 'room', present: 'yes' }],
      [`${base}/attendance/all`, { mode: 'room' }],
      [`${base}/attendance/complete`, { mode: 'room', complete: 'yes' }],
      [`${base}/walk-ins`, { name: 'Una Persona', mode: 'room' }],
      [`${base}/mailings/${mailing.id}`, { change: 'skip' }],
      ['/desk/chapters/torino/events', eventFields()],
      ['/desk/chapters/torino/members', { people: 'Eva Blu, eva@example.org' }],
      [`/desk/chapters/torino/members/${member.id}/departure`, {}],
      [`/desk/chapters/bologna/members/${member.id}/departure`, {}],
      [`/desk/chapters/bologna/members/${member.id}/return`, {}],
    ];
    for (const [path, fields] of forms) {
      expect([path, (await desk.post(path, fields)).statusCode]).toEqual([path, 404]);
    }
    expect(await snapshot()).toEqual(before);
    // A mailing of theirs under an event of hers, and a person of theirs at a door of hers.
    const own = await makeEvent(service.deps, bologna.id, {});
    const ownBefore = await snapshot();
    expect(
      (await desk.post(`/desk/events/${own.id}/mailings/${mailing.id}`, { change: 'skip' })).statusCode,
    ).toBe(404);
    expect(
      (await desk.post(`/desk/events/${own.id}/answers/${member.id}`, { answer: 'yes' })).statusCode,
    ).toBe(404);
    const door = { personId: member.id, mode: 'room', present: 'yes' };
    expect((await desk.post(`/desk/events/${own.id}/attendance`, door)).statusCode).toBe(404);
    expect(await snapshot()).toEqual(ownBefore);
    const home = await desk.get('/desk/');
    expect(home.body).not.toContain(event.id);
    expect(home.body).toContain(own.id);
  });

  test('ids that are none are not found either', async () => {
    for (const path of ['/desk/events/1', '/desk/events/x%00', `/desk/events/${bologna.id}`]) {
      expect([path, (await desk.get(path)).statusCode]).toEqual([path, 404]);
    }
  });
});

describe('a form that did not come from her own page changes nothing', () => {
  const form = async (headers: Record<string, string>, csrf: string | null) =>
    service.server.inject({
      method: 'POST',
      url: '/desk/chapters/bologna/events',
      headers: { cookie: desk.cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: formBody({ ...(csrf !== null && { _csrf: csrf }), ...eventFields() }),
    });
  const events = async () => (await snapshot()).events;

  test('without its token, with a broken one, or with that of another session', async () => {
    const other = await signedIn(service, torino.coordinator.id);
    const foreign = csrfOf((await other.get('/desk/help')).body);
    const before = await events();
    for (const csrf of [null, '', 'x'.repeat(22), foreign])
      expect((await form({}, csrf)).statusCode).toBe(403);
    expect(await events()).toBe(before);
  });

  test('from another site, though the token is right', async () => {
    const own = csrfOf((await desk.get('/desk/help')).body);
    const before = await events();
    expect((await form({ origin: 'https://evil.example' }, own)).statusCode).toBe(403);
    expect((await form({ origin: 'null' }, own)).statusCode).toBe(403);
    expect((await form({ 'sec-fetch-site': 'cross-site' }, own)).statusCode).toBe(403);
    expect((await form({ 'sec-fetch-site': 'same-site' }, own)).statusCode).toBe(403);
    expect(await events()).toBe(before);
    const ours = { origin: service.url, 'sec-fetch-site': 'same-origin' };
    expect((await form(ours, own)).statusCode).toBe(303);
    expect(await events()).toBe(before + 1);
  });
});

async function snapshot() {
  // What was due leaves by itself: let it, so that only forms make a difference.
  await service.settle();
  const count = async (
    table: 'events' | 'rsvps' | 'attendance' | 'people' | 'memberships' | 'invitations',
  ) => {
    const row = await service.db
      .selectFrom(table)
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return row.count;
  };
  const mailings = await service.db.selectFrom('mailings').select(['id', 'state']).orderBy('id').execute();
  return {
    events: await count('events'),
    rsvps: await count('rsvps'),
    attendance: await count('attendance'),
    people: await count('people'),
    memberships: await count('memberships'),
    invitations: await count('invitations'),
    mailings,
  };
}
