import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

/** A coordinator changes a text, sees it as it will arrive, and it arrives like that. */
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

test.each([
  ['on a phone', page360],
  ['on a desktop', pageDesktop],
] as const)(
  'she changes the invitation and previews it %s',
  async (_, open) => {
    const chapter = await makeChapter(service.db);
    const giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
    const event = await makeEvent(service.deps, chapter.id, { draft: true, title: 'Cena di rete' });
    const page = await enter(await open(browser), chapter.coordinator.id);
    await page.goto(`${service.url}/desk/chapters/${chapter.slug}/more`);
    await follow(page, 'Le parole delle mail');
    await follow(page, /^Invito/);

    // The letter is there before she types, with a member's data, and follows what she types.
    await page.getByLabel('Con i dati di').selectOption({ label: 'Giulia Prova' });
    await letter(page, 'Ciao Giulia');
    const isPhone = page.viewportSize()?.width === 360;
    expect(await page.locator('#body-en').isVisible()).toBe(!isPhone);
    await page.locator('#subject-it').fill('Vieni a cena?');
    await page.locator('#body-it').fill('Cara ');
    await page.locator('.inserts[data-for="it"] summary').click();
    await page.getByRole('button', { name: 'Metti qui: Il nome di chi legge', exact: true }).first().click();
    expect(await page.locator('#body-it').inputValue()).toBe('Cara {{ person.firstName }}');
    // Without its button it says so, and is not saved.
    await letter(page, 'Manca il pulsante');
    await press(page, 'Salva');
    expect(await page.locator('main').innerText()).toContain('Manca il pulsante');
    expect(await page.locator('#body-it').inputValue()).toBe('Cara {{ person.firstName }}');

    await page.locator('#body-it').press('End');
    await page.locator('#body-it').fill('Cara {{ person.firstName }}\n\n');
    await page.locator('.inserts[data-for="it"] summary').click();
    await page.getByRole('button', { name: 'Metti qui: Pulsante per dire sì', exact: true }).first().click();
    await page.getByLabel('Con i dati di').selectOption({ label: 'Giulia Prova' });
    await letter(page, 'Cara Giulia');
    await letter(page, 'Ci sarò');
    await page.getByRole('radio', { name: 'Solo testo' }).check();
    await letter(page, '/r/***?a=yes');
    expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
    await press(page, 'Salva');
    expect(await page.locator('main').innerText()).toContain(
      'Salvato: la prossima mail parte con queste parole.',
    );

    await page.goto(`${service.url}/desk/events/${event.id}/publication`);
    await press(page, 'Pubblica e manda gli inviti');
    await service.settle();
    const [mail] = service.inbox.messagesTo(giulia.email as string);
    const arrived = await mail?.parsed();
    expect(arrived?.subject).toBe('Vieni a cena?');
    expect(arrived?.text).toMatch(/^Cara Giulia\n\nCi sarò: http/);
    await page.context().close();
  },
  90_000,
);

test('without any script she sees the letter by a button, and saves', async () => {
  const chapter = await makeChapter(service.db);
  await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  const page = await enter(await page360(browser, { javaScriptEnabled: false }), chapter.coordinator.id);
  await page.goto(`${service.url}/desk/chapters/${chapter.slug}/texts/reminder`);
  await page.locator('#subject-it').fill('A domani, {{ person.firstName }}');
  await page.getByRole('button', { name: 'Guarda: Italiano' }).click();
  await letter(page, 'A domani, Anna');
  await press(page, 'Salva');
  expect(await page.locator('main').innerText()).toContain('Questo testo è del tuo gruppo.');
  await page.context().close();
}, 60_000);

async function enter(page: Page, personId: string): Promise<Page> {
  page.setDefaultTimeout(15_000);
  const { cookie } = await signedIn(service, personId);
  const [name = '', value = ''] = cookie.split('=');
  await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
  return page;
}

async function follow(page: Page, name: string | RegExp) {
  await Promise.all([
    page.waitForEvent('load'),
    page.getByRole('main').getByRole('link', { name }).first().click(),
  ]);
}

async function press(page: Page, name: string) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).click()]);
}

/** Waits until the letter says something. */
async function letter(page: Page, words: string) {
  await page.frameLocator('iframe[name="letter"]').getByText(words).first().waitFor();
}
