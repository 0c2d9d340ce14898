import { beforeAll, expect, test } from 'vitest';
import { type AtDesk, signedIn } from '../desk/at-desk.ts';
import { makeChapter } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-26T10:00:00Z');
let desk: AtDesk;
const form = '/desk/chapters/bologna/joining';

beforeAll(async () => {
  const chapter = await makeChapter(site.db, { slug: 'bologna' });
  await makeChapter(site.db, { slug: 'imola' });
  desk = await signedIn(site, chapter.coordinator.id);
});

const read = async (slug: string, language = 'it') =>
  (await site.server.inject({ url: `/c/${slug}/join`, headers: { 'accept-language': language } })).body;

test('a chapter that wrote nothing has a page of its own all the same, in both languages', async () => {
  expect((await site.server.inject('/c/bologna')).body).toContain('href="/c/bologna/join"');
  expect(await read('bologna')).toContain('chi coordina il gruppo di Bologna');
  expect(await read('bologna', 'en')).toContain('Come to an open event.');
  expect((await site.server.inject('/c/nowhere/join')).statusCode).toBe(404);
});

test('its own words stand there, as Markdown that runs nothing; the other language keeps the usual ones', async () => {
  const { body } = await desk.get(form);
  expect(body).toContain('Si comincia da un incontro');
  const it = '## Da noi\n\nSi entra **per invito**. <script>alert(1)</script> [qui](javascript:alert(1))';
  const en = /<textarea id="en"[^>]*>\n([\s\S]*?)<\/textarea>/.exec(body)?.[1] as string;
  expect((await desk.post(form, { it, en: en.replaceAll('\n', '\r\n') })).statusCode).toBe(303);
  const page = await read('bologna');
  expect(page).toContain('<h2>Da noi</h2>');
  expect(page).toContain('<strong>per invito</strong>');
  expect(page).not.toContain('<script>alert');
  expect(page).not.toContain('href="javascript');
  expect(await read('bologna', 'en')).toContain('Come to an open event.');
  expect(await read('imola')).not.toContain('per invito');
  const saved = await site.db
    .selectFrom('chapters')
    .select(['joinEn'])
    .where('slug', '=', 'bologna')
    .executeTakeFirstOrThrow();
  expect(saved.joinEn).toBeNull();
});

test('what is too long is said beside what was typed; what is emptied gives the usual words back', async () => {
  const refused = await desk.post(form, { it: `Nostro ${'x'.repeat(10_000)}`, en: '' });
  expect(refused.statusCode).toBe(400);
  expect(refused.body).toContain('Al massimo');
  expect(refused.body).toContain('Nostro xxx');
  await desk.post(form, { it: ' ', en: '' });
  expect(await read('bologna')).toContain('Si comincia da un incontro');
});

test('another chapter’s words are not hers to write', async () => {
  expect((await desk.post('/desk/chapters/imola/joining', { it: 'Altro', en: '' })).statusCode).toBe(404);
  expect(await read('imola')).not.toContain('Altro');
});
