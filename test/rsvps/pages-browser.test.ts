import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, page360 } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let browser: Browser;
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
  browser = await openBrowser();
});
afterAll(() => browser?.close());

async function invited(details: Parameters<typeof makeEvent>[2] = {}) {
  const anna = await makeMember(site.db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
  const event = await makeEvent(site.deps, chapter.id, details);
  const history = () =>
    site.db
      .selectFrom('rsvpHistory')
      .select(['state', 'guests'])
      .where('eventId', '=', event.id)
      .where('personId', '=', anna.id)
      .orderBy('id')
      .execute();
  return { url: site.url + (await site.linkOf(event.id, anna.id)), history };
}

const heading = (page: Page) => page.locator('h2').first().innerText();

test('she answers, brings somebody, changes her mind and takes it back, on a phone without script', async () => {
  const { url, history } = await invited({ guestsAllowed: 1 });
  const page = await page360(browser, { javaScriptEnabled: false });
  await page.goto(`${url}?a=yes`);
  expect(await page.getByRole('button', { name: 'Ci sarò', exact: true }).boundingBox()).toMatchObject({
    height: 60,
  });
  await page.getByRole('button', { name: 'Ci sarò', exact: true }).click();
  expect(await heading(page)).toBe('Ci vediamo giovedì 26 novembre!');
  expect(page.url()).toBe(url);

  await page.getByText('Cambia qualcosa').click();
  await page.getByLabel('Ospite 1').fill('Sara Neri');
  await page.getByRole('button', { name: 'Salva' }).click();
  expect(await page.getByText('Con te: Sara Neri.').isVisible()).toBe(true);

  await page.getByRole('button', { name: 'Non riesco a venire' }).click();
  expect(await heading(page)).toBe('Va bene così, Anna');
  await page.getByRole('button', { name: 'Annulla: ci sarò' }).click();
  expect(await heading(page)).toBe('Ci vediamo giovedì 26 novembre!');
  expect(await history()).toMatchObject([
    { state: 'going', guests: 0 },
    { state: 'going', guests: 1 },
    { state: 'withdrawn', guests: 0 },
    { state: 'going', guests: 1 },
  ]);
  await page.context().close();
});

test('a mail scanner that opens every link, with HEAD, GET and all the scripts of a browser, answers nothing', async () => {
  const { url, history } = await invited({ maybeAllowed: true });
  const page = await page360(browser);
  for (const answer of ['yes', 'maybe', 'no']) {
    await fetch(`${url}?a=${answer}`, { method: 'HEAD' });
    await page.goto(`${url}?a=${answer}`, { waitUntil: 'networkidle' });
    for (const link of await page.locator('a[href^="/"]').all()) {
      const href = await link.getAttribute('href');
      await fetch(new URL(href ?? '', site.url));
    }
  }
  expect(await history()).toEqual([]);
  await page.context().close();
});

test('a page opened a while ago that posts to an event since cancelled is told so', async () => {
  const { url } = await invited();
  const page = await page360(browser);
  await page.goto(url);
  await site.db.updateTable('events').set({ state: 'cancelled', cancelReason: 'Neve.' }).execute();
  await page.getByRole('button', { name: 'Ci sarò', exact: true }).click();
  expect(await page.getByRole('alert').innerText()).toBe('L’incontro è stato annullato nel frattempo.');
  expect(await page.getByText('Neve.').isVisible()).toBe(true);
  await page.context().close();
});
