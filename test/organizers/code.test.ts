import type { LightMyRequestResponse } from 'fastify';
import { beforeAll, expect, test } from 'vitest';
import { deviceInWords } from '../../server/organizers/devices.ts';
import { sessionOf } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let address = '';
let chapterId = '';

beforeAll(async () => {
  const chapter = await makeChapter(service.db, { slug: 'bologna' });
  address = chapter.coordinator.email as string;
  chapterId = chapter.id;
});

// Each test is somebody else's household: limits by IP are another test's matter.
let household = 0;
const post = (
  url: string,
  fields: Record<string, string>,
  { cookie = '', headers = {} }: { cookie?: string; headers?: Record<string, string> } = {},
) =>
  service.server.inject({
    method: 'POST',
    url,
    remoteAddress: `10.0.0.${household}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie, ...headers },
    payload: new URLSearchParams(fields).toString(),
  });

const askedOf = (response: LightMyRequestResponse) => {
  const found = response.cookies.find(({ name }) => name === 'ritrovo_asked');
  return `ritrovo_asked=${found?.value ?? ''}`;
};

/** Asks for the mail on one device, and reads it: the code, the link, and what the asking browser holds. */
async function ask(email = address) {
  household += 1;
  // Past the hour: five links an hour are another test's matter.
  service.clock.advance(minutes(61));
  const asked = await post('/sign-in', { email });
  await service.settle();
  const { text = '' } = (await service.inbox.messages.at(-1)?.parsed()) ?? {};
  return {
    asked,
    browser: askedOf(asked),
    code: /^\d{6}$/m.exec(text)?.[0] as string,
    path: /http\S+?(\/sign-in\/[\w.-]+)/.exec(text)?.[1] as string,
  };
}

const other = (code: string) => code.replace(/.$/, (last) => String((Number(last) + 1) % 10));

test('the code of the mail, typed where the mail was asked for, signs her in once, and the link is over with it', async () => {
  const { asked, browser, code, path } = await ask();
  expect(asked.body).toContain('autocomplete="one-time-code"');
  const cookie = asked.cookies.find(({ name }) => name === 'ritrovo_asked');
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/sign-in', maxAge: 900 });

  const entered = await post(
    '/sign-in/code',
    { code: `${code.slice(0, 3)} ${code.slice(3)}` },
    { cookie: browser },
  );
  expect(entered.statusCode).toBe(303);
  const home = await service.server.inject({ url: '/desk/', headers: { cookie: sessionOf(entered) } });
  expect(home.body).toContain('Ciao Anna');
  expect((await post('/sign-in/code', { code }, { cookie: browser })).statusCode).toBe(400);
  expect((await post(path, {})).statusCode).toBe(410);
});

test('once the link is used the code is over', async () => {
  const { browser, code, path } = await ask();
  expect((await post(path, {})).statusCode).toBe(303);
  expect((await post('/sign-in/code', { code }, { cookie: browser })).statusCode).toBe(400);
});

test('the code does in no other browser than the one that asked', async () => {
  const { browser, code } = await ask();
  const stranger = await post('/sign-in', { email: 'nessuna@example.org' });
  for (const cookie of ['', 'ritrovo_asked=', 'ritrovo_asked=x', askedOf(stranger)]) {
    expect((await post('/sign-in/code', { code }, { cookie })).statusCode).toBe(400);
  }
  expect((await post('/sign-in/code', { code }, { cookie: browser })).statusCode).toBe(303);
});

test('after five tries the right code is no longer one, though they come at the same moment; the link still is', async () => {
  const { browser, code, path } = await ask();
  const tries = Array.from({ length: 5 }, () =>
    post('/sign-in/code', { code: other(code) }, { cookie: browser }),
  );
  for (const response of await Promise.all(tries)) expect(response.statusCode).toBe(400);
  expect((await post('/sign-in/code', { code }, { cookie: browser })).statusCode).toBe(400);
  expect((await post(path, {})).statusCode).toBe(303);
  const again = await ask();
  for (let i = 0; i < 4; i += 1) await post('/sign-in/code', { code: '' }, { cookie: again.browser });
  expect((await post('/sign-in/code', { code: again.code }, { cookie: again.browser })).statusCode).toBe(303);
});

test('who asks for mail after mail to guess one code after the other has ten tries in a day; the links in her mails still do', async () => {
  const guesser = await makeMember(service.db, chapterId, { firstName: 'Presa', lastName: 'di Mira' });
  await service.db
    .insertInto('memberships')
    .values({
      chapterId,
      personId: guesser.id,
      role: 'coordinator',
      source: 'test',
      startsAt: new Date('2026-01-01'),
    })
    .execute();
  const mails = [];
  for (let mail = 0; mail < 3; mail += 1) {
    const asked = await ask(guesser.email as string);
    mails.push(asked);
    for (let i = 0; i < 4; i += 1) {
      await post('/sign-in/code', { code: other(asked.code) }, { cookie: asked.browser });
    }
  }
  const last = mails.at(-1) as Awaited<ReturnType<typeof ask>>;
  expect((await post('/sign-in/code', { code: last.code }, { cookie: last.browser })).statusCode).toBe(400);
  expect((await post(last.path, {})).statusCode).toBe(303);
  // Another woman's code is her own matter, and a day later so is hers.
  const others = await ask();
  expect((await post('/sign-in/code', { code: others.code }, { cookie: others.browser })).statusCode).toBe(
    303,
  );
  service.clock.advance(minutes(24 * 60));
  const again = await ask(guesser.email as string);
  expect((await post('/sign-in/code', { code: again.code }, { cookie: again.browser })).statusCode).toBe(303);
});

test('a code lasts fifteen minutes', async () => {
  const { browser, code } = await ask();
  service.clock.advance(minutes(15));
  expect((await post('/sign-in/code', { code }, { cookie: browser })).statusCode).toBe(400);
});

test('the code page answers alike, and as slowly, for an address that is known and one that is not', async () => {
  const known = await ask();
  const unknown = askedOf(await post('/sign-in', { email: 'nessuna@example.org' }));
  const timed = async (cookie: string, code: string) => {
    const began = performance.now();
    const response = await post('/sign-in/code', { code, email: 'io@example.org' }, { cookie });
    return { took: performance.now() - began, page: response.body, status: response.statusCode };
  };
  const pages = new Set<string>();
  for (let i = 0; i < 7; i += 1) {
    for (const cookie of [known.browser, unknown, '']) {
      const { took, page, status } = await timed(cookie, other(known.code));
      expect(status).toBe(400);
      expect(took).toBeGreaterThan(290);
      pages.add(page);
    }
  }
  expect(pages.size).toBe(1);
  expect([...pages][0]).toContain('value="io@example.org"');
});

test('a code sent from another site signs nobody in', async () => {
  const { browser, code } = await ask();
  const headers = { 'sec-fetch-site': 'cross-site' };
  expect((await post('/sign-in/code', { code }, { cookie: browser, headers })).statusCode).toBe(400);
  expect((await post('/sign-in/code', { code }, { cookie: browser })).statusCode).toBe(303);
});

test('the database holds no code, and nothing that stands for one without the key', async () => {
  const { code, browser } = await ask();
  const rows = JSON.stringify([
    await service.db.selectFrom('signInLinks').selectAll().execute(),
    await service.db.selectFrom('mailings').selectAll().execute(),
  ]);
  expect(rows).not.toContain(`"${code}"`);
  expect(rows).not.toContain(browser.split('=')[1]);
});

test('a machine that tries one code after the other is made to wait', async () => {
  household += 1;
  const answers = new Set<number>();
  for (let round = 0; round < 4; round += 1) {
    const tries = Array.from({ length: 20 }, (_, i) => post('/sign-in/code', { code: String(i) }));
    for (const { statusCode } of await Promise.all(tries)) answers.add(statusCode);
  }
  expect([...answers].sort()).toEqual([400, 429]);
});

test('a device is named as its owner knows it', () => {
  const of = {
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1':
      'Safari · iPhone',
    'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36':
      'Samsung Internet · Android',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0':
      'Edge · Windows',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0': 'Firefox · Mac',
    curl: null,
  };
  for (const [agent, words] of Object.entries(of)) expect(deviceInWords(agent)).toBe(words);
  expect(deviceInWords(undefined)).toBeNull();
});
