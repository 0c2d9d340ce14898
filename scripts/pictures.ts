import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { removeEmbedded } from '../server/db/embedded.ts';
import { openBrowser } from '../test/support/browser.ts';
import { type InboxMail, pressCtrlC, readInbox, startDemo } from '../test/support/demo-process.ts';

/**
 * Takes the README's pictures from a demo of its own: real pages and a real mail, on a small phone. Run it again when
 * the pages change: `node scripts/pictures.ts`.
 */
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
  const mails = await readInbox(demo);
  const invitation = find(mails, 'Valentina', 'invitation');
  await page.setContent(invitation.html);
  await take(page, 'invitation');

  await page.goto(linkIn(invitation));
  await take(page, 'answer');
  await page.goto(linkIn(find(mails, 'Carla', 'offer')));
  await take(page, 'offer');

  await page.goto(demo.signIn);
  await page.click('main button');
  await page.click('text=Aperitivo di rete');
  await page.waitForURL(/\/desk\/events\//);
  await take(page, 'desk');
  await page.goto(new URL('/desk/', demo.site).href);
  await page.click('a[href$="/door"]');
  await page.waitForURL(/\/door/);
  await take(page, 'door');
} finally {
  await browser.close();
  await pressCtrlC(demo);
  await removeEmbedded(join(dataDir, 'demo'));
  await rm(dataDir, { recursive: true });
}

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready');
  await page.screenshot({
    path: new URL(`../docs/pictures/${name}.png`, import.meta.url).pathname,
    animations: 'disabled',
  });
}

function find(mails: readonly InboxMail[], name: string, kind: string): InboxMail {
  const mail = mails.find(
    ({ to, headers }) => to[0]?.name.startsWith(name) && headers['x-ritrovo-kind'] === kind,
  );
  if (!mail) throw new Error(`no ${kind} to ${name} in the inbox`);
  return mail;
}

/** The personal link, as the text part gives it. */
function linkIn(mail: InboxMail): string {
  const link = mail.text.match(/https?:\/\/\S+\/r\/[\w.-]+/)?.[0];
  if (!link) throw new Error(`no link in the mail "${mail.subject}"`);
  return link;
}
