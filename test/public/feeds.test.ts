import { gunzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent } from '../support/factories.ts';
import { problemsOf } from '../support/ical-lines.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
const actor = { kind: 'system' } as const;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;

beforeEach(async () => {
  chapter = await makeChapter(site.db);
  event = await makeEvent(site.deps, chapter.id, { access: 'public', joinUrl: 'https://meet.example.org/x' });
  site.clock.advance(minutes(1));
});

const get = (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  site.server.inject({ method, url: path, headers });
const change = (changes: Parameters<typeof changeEvent>[2]) =>
  changeEvent(site.deps, event.id, changes, { actor, notify: false });
const feeds = () => [`/c/${chapter.slug}/calendar.ics`, `/c/${chapter.slug}/feed.atom`];

test('who has a feed already is told so, by its tag or by its date, with GET and with HEAD', async () => {
  for (const path of feeds()) {
    const first = await get(path);
    expect(first.statusCode).toBe(200);
    expect(first.headers).toMatchObject({ 'cache-control': 'public, no-cache', vary: 'accept-encoding' });
    const { etag, 'last-modified': date } = first.headers as Record<string, string>;
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    expect(date).toBe(new Date('2026-11-16T09:00:00Z').toUTCString());
    site.clock.advance(minutes(5));
    for (const method of ['GET', 'HEAD'] as const) {
      const whole = await get(path, {}, method);
      expect([whole.statusCode, whole.headers.etag]).toEqual([200, etag]);
      for (const has of [
        { 'if-none-match': etag as string },
        { 'if-none-match': `"other", W/${etag}` },
        { 'if-none-match': '*' },
        { 'if-modified-since': date as string },
      ]) {
        const again = await get(path, has, method);
        expect([again.statusCode, again.body, again.headers.etag], JSON.stringify(has)).toEqual([
          304,
          '',
          etag,
        ]);
      }
    }
    // A tag that does not fit decides, whatever the date says.
    const other = { 'if-none-match': '"other"', 'if-modified-since': date as string };
    expect((await get(path, other)).statusCode).toBe(200);
    expect((await get(path, { 'if-modified-since': 'yesterday' })).statusCode).toBe(200);
    site.clock.set('2026-11-16T10:01:00+01:00');
  }
});

test('whatever an event says anew, a feed is another', async () => {
  const changes: (() => Promise<unknown>)[] = [
    () => change({ title: 'Aperitivo lungo' }),
    () => change({ description: 'Porta **qualcosa**.' }),
    () => change({ venueName: 'Sala Verde' }),
    () => change({ startsAt: new Date(event.startsAt.getTime() + minutes(30)) }),
    () => makeEvent(site.deps, chapter.id, { access: 'public', title: 'Un altro' }),
    () => site.db.updateTable('chapters').set({ name: 'Bologna Est' }).where('id', '=', chapter.id).execute(),
    () => cancelEvent(site.deps, event.id, { actor, reason: null, notify: false }),
  ];
  for (const [number, step] of changes.entries()) {
    const before = await Promise.all(feeds().map((path) => get(path)));
    // Within one second, too.
    site.clock.advance(100);
    await step();
    for (const [at, path] of feeds().entries()) {
      const had = before[at]?.headers as Record<string, string>;
      const tags = { 'if-none-match': had.etag as string };
      const after = await get(path, tags);
      expect([after.statusCode, after.headers.etag === had.etag], `${number} ${path}`).toEqual([200, false]);
    }
  }
});

test('an event that is listed no more is gone by its date, too', async () => {
  for (const path of feeds()) {
    await change({ access: 'public' });
    site.clock.advance(minutes(1));
    const { 'last-modified': date } = (await get(path)).headers as Record<string, string>;
    await change({ access: 'link' });
    site.clock.advance(minutes(1));
    const after = await get(path, { 'if-modified-since': date as string });
    expect(after.statusCode).toBe(200);
    expect(after.body).not.toContain('Aperitivo');
  }
});

test('a change in the second of the answer is not missed by its date', async () => {
  const [path = ''] = feeds();
  await change({ title: 'Primo' });
  const just = await get(path);
  expect(just.headers['last-modified']).toBeUndefined();
});

test('compressed, it is the same under another tag, and either tag is known', async () => {
  for (const path of feeds()) {
    const plain = await get(path);
    const zipped = await get(path, { 'accept-encoding': 'gzip, br' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
    expect(zipped.headers.etag).not.toBe(plain.headers.etag);
    for (const etag of [plain.headers.etag, zipped.headers.etag] as string[]) {
      const again = await get(path, { 'if-none-match': etag, 'accept-encoding': 'gzip' });
      expect([again.statusCode, again.headers.etag]).toEqual([304, zipped.headers.etag]);
    }
  }
});

test('a calendar knows the feed’s name, its colour and when to come back; nobody learns the link to join', async () => {
  const [path = ''] = feeds();
  await site.db
    .updateTable('chapters')
    .set({ accentColour: '#1f6f5c' })
    .where('id', '=', chapter.id)
    .execute();
  const { body } = await get(path);
  expect(problemsOf(body)).toEqual([]);
  for (const line of [
    'NAME:Rete di prova · Bologna',
    'X-WR-CALNAME:Rete di prova · Bologna',
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    'COLOR:seagreen',
    'X-APPLE-CALENDAR-COLOR:#1F6F5C',
  ])
    expect(body).toContain(`\r\n${line}\r\n`);
  expect(body).not.toMatch(/meet\.example|CONFERENCE|VALARM/);
  const page = await get(`/c/${chapter.slug}`, { accept: 'text/html' });
  expect(page.body).toContain(`href="${site.url.replace('http:', 'webcal:')}${path}"`);
});

test('an event to download is known by its tag', async () => {
  const path = `/e/${event.id}.ics`;
  const { headers, body } = await get(path);
  expect(body).toContain('BEGIN:VEVENT');
  const again = await get(path, { 'if-none-match': headers.etag as string });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  await change({ title: 'Aperitivo lungo' });
  expect((await get(path, { 'if-none-match': headers.etag as string })).statusCode).toBe(200);
});

test('Google and Outlook.com get the event from the page, folded away, and no link of hers', async () => {
  const page = (await get(`/e/${event.id}`, { accept: 'text/html' })).body;
  const links = [
    ...page.matchAll(/<a [^>]*href="(https:\/\/(?:calendar\.google|outlook\.live)[^"]+)"[^>]*>/g),
  ];
  expect(links).toHaveLength(2);
  for (const [tag, href = ''] of links) {
    expect(tag).toContain('rel="noopener noreferrer external"');
    const url = new URL(href.replaceAll('&amp;', '&'));
    expect([...url.searchParams.values()].join(' ')).toContain(`${site.url}/e/${event.id}`);
    expect(url.href).not.toMatch(/meet\.example|%2Fr%2F/);
  }
  expect(page).toMatch(/<details class="noprint"><summary>Aggiungi al calendario<\/summary>/);
});
