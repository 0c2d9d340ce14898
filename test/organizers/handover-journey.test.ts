import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';
import { makeChapter, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

/** Two women, two devices, and nothing but what is on their screens and in their mailboxes. */
describe.each([
  ['a phone', page360],
  ['a desktop', pageDesktop],
] as const)('on %s', (_, openPage) => {
  test('Anna hands the group over to Marta, both act until the day, and then Anna’s desk is closed', async () => {
    service.clock.set('2026-11-16T10:00:00Z');
    const chapter = await makeChapter(service.db);
    const marta = await makeMember(service.db, chapter.id, { firstName: 'Marta', lastName: 'Ferri' });
    const anna = await openPage(browser);
    const hers = await openPage(browser);
    for (const page of [anna, hers]) page.setDefaultTimeout(10_000);

    // Anna reads her mail on another device, and types the code on this one.
    await anna.goto(`${service.url}/desk/`);
    await anna.getByLabel('La tua mail').fill(chapter.coordinator.email as string);
    await press(anna, 'Mandami il link');
    const code = /^\d{6}$/m.exec(await mailTo(chapter.coordinator.email))?.[0] as string;
    await anna.getByLabel('Hai la posta su un altro dispositivo?').fill(code);
    await press(anna, 'Entra con il codice');
    await press(anna, 'Altro');
    await press(anna, /^Chi coordina il gruppo/);
    await press(anna, 'Aggiungi, o passa le consegne');
    await anna.getByLabel('Cerca nel gruppo').fill('marta');
    await press(anna, 'Cerca');
    await anna.getByRole('radio', { name: /^Marta Ferri/ }).check();
    await anna.getByRole('radio', { name: /^Le passo le consegne/ }).check();
    await anna.getByLabel('Il tuo ultimo giorno').fill('2026-12-10');
    await press(anna, 'Conferma');
    expect(await words(anna)).toContain(
      'Anna Ricci passa le consegne a Marta Ferri. Fino a giovedì 10 dicembre',
    );

    const link = /http\S+\/sign-in\/\S+/.exec(await mailTo(marta.email))?.[0] as string;
    await hers.goto(link);
    await press(hers, 'Entra');
    expect(await words(hers)).toContain('Ciao Marta');
    await anna.reload();
    expect(await words(anna)).toContain('Chi coordina il gruppo');

    service.clock.set('2026-12-10T23:00:00Z');
    await anna.reload();
    expect(new URL(anna.url()).pathname).toBe('/sign-in');
    await hers.reload();
    expect(await words(hers)).toContain('Ciao Marta');
    for (const page of [anna, hers]) await page.close();
  }, 120_000);
});

async function press(page: Page, name: string | RegExp): Promise<void> {
  const exact = typeof name === 'string';
  const target = page
    .getByRole('button', { name, exact })
    .or(page.getByRole('link', { name, exact }))
    .first();
  await Promise.all([page.waitForEvent('load'), target.click()]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
}

const words = (page: Page) => page.locator('main').innerText();

async function mailTo(address: string | null): Promise<string> {
  await service.settle();
  const mail = service.inbox.messages.filter(({ to }) => to === address).at(-1);
  return (await mail?.parsed())?.text ?? '';
}
