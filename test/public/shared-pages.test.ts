import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { takesGzip } from '../../server/web/shared-pages.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

/** An event's page is put together once a second for all who open it. Nobody may notice. */

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let anna: Awaited<ReturnType<typeof makeMember>>;
beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
  anna = await makeMember(site.db, chapter.id, { firstName: 'Anna' });
});

const read = (url: string, headers: Record<string, string> = {}) =>
  site.server.inject({ url, headers: { accept: 'text/html', ...headers } });

test('what changes within the second is on the page at once', async () => {
  const event = await makeEvent(site.deps, chapter.id, { access: 'public', seatsRoom: 7 });
  const page = `/e/${event.id}`;
  expect((await read(page)).body).toContain('7 posti');
  await answerInvitation(site.deps, {
    eventId: event.id,
    personId: anna.id,
    answer: 'yes',
    source: 'link',
  });
  expect((await read(page)).body).toContain('6 posti');
  await changeEvent(
    site.deps,
    event.id,
    { title: 'Cena in terrazza' },
    { actor: { kind: 'system' }, notify: false },
  );
  expect((await read(page)).body).toContain('Cena in terrazza');
});

test('each reader has her own language, and the name of who sent her', async () => {
  const event = await makeEvent(site.deps, chapter.id, { access: 'public' });
  const page = `/e/${event.id}`;
  expect((await read(page, { 'accept-language': 'it' })).body).toContain('<html lang="it">');
  expect((await read(page, { 'accept-language': 'en' })).body).toContain('<html lang="en">');
  expect((await read(`${page}?from=Anna%20R.`)).body).toContain('value="Anna R."');
  expect((await read(page)).body).not.toContain('value="Anna R."');
});

test('what the clock ends is over with the next second', async () => {
  const event = await makeEvent(site.deps, chapter.id, {
    access: 'public',
    answersCloseAt: new Date('2026-11-16T09:30:00Z'),
  });
  const page = `/e/${event.id}`;
  site.clock.set('2026-11-16T10:29:59+01:00');
  expect((await read(page)).body).toContain('id="link"');
  site.clock.set('2026-11-16T10:30:00+01:00');
  expect((await read(page)).body).not.toContain('id="link"');
});

test('a browser that takes gzip gets the same page compressed, and one that does not as it is', async () => {
  const event = await makeEvent(site.deps, chapter.id, { access: 'public' });
  const page = `/e/${event.id}`;
  const plain = await read(page);
  expect(plain.headers['content-encoding']).toBeUndefined();
  for (const _ of ['made', 'again']) {
    const zipped = await read(page, { 'accept-encoding': 'gzip, deflate, br' });
    expect(zipped.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(zipped.rawPayload.length),
      vary: 'accept-language, accept-encoding',
    });
    expect(gunzipSync(zipped.rawPayload).toString()).toBe(plain.body);
  }
  expect((await read(page)).body).toBe(plain.body);
});

test('whether gzip is taken is read as the standard has it', () => {
  for (const yes of ['gzip', 'gzip, br', 'br;q=1, gzip;q=0.5', 'deflate,x-gzip', 'GZIP ; q=1'])
    expect([yes, takesGzip(yes)]).toEqual([yes, true]);
  for (const no of [undefined, '', 'br', 'identity', 'gzip;q=0', 'gzip;q=0.000, br', 'notgzip'])
    expect([no, takesGzip(no)]).toEqual([no, false]);
});
