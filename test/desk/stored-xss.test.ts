import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { requestSignIn } from '../../server/organizers/sign-in.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { openBrowser, pageDesktop } from '../support/browser.ts';
import { signedIn } from './at-desk.ts';
import { type DeskPage, deskPages } from './desk-pages.ts';
import { openDeskPage } from './open-page.ts';
import { plant, planted, unknownTables } from './planted.ts';

const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;
let pages: DeskPage[];
let cookie = '';
let coordinatorId = '';

beforeAll(async () => {
  browser = await openBrowser();
  const made = await deskPages(service);
  pages = made.pages;
  coordinatorId = made.coordinatorId;
  cookie = (await signedIn(service, coordinatorId)).cookie;
  await plant(service.db);
}, 120_000);
afterAll(() => browser?.close());

test('every table that holds words is planted, or known to hold none from outside', async () => {
  expect(await unknownTables(service.db)).toEqual([]);
});

test('nothing that was planted lives on any page of the desk', async () => {
  const page = await pageDesktop(browser);
  const seen = watch(page);
  const [name = '', value = ''] = cookie.split('=');
  await page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
  const alive: string[] = [];
  let shown = 0;
  for (const desk of pages) {
    await openDeskPage(page, service.url, desk);
    alive.push(...(await live(page)).map((what) => `${desk.name}: ${what}`));
    const html = await page.content();
    if (planted.some((words) => html.includes(escaped(words).slice(0, 12)))) shown += 1;
  }
  await page.close();
  expect(alive).toEqual([]);
  expect(seen).toEqual([]);
  // A page without any of it proves nothing: it is on many.
  expect(shown).toBeGreaterThan(15);
}, 300_000);

test('nor on any page that the public and the members read', async () => {
  const events = await service.db.selectFrom('events').select('id').execute();
  const invitations = await service.db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .select(['i.id', 'i.eventId', 'i.personId', 'p.linkEpoch'])
    .limit(20)
    .execute();
  const paths = [
    '/',
    '/privacy',
    '/c/bologna',
    ...events.map(({ id }) => `/e/${id}`),
    ...invitations.flatMap((invitation) => {
      const path = `/r/${service.deps.links.rsvpToken(invitation)}`;
      return [path, `${path}?a=yes`, `${path}?a=no`];
    }),
  ];
  const page = await pageDesktop(browser);
  const seen = watch(page);
  const alive: string[] = [];
  for (const path of paths) {
    await page.goto(service.url + path);
    alive.push(...(await live(page)).map((what) => `${path}: ${what}`));
  }
  await page.close();
  expect(alive).toEqual([]);
  expect(seen).toEqual([]);
}, 180_000);

test('nor in any mail, where no policy stands in its way', async () => {
  const { db, deps, clock } = service;
  const before = service.inbox.messages.length;
  const going = await db
    .selectFrom('rsvps')
    .innerJoin('events', 'events.id', 'rsvps.eventId')
    .select(['rsvps.eventId', 'rsvps.personId', 'rsvps.state'])
    .where('events.state', '=', 'published')
    .execute();
  const coordinator = await db
    .selectFrom('people')
    .select('email')
    .where('id', '=', coordinatorId)
    .executeTakeFirstOrThrow();
  await requestSignIn(deps, coordinator.email as string);
  for (const { eventId, personId, state } of going) {
    const answer = state === 'going' ? 'no' : 'yes';
    await answerInvitation(deps, { eventId, personId, answer, source: 'link', mode: 'room' });
  }
  for (const eventId of new Set(going.map((row) => row.eventId))) {
    const moved = { venueName: 'Altrove', venueAddress: 'Via Nuova 1' };
    await changeEvent(deps, eventId, moved, { actor: { kind: 'system' }, notify: true });
  }
  // A file that is being taken in is another test's.
  await db.updateTable('memberImports').set({ state: 'checked' }).where('state', '=', 'running').execute();
  await service.settle();
  const evening = new Date(clock());
  evening.setUTCHours(18, 30);
  if (evening > clock()) await service.travel(evening);

  const mails = service.inbox.messages.slice(before);
  expect(new Set(mails.map(({ header }) => header('x-ritrovo-kind'))).size).toBeGreaterThan(2);
  const page = await pageDesktop(browser);
  const seen = watch(page);
  const alive: string[] = [];
  for (const mail of mails) {
    const { html, subject } = await mail.parsed();
    await page.setContent(html || '', { waitUntil: 'domcontentloaded' });
    alive.push(...(await live(page)).map((what) => `${subject}: ${what}`));
  }
  await page.close();
  expect(alive).toEqual([]);
  expect(seen).toEqual([]);
}, 180_000);

/** What a browser does about something that runs, or that its policy stops from running. */
function watch(page: Page): string[] {
  const seen: string[] = [];
  page.on('dialog', (dialog) => {
    seen.push(`${page.url()}: a dialog`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text()))
      seen.push(`${page.url()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (request.url().includes('evil.example')) seen.push(`${page.url()}: asked ${request.url()}`);
  });
  return seen;
}

/** Everything in a parsed page that would run, load or lead astray. */
async function live(page: Page): Promise<string[]> {
  const script = `(() => {
    const found = [];
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) found.push(element.localName + ' ' + name);
        if (/^(href|src|action|formaction|srcdoc|xlink:href|data)$/i.test(name)) {
          const address = value.replace(/[\\u0000-\\u0020]/g, '');
          const host = /^(https?:)?[/][/]([^/?#]*)/i.exec(address)?.[2] ?? '';
          if (/^(javascript|vbscript):/i.test(address) || host.includes('evil.example') || name === 'srcdoc') {
            found.push(element.localName + ' ' + name + '=' + value.slice(0, 60));
          }
        }
      }
    }
    for (const element of document.querySelectorAll('script:not([src]):not([type="application/ld+json"]), img[src="x"]')) {
      found.push(element.outerHTML.slice(0, 80));
    }
    return found;
  })()`;
  return (await page.evaluate(script)) as string[];
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
