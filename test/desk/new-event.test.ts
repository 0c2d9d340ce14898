import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { eventFields, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  browser = await openBrowser();
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  await makeMembers(service.db, chapter.id, 3);
  await makeEvent(service.deps, chapter.id, {
    startsAt: new Date('2026-11-12T17:30:00Z'),
    venueName: 'Il Chiostro',
    venueAddress: 'Piazza Santo Stefano 5, Bologna',
    draft: true,
  });
}, 60_000);
afterAll(() => browser?.close());

/** The Tab key, until what has the focus is the field or button of this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  const focused = `(() => {
    const { activeElement: it } = document;
    return (it.labels?.[0] ?? it).textContent.trim();
  })()`;
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (((await page.evaluate(focused)) as string).startsWith(name)) return;
  }
  throw new Error(`the Tab key never came to "${name}"`);
}

test('the first steps lead to a new event rather than to a draft whose day is over', async () => {
  const desk = await signedIn(service, chapter.coordinator.id);
  const steps = /<nav class="first"[\s\S]*?<\/nav>/.exec((await desk.get('/desk/')).body)?.[0];
  expect(steps).toContain('href="/desk/chapters/bologna/events/new" class="is-next">Il primo incontro</a>');
  expect(steps).not.toContain('/publication');
});

test.each([
  ['on a phone', page360],
  ['on a desktop', pageDesktop],
] as const)(
  'an event is made and published by keyboard alone, with four fields filled, %s',
  async (_, open) => {
    const { cookie } = await signedIn(service, chapter.coordinator.id);
    const page = await open(browser);
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
    await page.goto(`${service.url}/desk/`);
    await tabTo(page, 'Nuovo incontro');
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await tabTo(page, 'Titolo');
    await page.keyboard.type('Aperitivo d’inverno');
    await tabTo(page, 'Dalle');
    // One hour later: the end goes along.
    await page.keyboard.press('ArrowUp');
    expect(await page.getByLabel('Alle', { exact: true }).inputValue()).toBe('21:30');
    await tabTo(page, 'Luogo');
    // A place of before, as its suggestion writes it: the address comes along.
    await page.keyboard.insertText('Il Chiostro');
    expect(await page.getByLabel('Indirizzo', { exact: true }).inputValue()).toBe(
      'Piazza Santo Stefano 5, Bologna',
    );
    await tabTo(page, 'Posti in presenza');
    await page.keyboard.type('25');
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await tabTo(page, 'Pubblica e manda gli inviti');
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    const event = await service.db
      .selectFrom('events')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    expect(event).toMatchObject({
      title: 'Aperitivo d’inverno',
      state: 'published',
      startsAt: new Date('2026-11-19T18:30:00Z'),
      endsAt: new Date('2026-11-19T20:30:00Z'),
      venueAddress: 'Piazza Santo Stefano 5, Bologna',
      seatsRoom: 25,
    });
    await page.close();
  },
  60_000,
);

test('a day and times written by hand are taken as they are meant', async () => {
  const desk = await signedIn(service, chapter.coordinator.id);
  const made = await desk.post(
    '/desk/chapters/bologna/events',
    eventFields({ date: '26 novembre', from: '18.30', to: '20' }),
  );
  expect(made.statusCode).toBe(303);
  const event = await service.db
    .selectFrom('events')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  expect(event).toMatchObject({
    startsAt: new Date('2026-11-26T17:30:00Z'),
    endsAt: new Date('2026-11-26T19:00:00Z'),
  });
  // What is none comes back as she wrote it.
  const wrong = await desk.post('/desk/chapters/bologna/events', eventFields({ date: 'presto' }));
  expect(wrong.statusCode).toBe(400);
  expect(wrong.body).toContain('value="presto"');
});
