import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { takeDoorPhone } from '../journeys/door-phone.ts';
import { useService } from '../support/app.ts';
import { openBrowser } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { faultsOf } from './faults.ts';

/** The door while it is live: what its script makes of the page, in every state. */
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
const start = new Date('2026-11-26T17:30:00Z');
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
}, 60_000);
afterAll(() => browser?.close());

describe.each([
  ['on a phone', {}, true],
  ['on a desktop', { viewport: { width: 1280, height: 900 }, isMobile: false }, false],
] as const)('%s', (_, options, withColours) => {
  test('the live door meets WCAG 2.2 A and AA in every state, in light and dark, and fits the screen', async () => {
    service.clock.set('2026-11-16T10:00:00Z');
    const chapter = await makeChapter(service.db);
    const names = ['Ada', 'Massimiliana Guglielmina', 'Carla'];
    const members = [];
    for (const firstName of names)
      members.push(await makeMember(service.db, chapter.id, { firstName, lastName: 'Blu' }));
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: start,
      format: 'hybrid',
      guestsAllowed: 2,
    });
    const guests = [{ name: 'Ugo Verdi' }, { name: '' }];
    for (const [index, { id }] of members.slice(0, 2).entries()) {
      await answerInvitation(service.deps, {
        eventId: event.id,
        personId: id,
        answer: 'yes',
        mode: 'room',
        source: 'link',
        ...(index === 0 && { guests }),
      });
    }
    await service.db
      .updateTable('invitations')
      .set({ source: 'link', invitedByPersonId: members[0]?.id ?? null })
      .where('personId', '=', members[1]?.id ?? '')
      .execute();
    service.clock.set(new Date(start.getTime() + 600_000));

    const phone = await takeDoorPhone(service, browser, chapter.coordinator.id, {
      ...options,
      reducedMotion: 'reduce',
    });
    const found: Record<string, string[]> = {};
    const look = async (state: string) => {
      const faults = await faultsOf(phone.page, withColours);
      if (faults.length > 0) found[state] = faults;
    };
    await phone.open(event.id);
    await look('nobody here yet');
    await phone.network(false);
    await phone.tap('Ada Blu');
    await phone.tap('Ugo Verdi');
    await phone.walkIn('Ada Blu');
    await phone.page.getByLabel('Cerca un nome').fill('');
    await phone.says('Questo nome c’è due volte');
    await look('without a network, a name twice');
    await phone.page.getByLabel('Cerca un nome').fill('Carla');
    await phone.says('Chi altro potrebbe arrivare');
    await look('found among the others');
    await phone.page.getByLabel('Cerca un nome').fill('Nessuna');
    await phone.says('Nessun nome così nell’elenco.');
    await look('nobody found');
    await phone.page.getByLabel('Cerca un nome').fill('');
    await phone.page.getByRole('radio', { name: 'Prima volta' }).check();
    await look('those who are new');
    await phone.page.getByRole('button', { name: 'Inquadra il codice' }).click();
    await phone.says('La fotocamera non si apre.');
    await look('no camera');
    await phone.page.getByRole('button', { name: 'Chiudi', exact: true }).click();
    await phone.again();
    await look('as the phone keeps it');
    await service.db.updateTable('sessions').set({ endedAt: service.clock() }).execute();
    await phone.network(true);
    await phone.says('finché non entri di nuovo');
    await look('session over');
    expect(found).toEqual({});
    await phone.close();
  }, 120_000);
});
