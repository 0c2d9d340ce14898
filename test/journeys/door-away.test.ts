import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { openBrowser, openProfile } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { doorPhone, signIn, takeDoorPhone, wordsOf } from './door-phone.ts';

/** What a phone at the door keeps, for whom, and what it says when the world has moved on meanwhile. */
const start = new Date('2026-11-26T17:30:00Z');
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

async function evening(more: { format?: 'hybrid' } = {}) {
  service.clock.set('2026-11-16T10:00:00Z');
  const chapter = await makeChapter(service.db);
  const ada = await makeMember(service.db, chapter.id, { firstName: 'Ada', lastName: 'Blu' });
  const helper = await makeMember(service.db, chapter.id, { firstName: 'Paola', lastName: 'Neri' });
  const event = await makeEvent(service.deps, chapter.id, { startsAt: start, ...more });
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: ada.id,
    answer: 'yes',
    source: 'link',
  });
  await service.db
    .insertInto('eventHosts')
    .values({ eventId: event.id, personId: helper.id, chapterId: chapter.id })
    .execute();
  service.clock.set(new Date(start.getTime() + 600_000));
  return { chapter, event, ada, helper };
}

const isHere = async (eventId: string) =>
  (await service.db.selectFrom('attendance').select('personId').where('eventId', '=', eventId).execute())
    .length;

test('where her session ended meanwhile, the taps stay on the phone and leave once she is in again', async () => {
  const { chapter, event } = await evening();
  const phone = await takeDoorPhone(service, browser, chapter.coordinator.id);
  await phone.open(event.id);
  await phone.network(false);
  await phone.tap('Ada Blu');
  await phone.status('Senza rete: un segno da mandare');
  await service.db
    .updateTable('sessions')
    .set({ endedAt: service.clock() })
    .where('personId', '=', chapter.coordinator.id)
    .execute();
  await phone.network(true);
  await phone.status('I segni restano su questo telefono finché non entri di nuovo.');
  expect(await isHere(event.id)).toBe(0);
  // The way to sign in leads back to the door, and not to something that a script had asked for.
  await phone.page.getByRole('link', { name: 'Entra di nuovo' }).click();
  await phone.says('Entra nella tua scrivania');
  const cookies = await phone.context.cookies(`${service.url}/sign-in`);
  expect(cookies.find(({ name }) => name === 'ritrovo_next')?.value).toBe(`/desk/events/${event.id}/door`);
  await signIn(service, phone.context, chapter.coordinator.id);
  await phone.page.goto(`${service.url}/desk/events/${event.id}/door`);
  await phone.status('Tutto salvato');
  expect(await isHere(event.id)).toBe(1);
  await phone.close();
});

test('closed altogether and opened again without a network, the browser still has the list and the taps', async () => {
  const { chapter, event } = await evening();
  const directory = await mkdtemp(join(tmpdir(), 'ritrovo-profile-'));
  const options = { viewport: { width: 360, height: 740 }, locale: 'it-IT' };
  try {
    let context = await openProfile(directory, options);
    await signIn(service, context, chapter.coordinator.id);
    const phone = doorPhone(service, context, await context.newPage());
    await phone.open(event.id);
    await phone.network(false);
    await phone.tap('Ada Blu');
    await phone.status('Senza rete: un segno da mandare');
    await context.close();

    context = await openProfile(directory, options);
    await context.clock.install({ time: service.clock() });
    await context.setOffline(true);
    const page = await context.newPage();
    await page.goto(`${service.url}/desk/events/${event.id}/door`);
    await expect.poll(() => wordsOf(page)).toContain('1 di 1');
    expect(await page.locator('#gate-status').innerText()).toBe('Senza rete: un segno da mandare');
    await context.setOffline(false);
    await signIn(service, context, chapter.coordinator.id);
    await page.reload();
    await expect.poll(() => page.locator('#gate-status').innerText()).toBe('Tutto salvato');
    expect(await isHere(event.id)).toBe(1);
    await context.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

test('the next who signs in on the phone finds nothing of hers, and after signing out nobody does', async () => {
  const { chapter, event, helper } = await evening();
  const phone = await takeDoorPhone(service, browser, chapter.coordinator.id);
  await phone.open(event.id);
  await phone.network(false);
  await phone.again();
  await phone.says('Ada Blu');
  await phone.network(true);

  // Another person on the same phone, who has not been at this door: she finds no list, not even without a network.
  await signIn(service, phone.context, helper.id);
  await phone.page.goto(`${service.url}/desk/`);
  await phone.network(false);
  await phone.page.goto(`${service.url}/desk/events/${event.id}/door`).catch(() => {});
  expect(await wordsOf(phone.page)).not.toContain('Ada');
  await phone.network(true);
  await phone.open(event.id);
  await phone.says('Ada Blu');

  await phone.network(false);
  await phone.tap('Ada Blu');
  await phone.network(true);
  await phone.status('Tutto salvato');
  await phone.page.getByRole('button', { name: 'Esci' }).click();
  await phone.says('Entra nella tua scrivania');
  const kept = `(async () => [
    ...(await indexedDB.databases()).map(({ name }) => name),
    ...(await caches.keys()),
    ...Object.keys(localStorage),
  ])()`;
  await expect.poll(() => phone.page.evaluate<string[]>(kept)).toEqual(['ritrovo-door-marks']);
  await phone.close();
});

test('an event that was cancelled while the phone was away says so, and the taps are hers to throw away', async () => {
  const { event, helper } = await evening();
  service.clock.set(new Date(start.getTime() - 7_200_000));
  const phone = await takeDoorPhone(service, browser, helper.id);
  await phone.open(event.id);
  await phone.network(false);
  await phone.tap('Ada Blu');
  const outcome = await cancelEvent(service.deps, event.id, {
    reason: 'Neve',
    actor: { kind: 'system' },
    notify: false,
  });
  expect(outcome.ok).toBe(true);
  await phone.network(true);
  await phone.says('L’incontro è annullato.');
  await phone.says('Un segno fatto su questo telefono non è stato mandato.');
  phone.page.once('dialog', (dialog) => dialog.accept());
  await phone.page.getByRole('button', { name: 'Butta via i segni' }).click();
  await expect.poll(() => wordsOf(phone.page)).not.toContain('non è stato mandato');
  expect(await isHere(event.id)).toBe(0);
  await phone.close();
});

test('an event whose place changed while the phone was away says what was and what is', async () => {
  const { event, helper } = await evening();
  const phone = await takeDoorPhone(service, browser, helper.id);
  await phone.open(event.id);
  await phone.network(false);
  await phone.tap('Ada Blu');
  await service.db
    .updateTable('events')
    .set({ venueName: 'Il Chiostro' })
    .where('id', '=', event.id)
    .execute();
  await phone.network(true);
  await phone.says('L’incontro è cambiato.');
  await phone.says('Il Chiostro');
  await phone.status('Tutto salvato');
  expect(await isHere(event.id)).toBe(1);
  await phone.close();
});

test('the same name twice is shown plainly, and a name that is there already is asked about', async () => {
  const { event, helper } = await evening();
  const phone = await takeDoorPhone(service, browser, helper.id);
  await phone.open(event.id);
  await phone.walkIn('Zoe Neri');
  await phone.page.getByLabel('Nome e cognome').fill('zoè  neri');
  await phone.page.getByRole('button', { name: 'Aggiungi', exact: true }).click();
  await phone.says('C’è già Zoe Neri nell’elenco');
  await phone.page.getByLabel('Cerca un nome').fill('');
  await phone.page.getByRole('button', { name: 'Aggiungi', exact: true }).click();
  await phone.says('Questo nome c’è due volte: se è una persona sola, tieni un segno solo.');
  await phone.status('Tutto salvato');
  expect(await isHere(event.id)).toBe(2);
  await phone.close();
});

test('whoever is taken off the door has nobody’s name on her phone any more once it asks again', async () => {
  const { event, helper } = await evening();
  const phone = await takeDoorPhone(service, browser, helper.id);
  await phone.open(event.id);
  await phone.says('Ada Blu');
  await phone.network(false);
  await service.db.deleteFrom('eventHosts').where('personId', '=', helper.id).execute();
  await phone.network(true);
  await phone.says('Entra nella tua scrivania');
  await phone.page.goto(`${service.url}/sign-in`);
  const kept = await phone.page.evaluate(`new Promise((resolve) => {
    const opened = indexedDB.open('ritrovo-door');
    opened.onsuccess = () => {
      const db = opened.result;
      if (!db.objectStoreNames.contains('lists')) return resolve(0);
      db.transaction('lists').objectStore('lists').count().onsuccess = (event) => resolve(event.target.result);
    };
  })`);
  expect(kept).toBe(0);
  await phone.close();
});

test('somebody who came without a word is noted where the form says, not where it begins', async () => {
  const { event, helper } = await evening({ format: 'hybrid' });
  const phone = await takeDoorPhone(service, browser, helper.id);
  await phone.open(event.id);
  const form = phone.page.locator('#gate-walk-in');
  await form.getByLabel('Nome e cognome').fill('Zoe Neri');
  await form.getByRole('radio', { name: 'Online' }).check();
  await form.getByRole('button', { name: 'Aggiungi', exact: true }).click();
  const seen = () =>
    service.db
      .selectFrom('attendance')
      .innerJoin('people', 'people.id', 'attendance.personId')
      .select(['people.firstName', 'attendance.mode'])
      .where('eventId', '=', event.id)
      .execute();
  await expect.poll(seen).toEqual([{ firstName: 'Zoe', mode: 'online' }]);
  await phone.close();
});

test('what is typed while a name is being kept stays where it is typed', async () => {
  const { event, helper } = await evening();
  const phone = await takeDoorPhone(service, browser, helper.id);
  await phone.open(event.id);
  await phone.page.getByLabel('Cerca un nome').fill('Zoe Neri');
  // At once, as fast fingers are: the tap that adds her, and then the next name's field.
  const stolen = await phone.page.evaluate(`(() => {
    document.getElementById('gate-add').click();
    const name = document.querySelector('#gate-walk-in [name="name"]');
    name.focus();
    return new Promise((resolve) => {
      name.addEventListener('blur', () => resolve(true));
      setTimeout(() => resolve(false), 1500);
    });
  })()`);
  await phone.status('Tutto salvato');
  expect(stolen).toBe(false);
  await phone.close();
});
