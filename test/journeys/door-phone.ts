import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import type { TestService } from '../support/app.ts';

/** A phone (or a laptop) at the door: whoever holds it is signed in, and its network comes and goes. */
export type DoorPhone = {
  readonly context: BrowserContext;
  readonly page: Page;
  open(eventId: string): Promise<void>;
  tap(name: string): Promise<void>;
  walkIn(name: string): Promise<void>;
  network(isOn: boolean): Promise<void>;
  /** Closes the page and opens it again. */
  again(): Promise<void>;
  says(words: string): Promise<void>;
  /** What the page says of its taps: sent, or still here. */
  status(words: string): Promise<void>;
  close(): Promise<void>;
};

export async function takeDoorPhone(
  service: TestService,
  browser: Browser,
  personId: string,
  options: BrowserContextOptions = {},
): Promise<DoorPhone> {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    locale: 'it-IT',
    ...options,
  });
  context.setDefaultTimeout(10_000);
  await signIn(service, context, personId);
  return doorPhone(service, context, await context.newPage());
}

/** Signs a browser in, and sets its clock to the service's. */
export async function signIn(service: TestService, context: BrowserContext, personId: string): Promise<void> {
  await context.clock.install({ time: service.clock() });
  const value = await createSession(service.db, personId, service.clock());
  await context.addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
}

export function doorPhone(service: TestService, context: BrowserContext, first: Page): DoorPhone {
  let page = first;
  const button = (name: string) => page.locator('#gate-live').getByRole('button', { name }).first();
  const phone: DoorPhone = {
    context,
    get page() {
      return page;
    },
    async open(eventId) {
      await page.goto(`${service.url}/desk/events/${eventId}/door`);
      // Not before the list is on the phone.
      await page.locator('#gate-live').waitFor();
      await phone.status('Tutto salvato');
      // The phone has the page once its worker is there: from then on it needs no network.
      await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
    },
    async tap(name) {
      const row = button(name);
      const before = await row.getAttribute('aria-pressed');
      await row.click();
      await expect.poll(() => row.getAttribute('aria-pressed')).not.toBe(before);
    },
    async walkIn(name) {
      await page.getByLabel('Cerca un nome').fill(name);
      await page.getByRole('button', { name: `Aggiungi ${name}` }).click();
      await button(name).waitFor();
    },
    network: (isOn) => context.setOffline(!isOn),
    async again() {
      const url = page.url();
      await page.close();
      page = await context.newPage();
      await page.goto(url);
      await page.locator('#gate-live').waitFor();
    },
    async says(words) {
      await expect.poll(() => wordsOf(page), { timeout: 10_000 }).toContain(words);
    },
    async status(words) {
      await expect.poll(() => page.locator('#gate-status').innerText(), { timeout: 10_000 }).toBe(words);
    },
    close: () => context.close(),
  };
  return phone;
}

export async function wordsOf(page: Page): Promise<string> {
  return (await page.locator('body').innerText()).replace(/\s+/g, ' ').trim();
}
