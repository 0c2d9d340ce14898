import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser, page360 } from '../support/browser.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;
let cookie: string;

beforeAll(async () => {
  const chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const firstName of ['Giulia', 'Niccolò', 'Sara'])
    await makeMember(service.db, chapter.id, { firstName, lastName: 'Verdi' });
  cookie = (await signedIn(service, chapter.coordinator.id)).cookie;
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

test.each([true, false])(
  'she finds somebody by a few letters (script: %s)',
  async (javaScriptEnabled) => {
    const page = await page360(browser, { javaScriptEnabled });
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
    await page.goto(`${service.url}/desk/chapters/bologna/members`);
    const field = page.getByLabel('Cerca per nome o mail');
    await field.pressSequentially('nicco');
    // With a script the list follows the letters; without one there is a button.
    if (!javaScriptEnabled) await page.getByRole('button', { name: 'Cerca' }).click();
    await page.getByRole('heading', { name: 'Una persona', exact: true }).waitFor();
    expect(await page.locator('.folk b').allInnerTexts()).toEqual(['Niccolò Verdi']);
    expect(await field.inputValue()).toBe('nicco');
    expect(new URL(page.url()).searchParams.get('q')).toBe('nicco');
    await page.getByRole('link', { name: /Niccolò Verdi/ }).click();
    await page.getByRole('heading', { name: 'Niccolò Verdi' }).waitFor();
    await page.context().close();
  },
  60_000,
);
