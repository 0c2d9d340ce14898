import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';
import { removeEmbedded } from '../server/db/embedded.ts';
import { openBrowser } from '../test/support/browser.ts';
import { type InboxMail, pressCtrlC, readInbox, startDemo } from '../test/support/demo-process.ts';

/**
 * Takes the README's pictures from a demo of its own: real pages and a real mail, on a small phone. Run it again when
 * the pages change: `npm run pictures`.
 */
const list = Buffer.from(
  [
    'Nome;Cognome;E-mail;Telefono',
    'Giulia;Ferri;giulia.ferri@posta.example;+39 051 555 0199',
    'Ornella;Fini;ornella.fini@posta.example;',
    'Bianca;Sandri;bianca.sandri@posta.example;051 555 0142',
    'Rosa;Ansaloni;rosa.ansaloni@posta;',
  ].join('\r\n'),
);
const dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-pictures-'));
await chmod(dataDir, 0o711);
const demo = await startDemo(dataDir, '--port', '0');
const browser = await openBrowser();
try {
  const page = await browser.newPage({
    viewport: { width: 360, height: 720 },
    deviceScaleFactor: 2,
    locale: 'it-IT',
    colorScheme: 'light',
  });
  const invitation = await find('Valentina', 'invitation');
  await page.setContent(invitation.html);
  await take(page, 'invitation');

  await page.goto(linkIn(invitation));
  await take(page, 'answer');
  await page.goto(linkIn(await find('Carla', 'offer')));
  await take(page, 'offer');

  await page.goto(demo.signIn);
  await page.click('main button');
  await takeDesk(page);
  await takeAfterwards(page);
  await takeDoor(page);
  await takeText(page);
} finally {
  await browser.close();
  await pressCtrlC(demo);
  await removeEmbedded(join(dataDir, 'demo'));
  await rm(dataDir, { recursive: true });
}

/** The desk from one end of the evening to the other, the door last. */
async function takeDesk(page: Page): Promise<void> {
  const group = new URL('/desk/chapters/bologna/', demo.site).href;
  await page.goto(`${group}events/new`);
  await take(page, 'new-event');

  await page.goto(new URL('/desk/', demo.site).href);
  await page.click('text=Aperitivo di rete');
  await page.waitForURL(/\/desk\/events\//);
  const event = page.url();
  await take(page, 'desk');
  await page.click('#figures a[href="#group-offered"]');
  await take(page, 'answers');
  await page.goto(`${event}/mailings`);
  await page.locator('main h1').evaluate((heading) => heading.scrollIntoView());
  await take(page, 'timeline');

  await page.goto(`${group}members`);
  await take(page, 'people');
  await page.click('text=Giulia Ferri');
  await page.waitForURL(/\/people\//);
  await take(page, 'person');
  await page.goto(`${group}import`);
  await page.setInputFiles('input[type="file"]', { name: 'socie.csv', mimeType: 'text/csv', buffer: list });
  await page.click('main button.main');
  await page.waitForURL(/\/columns/);
  await page.click('main button.main');
  await page.waitForURL(/\/import\/[^/]+$/);
  await take(page, 'import');

  await page.goto(`${group}messages`);
  await take(page, 'messages');
  await page.goto(`${group}numbers`);
  await take(page, 'numbers');
}

/** A member's side of the day after: whom she will meet, the page after the workshop, and her own. */
async function takeAfterwards(page: Page): Promise<void> {
  await page.goto(new URL('/desk/', demo.site).href);
  const workshop = (await page.locator('a[href$="/door"]').first().getAttribute('href'))?.split('/')[3];
  await page.goto(linkIn(await find('Chiara', 'invitation')));
  await show(page, 'company', page.getByText('Chi incontrerai'));

  await page.goto(new URL(`/e/${workshop}`, demo.site).href);
  await page.fill('input[type="email"]', 'chiara.monti@posta.example');
  await page.click('main form button:not([tabindex])');
  await page.goto(linkIn(await find('Chiara', 'confirmation', /\/f\//), 'f'));
  await take(page, 'after');
  await show(page, 'wishes', page.getByText('Chi vorresti rivedere?').first());
  await page.getByText('Elena B.', { exact: false }).first().click();
  await take(page, 'wishes');
  await page.click('form[action$="/own-page"] button');
  await page.goto(linkIn(await find('Chiara', 'sign_in', /\/me\//), 'me'));
  await take(page, 'own-page');
}

/** Takes what follows a heading. */
async function show(page: Page, name: string, heading: Locator): Promise<void> {
  await heading.evaluate((element) => element.scrollIntoView());
  await take(page, name);
}

/** The door of yesterday, with a network and then without one. */
async function takeDoor(page: Page): Promise<void> {
  await page.goto(new URL('/desk/', demo.site).href);
  await page.click('a[href$="/door"]');
  await page.waitForURL(/\/door/);
  await page.locator('#gate-live').waitFor();
  await page.getByText('Tutto salvato', { exact: true }).first().waitFor();
  await take(page, 'door');
  await page.evaluate('navigator.serviceWorker?.ready');
  await page.context().setOffline(true);
  await page.click('text=Daniela Rossetti');
  await page.click('text=Monica Guidi');
  await page.waitForTimeout(1000);
  await page.evaluate('scrollTo(0, 0)');
  await take(page, 'door-offline');
  await page.context().setOffline(false);
}

/** The words of a mail and how they arrive, side by side on a wide screen. */
async function takeText(page: Page): Promise<void> {
  const wide = await browser.newPage({
    viewport: { width: 1180, height: 1560 },
    locale: 'it-IT',
    colorScheme: 'light',
    storageState: await page.context().storageState(),
  });
  await Promise.all([
    wide.waitForResponse((response) => response.url().endsWith('/preview')),
    wide.goto(new URL('/desk/chapters/bologna/texts/chase', demo.site).href),
  ]);
  await wide.locator('iframe.coming').waitFor({ state: 'detached' });
  await wide.locator('.panes').evaluate((panes) => panes.scrollIntoView());
  await take(wide, 'text');
  await wide.close();
}

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready');
  await page.screenshot({
    path: new URL(`../docs/pictures/${name}.png`, import.meta.url).pathname,
    animations: 'disabled',
  });
}

/** Her mail of a kind, which may still be on its way. */
async function find(name: string, kind: string, words = /./): Promise<InboxMail> {
  for (let turn = 0; turn < 60; turn += 1) {
    const mail = (await readInbox(demo)).find(
      ({ to, headers, text }) =>
        to[0]?.name.startsWith(name) && headers['x-ritrovo-kind'] === kind && words.test(text),
    );
    if (mail) return mail;
    await sleep(500);
  }
  throw new Error(`no ${kind} to ${name} in the inbox`);
}

/** The personal link, as the text part gives it. */
function linkIn(mail: InboxMail, kind = 'r'): string {
  const link = mail.text.match(new RegExp(`https?://\\S+/${kind}/[\\w.-]+`))?.[0];
  if (!link) throw new Error(`no link in the mail "${mail.subject}"`);
  return link;
}
