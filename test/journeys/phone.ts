import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { openBrowser } from '../support/browser.ts';

/**
 * A phone of 360 by 740 points, tapped with a finger, or a desktop's window with a mouse: its browser keeps cookies and
 * runs scripts.
 */
export type Phone = {
  readonly page: Page;
  open(url: string): Promise<void>;
  /** Taps the one button or link that says this, and waits for the page that follows. */
  tap(label: string | RegExp): Promise<void>;
  /** Types into the field of this name. */
  fill(label: string, words: string): Promise<void>;
  /** The words that are on the screen, in one line. */
  words(): Promise<string>;
  close(): Promise<void>;
};

/** A real browser for the test file. Each phone or desktop is a new one: nobody's cookies are on it. */
export function useBrowser(): { takePhone(): Promise<Phone>; takeDesktop(): Promise<Phone> } {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  }, 60_000);
  afterAll(() => browser?.close());
  return {
    async takePhone() {
      const context = await browser.newContext({
        viewport: { width: 360, height: 740 },
        deviceScaleFactor: 2,
        hasTouch: true,
        isMobile: true,
        locale: 'it-IT',
      });
      context.setDefaultTimeout(10_000);
      return phoneOf(context, await context.newPage(), true);
    },
    async takeDesktop() {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'it-IT' });
      context.setDefaultTimeout(10_000);
      return phoneOf(context, await context.newPage(), false);
    },
  };
}

function phoneOf(context: BrowserContext, page: Page, hasTouch: boolean): Phone {
  return {
    page,
    async open(url) {
      const response = await page.goto(url);
      expect(response?.status(), url).toBeLessThan(400);
      await fits(page);
    },
    async tap(label) {
      const target = page
        .getByRole('button', { name: label, exact: true })
        .or(page.getByRole('link', { name: label, exact: true }));
      await Promise.all([page.waitForEvent('domcontentloaded'), hasTouch ? target.tap() : target.click()]);
      await fits(page);
    },
    async fill(label, words) {
      await page.getByLabel(label, { exact: true }).filter({ visible: true }).fill(words);
    },
    async words() {
      // What is folded away is not on the screen.
      return (await page.evaluate<string>('document.body.innerText')).replace(/\s+/g, ' ').trim();
    },
    close: () => context.close(),
  };
}

/** Nothing hangs over the edge of the screen. */
async function fits(page: Page): Promise<void> {
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  expect(width, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(
    page.viewportSize()?.width ?? 0,
  );
}
