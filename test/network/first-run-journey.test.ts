import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSetUpLink } from '../../server/network/first-run.ts';
import { faultsOf } from '../desk/faults.ts';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

/** Nothing but what is on the screen, from the link in the log to the first invitation. */
describe.each([
  ['a phone', page360, true],
  ['a phone without any script', page360, false],
  ['a desktop', pageDesktop, true],
] as const)('on %s', (_, openPage, javaScriptEnabled) => {
  const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });

  test('the first run leads from the link to the first event in under three minutes', async () => {
    const page = await openPage(browser, { javaScriptEnabled, reducedMotion: 'reduce' });
    page.setDefaultTimeout(10_000);
    const began = performance.now();
    const press = async (name: string | RegExp) => {
      const target = page
        .getByRole('button', { name, exact: true })
        .or(page.getByRole('link', { name, exact: true }))
        .first();
      await Promise.all([page.waitForEvent('load'), target.click()]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    };
    await page.goto((await createSetUpLink(service.deps)) as string);
    await look(page, 'network');
    await page.getByLabel('Nome della rete').fill('Filo Rosso');
    await press('Avanti');
    await page.getByLabel('Nome del gruppo').fill('Forlì');
    await look(page, 'chapter');
    await press('Avanti');
    await page.getByLabel('Nome', { exact: true }).fill('Anna');
    await page.getByLabel('Cognome').fill('Ricci');
    await page.getByLabel('La tua mail').fill('anna@example.org');
    await look(page, 'you');
    await press('Fatto: apri la scrivania');

    expect(page.url()).toContain('/desk/chapters/forli/members/new');
    await look(page, 'members');
    await page
      .getByLabel('Incolla l’elenco')
      .first()
      .fill('Giulia Rossi, giulia@example.org\nSara Neri, sara@example.org');
    await press('Controlla l’elenco');
    await press(/^Aggiungile al gruppo/);
    await look(page, 'after members');
    await press('Il primo incontro');
    await page.getByLabel('Titolo').fill('Aperitivo di rete');
    await page.getByLabel('Luogo').fill('Enoteca Storica');
    await press('Avanti: guarda l’invito');
    await press('Pubblica e manda gli inviti');
    await look(page, 'published');
    expect(await page.getByRole('navigation', { name: 'I primi passi' }).count()).toBe(0);
    await service.settle();
    expect(service.inbox.messages.map(({ to }) => to)).toEqual(
      expect.arrayContaining(['giulia@example.org', 'sara@example.org']),
    );
    expect(performance.now() - began).toBeLessThan(180_000);
    await page.close();
  }, 120_000);
});

/** Each step can be used by everybody. For whoever wants to see it: `PICTURES=/tmp/x npx vitest run …`. */
async function look(page: Page, name: string): Promise<void> {
  // Where no script runs, none looks either; the pages are the same.
  const runs = await page.evaluate(`matchMedia('(scripting: enabled)').matches`);
  if (runs) expect([name, ...(await faultsOf(page, true))]).toEqual([name]);
  const folder = process.env.PICTURES;
  if (folder)
    await page.screenshot({ path: `${folder}/${page.viewportSize()?.width}-${name}.png`, fullPage: true });
}
