import { beforeAll, describe, expect, test } from 'vitest';
import { apiAccess } from '../../server/api/access.ts';
import { createToken } from '../../server/api/tokens.ts';
import { deskAccess, type Role, roles } from '../../server/organizers/access.ts';
import { checksums } from '../support/checksum.ts';
import { useSite } from '../support/site.ts';
import { bodyFor, fieldsFor, payloadFor, queryFor } from './role-forms.ts';
import {
  isWord,
  type Place,
  type Places,
  placeOf,
  type RoleWorld,
  roleWorld,
  type Seat,
} from './role-world.ts';

// No worker runs here: whatever is written, a request has written.
const site = useSite('2026-11-26T17:00:00Z');
let world: RoleWorld;
let places: Places;

/** That somebody was here: a session slides on when it is used. Nothing else may move. */
const bookkeeping = { sessions: ['last_seen_at', 'expires_at'] };

beforeAll(async () => {
  world = await roleWorld(site);
  places = world.places;
}, 60_000);

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Route = { key: string; method: Method; path: string; params: string[] };

function routesOf(table: Readonly<Record<string, string>>): Route[] {
  return Object.keys(table).map((key) => {
    const [method = '', path = ''] = key.split(' ');
    const params = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
    return { key, method: method as Method, path, params };
  });
}

/** The address of a route: everything at one place, but for one parameter that may be from elsewhere. */
function address(route: Route, home: Place, foreign?: { name: string; place: Place }): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(placeOf(route.path, name, name === foreign?.name ? foreign.place : home)),
  );
}

/** An id of another group under ids of one's own is the way in that is forgotten: each parameter once from elsewhere. */
function mixed(route: Route): string[] {
  return route.params
    .filter((name) => !isWord(name))
    .map((name) => address(route, places.own, { name, place: places.other }));
}

const deskRoutes = routesOf(deskAccess);
const apiRoutes = routesOf(apiAccess);
const least = (route: Route) => deskAccess[route.key] as Role;
const isOfChapter = (route: Route) => route.params.some((name) => !isWord(name));

async function send(who: string | null, route: Route, url: string) {
  const seat = who === null ? null : (world.seats[who] as Seat);
  const body = route.method === 'GET' ? null : bodyFor(route.path, seat?.csrf ?? '', places);
  return site.server.inject({
    method: route.method,
    url,
    headers: { accept: 'text/html', ...(seat && { cookie: seat.cookie }), ...body?.headers },
    ...(body && { payload: body.payload }),
  });
}

/** Sends routes as somebody to whom they must be closed; nothing may change by it. */
async function closed(who: string | null, asked: (route: Route) => string[], status: number) {
  const before = await checksums(site.db, bookkeeping);
  let sent = 0;
  const open: string[] = [];
  for (const route of deskRoutes) {
    for (const url of asked(route)) {
      const { statusCode, headers } = await send(who, route, url);
      sent += 1;
      if (statusCode !== status || (status === 303 && headers.location !== '/sign-in')) {
        open.push(`${route.method} ${url}: ${statusCode}`);
      }
    }
  }
  expect(open).toEqual([]);
  expect(sent).toBeGreaterThan(0);
  expect(await checksums(site.db, bookkeeping)).toEqual(before);
}

describe('the tables', () => {
  test('name routes that are there, and every parameter of theirs has a value of another chapter here', async () => {
    for (const { key, method, path, params } of deskRoutes) {
      expect([key, site.server.hasRoute({ method, url: path })]).toEqual([key, true]);
      for (const name of params.filter((one) => !isWord(one))) {
        expect(placeOf(path, name, places.own)).not.toBe(placeOf(path, name, places.other));
      }
    }
    for (const { path, params } of apiRoutes) for (const name of params) placeOf(path, name, places.own);
    const document = await site.server.inject('/api/v1/openapi.json');
    const { paths } = document.json<{ paths: Record<string, Record<string, unknown>> }>();
    const listed = Object.entries(paths).flatMap(([path, calls]) =>
      Object.keys(calls).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(listed.sort()).toEqual(Object.keys(apiAccess).sort());
  });
});

describe('the desk', () => {
  test.each([null, 'member', 'former'])(
    'is closed to %s',
    async (who) => {
      await closed(who, (route) => [address(route, places.own)], 303);
    },
    120_000,
  );

  test.each(['coordinator of another', 'host of another'])(
    'shows nothing of a chapter to a %s',
    async (who) => {
      await closed(who, (route) => (isOfChapter(route) ? [address(route, places.own)] : []), 404);
    },
    120_000,
  );

  test('opens to a host the door of her event, and nothing else', async () => {
    const beyond = (route: Route) => (least(route) === 'host' ? [] : [address(route, places.own)]);
    await closed('host', beyond, 404);
    // Another event of the same chapter is another's.
    const beside = { ...places.own, ...places.sibling };
    await closed('host', (route) => (isOfChapter(route) ? [address(route, beside)] : []), 404);
  }, 120_000);

  test('leaves the network to its administrators', async () => {
    const network = (route: Route) => (least(route) === 'administrator' ? [address(route, places.own)] : []);
    await closed('coordinator', network, 404);
  }, 120_000);

  test('takes no id of another chapter in any parameter', async () => {
    await closed('coordinator', mixed, 404);
    await closed('host', (route) => (least(route) === 'host' ? mixed(route) : []), 404);
    // Every chapter is an administrator's; an id that does not belong to the rest of the address still is none.
    const apart = (route: Route) =>
      route.params.filter((name) => !isWord(name)).length > 1 ? mixed(route) : [];
    await closed('administrator', apart, 404);
  }, 120_000);

  test('opens every page to whom it belongs', async () => {
    const shut: string[] = [];
    // What is live stays open for as long as the page does.
    const pages = deskRoutes.filter(({ method, path }) => method === 'GET' && !path.endsWith('/live'));
    for (const route of pages) {
      for (const who of roles.slice(roles.indexOf(least(route)))) {
        const { statusCode } = await send(
          who,
          route,
          address(route, places.own) + queryFor(route.path, places),
        );
        if (statusCode >= 400) shut.push(`${who}: ${route.key}: ${statusCode}`);
      }
    }
    expect(shut).toEqual([]);
  }, 120_000);

  test('takes nobody of another chapter in any field of a form', async () => {
    const { own, other } = places;
    expect(await world.strangersIn(own.chapterId, other.chapterId)).toEqual({});
    const seat = world.seats.coordinator as Seat;
    const failed: string[] = [];
    for (const route of deskRoutes) {
      if (route.method === 'GET' || !isOfChapter(route) || least(route) === 'administrator') continue;
      const fields = fieldsFor(seat.csrf, { ...places, own: other });
      // What a mode or a change means stays as the form knows it; whoever is meant is somebody else's.
      for (const field of ['personId', 'who', 'eventId', 'people', 'sure', 'confirm']) {
        const { statusCode } = await site.server.inject({
          method: 'POST',
          url: address(route, own),
          headers: { cookie: seat.cookie, 'content-type': 'application/x-www-form-urlencoded' },
          payload: new URLSearchParams({
            _csrf: seat.csrf,
            mode: 'room',
            present: 'yes',
            how: 'together',
            [field]: fields[field] ?? '',
          }).toString(),
        });
        if (statusCode >= 500) failed.push(`${route.key} with ${field}: ${statusCode}`);
      }
    }
    expect(failed).toEqual([]);
    expect(await world.strangersIn(own.chapterId, other.chapterId)).toEqual({});
  }, 120_000);
});

describe('the API', () => {
  test('shows a token of another chapter nothing, takes no foreign id, and changes nothing for either', async () => {
    const tokenFor = async (chapterId: string) =>
      (await createToken(site.db, { name: 'a test', chapterId, now: site.clock() })).secret;
    const foreign = await tokenFor(places.other.chapterId);
    const own = await tokenFor(places.own.chapterId);
    const before = await checksums(site.db);
    const open: string[] = [];
    for (const route of apiRoutes) {
      const isNetwork = apiAccess[route.key] === 'network';
      const asked: [string, string, number][] = [
        ['', address(route, places.own), 401],
        [foreign, address(route, places.own), isNetwork ? 403 : 404],
        ...mixed(route).map((url): [string, string, number] => [own, url, isNetwork ? 403 : 404]),
      ];
      for (const [token, url, status] of asked) {
        const { contentType, payload } = payloadFor(route.key, places);
        const response = await site.server.inject({
          method: route.method,
          url,
          headers: {
            ...(token && { authorization: `Bearer ${token}` }),
            ...(route.method !== 'GET' && { 'content-type': contentType }),
          },
          ...(route.method !== 'GET' && { payload }),
        });
        if (response.statusCode !== status) open.push(`${route.method} ${url}: ${response.statusCode}`);
      }
    }
    expect(open).toEqual([]);
    expect(await checksums(site.db)).toEqual(before);
  }, 120_000);
});
