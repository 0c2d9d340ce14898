import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { checksums } from '../support/checksum.ts';
import { useSite } from '../support/site.ts';
import { readableRoutes } from './readable-routes.ts';
import { type SmallWorld, smallWorld } from './small-world.ts';

// No worker runs here: whatever is written, a request has written.
const site = useSite('2031-11-10T10:00:00+01:00');
let world: SmallWorld;
let routes: string[];

/** That she was here: a session lasts for thirty days from its last use. Nothing else may move. */
const bookkeeping = { sessions: ['last_seen_at', 'expires_at'] };

beforeAll(async () => {
  world = await smallWorld(site);
  // A stream of events does not end; its own test reads it.
  routes = (await readableRoutes(site.server)).filter((path) => !path.endsWith('/live'));
});

/** Closed for good once there is a network. */
const closed = ['/setup/:token'];

/** What can stand for a parameter of a route. */
function valuesFor(path: string, name: string): readonly string[] {
  const { real } = world;
  if (name === 'token' && path.startsWith('/r/')) return real.rsvp;
  if (name === 'token' && path.startsWith('/u/')) return real.unsubscribe;
  if (name === 'token' && path.startsWith('/m/')) return real.archive;
  if (name === 'token' && path.startsWith('/f/')) return real.feedback;
  if (name === 'token' && path.startsWith('/c/')) return real.join;
  if (name === 'token' && path.startsWith('/me/')) return real.ownPage;
  if (name === 'token' && path.startsWith('/cal/')) return real.feed;
  if (name === 'token' && path.startsWith('/d/')) return real.directory;
  if (name === 'token' && path.startsWith('/i/')) return real.introduction;
  if (name === 'introductionId') return real.introductionId;
  if (name === 'token') return real.signIn;
  if (name === 'messageId') return real.message;
  if (name === 'seriesId') return real.series;
  if (name === 'importId') return real.memberImport;
  if (name === 'kind') return ['invitation'];
  if (name === 'locale') return ['it'];
  if (name === 'scope') return ['network', 'chapters', 'events'];
  if (name === 'mailingId') return real.mailing;
  if (name === 'id' && path.startsWith('/api/v1/mailings/')) return real.mailing;
  if (name === 'id' || name === 'eventId') return real.event;
  // Whose photo a link shows is another's: the next one's.
  if (name === 'personId' && path.startsWith('/r/'))
    return [...real.person.slice(1), real.person[0] as string];
  if (name === 'personId') return real.person;
  if (name === 'slug') return real.slug;
  if (name === 'accent') return ['b4472e'];
  if (name === 'name') return ['desk.js', 'ritrovo.css', 'mark.svg'];
  throw new Error(`this test knows no value for :${name} of ${path}`);
}

/** A token or an id as it is, or as somebody made it who cannot sign. */
const tampered = fc.constantFrom(
  (text: string) => text,
  (text: string) => text,
  (text: string) => text.slice(0, -1),
  (text: string) => text.slice(0, 8),
  (text: string) => `${text}A`,
  (text: string) => text.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
  (text: string) => `${text.split('.')[0]}.AAAAAAAAAAAAAAAAAAAAAA`,
  (text: string) => `${text.split('.')[0]}.`,
  (text: string) => text.split('.').reverse().join('.'),
  () => '00000000-0000-0000-0000-000000000000',
  () => '%00',
  () => '..%2f..%2fdesk',
);

const words = fc.constantFrom(
  'yes',
  'no',
  'maybe',
  'stop',
  'resume',
  'One-Click',
  'all',
  '1',
  '500',
  'POST',
  'now',
  '',
);
/** What a mail's link brings along, and what a form would post. */
const meant: [string, string][][] = [
  ...(['yes', 'no', 'maybe'] as const).map((answer): [string, string][] => [
    ['a', answer],
    ['answer', answer],
    ['choice', 'stop'],
  ]),
  [['List-Unsubscribe', 'One-Click']],
];
const names = [
  ...[
    'a',
    'answer',
    'choice',
    'List-Unsubscribe',
    'done',
    'problem',
    'left',
    'added',
    'past',
    'from',
    'cursor',
  ],
  ...['limit', 'notify', 'when', 'present', 'complete', 'change', '_method', '_csrf', 'personId'],
];
const query: fc.Arbitrary<[string, string][]> = fc.oneof(
  fc.constantFrom(...meant),
  fc.array(
    fc.tuple(
      fc.constantFrom(...names),
      fc.oneof(words, fc.constantFrom('csrf', 'person'), fc.string({ maxLength: 12 })),
    ),
    { maxLength: 4 },
  ),
);

const request = fc.record({
  method: fc.constantFrom('GET' as const, 'HEAD' as const),
  /** Half of the time a link that a mail brings. */
  fromMail: fc.boolean(),
  route: fc.nat(),
  pick: fc.nat(),
  tamper: tampered,
  query,
  who: fc.constantFrom('nobody', 'own', 'own', 'foreign', 'api'),
  browser: fc.boolean(),
  override: fc.boolean(),
  body: fc.boolean(),
  /** Days later: a session is due to slide, an offer to lapse, the event to end, its links to expire. */
  later: fc.constantFrom(0, 0, 1, 5, 10, 12, 20),
  address: fc.integer({ min: 1, max: 200 }),
});

type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

function pathOf({ fromMail, route, pick, tamper, query: pairs }: Asked): string {
  const among = fromMail ? routes.filter((path) => path.includes(':token')) : routes;
  const path = among[route % among.length] as string;
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const values = valuesFor(path, name);
    return tamper(values[pick % values.length] as string);
  });
  const given = pairs.map(([name, value]) => {
    if (value === 'csrf') return [name, world.csrf];
    return [name, value === 'person' ? (world.real.person[0] as string) : value];
  });
  return given.length > 0 ? `${filled}?${new URLSearchParams(given as string[][])}` : filled;
}

const start = Date.parse('2031-11-10T11:00:00+01:00');

async function ask(asked: Asked) {
  site.clock.set(new Date(start + asked.later * 86_400_000));
  const { own, foreign } = world.sessions;
  return site.server.inject({
    method: asked.method,
    url: pathOf(asked),
    remoteAddress: `10.0.0.${asked.address}`,
    headers: {
      accept: asked.browser ? 'text/html' : '*/*',
      ...(asked.who === 'api' && { authorization: `Bearer ${world.apiToken}`, 'idempotency-key': 'again' }),
      ...((asked.who === 'own' || asked.who === 'foreign') && {
        cookie: `ritrovo_desk=${asked.who === 'own' ? own : foreign}`,
      }),
      ...(asked.override && { 'x-http-method-override': 'POST', purpose: 'prefetch' }),
      ...(asked.body && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(asked.body && { payload: `answer=yes&choice=stop&List-Unsubscribe=One-Click&_csrf=${world.csrf}` }),
  });
}

test('every page that can be read is read with a real link, and nothing changes', {
  timeout: 120_000,
}, async () => {
  const before = await checksums(site.db, bookkeeping);
  const unread: string[] = [];
  for (const [route, path] of routes.entries()) {
    const who = path.startsWith('/api/v1/') ? 'api' : 'own';
    const answers = [];
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
    const most = Math.max(1, ...names.map((name) => valuesFor(path, name).length));
    for (let pick = 0; pick < most; pick += 1) {
      for (const query of [[], ...meant]) {
        const asked: Asked = {
          ...{ method: 'GET', fromMail: false, route, pick, tamper: (text) => text, query, who },
          ...{ browser: true, override: false, body: false, later: 0, address: 1 + pick },
        };
        answers.push((await ask(asked)).statusCode);
      }
    }
    if (!closed.includes(path) && !answers.some((status) => status === 200))
      unread.push(`${path}: ${[...new Set(answers)]}`);
    expect(answers.filter((status) => status >= 500)).toEqual([]);
  }
  expect(unread).toEqual([]);
  expect(routes).toEqual(
    expect.arrayContaining(['/r/:token', '/u/:token', '/sign-in/:token', '/desk/', '/api/v1/events/:id']),
  );
  expect(await checksums(site.db, bookkeeping)).toEqual(before);
});

test('no GET and no HEAD changes anything, whoever asks, with whatever words', {
  timeout: 120_000,
}, async () => {
  const before = await checksums(site.db, bookkeeping);
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
      for (const asked of requests) {
        const { statusCode } = await ask(asked);
        expect(statusCode < 500, `${pathOf(asked)} answered ${statusCode}`).toBe(true);
      }
      expect(await checksums(site.db, bookkeeping)).toEqual(before);
    }),
    { numRuns: 150, endOnFailure: true },
  );
});
