import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
import { signedIn } from './at-desk.ts';
import { type DeskPage, deskPages } from './desk-pages.ts';
import { faultsOf } from './faults.ts';
import { openDeskPage } from './open-page.ts';
import { reachFaults } from './reach.ts';

/**
 * Looks at every page of the desk on one kind of screen. The screens have a file each, because each takes minutes.
 * @param openPage opens a page of that screen
 * @param withColours whether the dark is looked at too, or else whether the keyboard reaches everything
 */
export function looksAtTheDesk(
  openPage: (browser: Browser, options: BrowserContextOptions) => Promise<Page>,
  withColours: boolean,
): void {
  const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
  const complaints: string[] = [];
  let browser: Browser;
  let pages: DeskPage[];
  let cookie = '';

  beforeAll(async () => {
    browser = await openBrowser();
    const made = await deskPages(service);
    pages = made.pages;
    cookie = (await signedIn(service, made.coordinatorId)).cookie;
  }, 60_000);
  afterAll(() => browser?.close());

  test('every page of the desk meets WCAG 2.2 A and AA in light and dark, fits the screen enlarged too, and is reached by keyboard', async () => {
    const page = await openPage(browser, { reducedMotion: 'reduce', javaScriptEnabled: true });
    listen(page, service.url, complaints);
    const [name = '', value = ''] = cookie.split('=');
    await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
    const found: Record<string, string[]> = {};
    for (const desk of pages) {
      await openDeskPage(page, service.url, desk);
      // What is folded away is part of the page.
      await page.evaluate(
        `document.querySelectorAll('details').forEach((details) => { details.open = true; })`,
      );
      const wrong = await faultsOf(page, withColours);
      if (!withColours) wrong.push(...(await reachFaults(page)));
      if (wrong.length > 0) found[desk.name] = wrong;
    }
    await page.close();
    expect(found).toEqual({});
    expect(complaints).toEqual([]);
  }, 600_000);
}

/** What the browser holds against a page: a style or script that the policy forbids, a file that is not there. */
function listen(page: Page, siteUrl: string, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (400|403|404|409|410)/.test(message.text())) {
      complaints.push(`${page.url()}: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(siteUrl)) complaints.push(`asked ${request.url()}`);
  });
}
