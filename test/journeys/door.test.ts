import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { takeDoorPhone } from './door-phone.ts';

/** Scenario 9, the door with a weak signal: 22 confirmed, 18 come, and 2 without confirming. */
const start = new Date('2026-11-26T17:30:00Z');
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

const desktop = { viewport: { width: 1280, height: 900 }, isMobile: false, hasTouch: false };

describe.each([
  ['on two phones', {}],
  ['on two laptops', desktop],
])('%s', (_, options) => {
  test('18 of 22 and two walk-ins are ticked without a network, and meet without doubles', async () => {
    service.clock.set('2026-11-16T10:00:00Z');
    const chapter = await makeChapter(service.db);
    const names = Array.from({ length: 22 }, (_, index) => `Socia${String(index + 1).padStart(2, '0')}`);
    const members = [];
    for (const firstName of names) members.push(await makeMember(service.db, chapter.id, { firstName }));
    const helper = await makeMember(service.db, chapter.id, { firstName: 'Paola', lastName: 'Neri' });
    const event = await makeEvent(service.deps, chapter.id, { startsAt: start });
    for (const { id: personId } of members) {
      const yes = { eventId: event.id, personId, answer: 'yes', source: 'link' } as const;
      expect(await answerInvitation(service.deps, yes)).toMatchObject({ ok: true });
    }
    await service.db
      .insertInto('eventHosts')
      .values({ eventId: event.id, personId: helper.id, chapterId: chapter.id })
      .execute();
    service.clock.set(new Date(start.getTime() - minutes(10)));

    const anna = await takeDoorPhone(service, browser, chapter.coordinator.id, options);
    const paola = await takeDoorPhone(service, browser, helper.id, options);
    await Promise.all([anna.open(event.id), paola.open(event.id)]);
    await anna.says('0 di 22');
    await Promise.all([anna.network(false), paola.network(false)]);

    for (const name of names.slice(0, 10)) await anna.tap(name);
    await anna.walkIn('Zoe Neri');
    await anna.status('Senza rete: 11 segni da mandare');
    // Closed and opened again without a network, everything is still there.
    await anna.again();
    await anna.says('10 di 22 e una senza conferma');
    await anna.status('Senza rete: 11 segni da mandare');
    await anna.says('Per chiudere le presenze serve la rete.');

    // Two of them both have seen; one Paola ticks by mistake and takes back.
    for (const name of names.slice(8, 19)) await paola.tap(name);
    await paola.tap(names[18] as string);
    await paola.walkIn('Ida Verdi');
    await paola.says('10 di 22 e una senza conferma');

    await Promise.all([anna.network(true), paola.network(true)]);
    await Promise.all([anna.status('Tutto salvato'), paola.status('Tutto salvato')]);
    await Promise.all([anna.again(), paola.again()]);
    for (const phone of [anna, paola]) {
      await phone.says('18 di 22 e 2 senza conferma');
      await phone.says('Zoe Neri');
      await phone.says('Ida Verdi');
    }

    const here = await service.db
      .selectFrom('attendance')
      .innerJoin('people', 'people.id', 'attendance.personId')
      .select(['people.firstName', 'attendance.walkIn'])
      .where('eventId', '=', event.id)
      .orderBy('people.firstName')
      .execute();
    expect(here.filter(({ walkIn }) => walkIn).map(({ firstName }) => firstName)).toEqual(['Ida', 'Zoe']);
    expect(here.filter(({ walkIn }) => !walkIn).map(({ firstName }) => firstName)).toEqual(
      names.slice(0, 18),
    );

    // Four were missing, and are named before she says that this is all.
    service.clock.set(new Date(start.getTime() + minutes(30)));
    await anna.again();
    await anna.says('Risultano assenti: Socia19 Prova, Socia20 Prova, Socia21 Prova, Socia22 Prova.');
    await anna.page.getByRole('button', { name: 'Sì, le presenze sono complete' }).click();
    await anna.says('Le presenze sono complete.');
    await Promise.all([anna.close(), paola.close()]);
  }, 120_000);
});
