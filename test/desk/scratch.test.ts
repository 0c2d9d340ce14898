import { mkdirSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import { markPresent } from '../../server/attendance/service.ts';
import { changeEvent } from '../../server/events/service.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { openBrowser, page360, pageDesktop } from '../support/browser.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { signedIn } from './at-desk.ts';

const s = useService({ now: '2026-11-16T10:00:00Z', listen: true });
let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});
const names = [
  'Giulia Rossi',
  'Sara Bianchi',
  'Elena Conti',
  'Marta Ferri',
  'Chiara Galli',
  'Paola Neri',
  'Lucia Moretti',
  'Francesca De Santis',
  'Silvia Riva',
  'Roberta Serra',
  'Ilaria Fontana',
  'Beatrice Lodi',
];

test('shots', async () => {
  const dir = '/tmp/shots';
  mkdirSync(dir, { recursive: true });
  const chapter = await makeChapter(s.db, { slug: 'bologna' });
  const page = await page360(browser);
  const wide = await pageDesktop(browser);
  const dark = await page360(browser, { colorScheme: 'dark' });
  const wideDark = await pageDesktop(browser, { colorScheme: 'dark' });
  const shoot = async (name: string, path: string) => {
    const only = process.env.SHOTS?.split(',');
    if (only && !only.some((o) => name === o)) return;
    for (const [kind, p] of [
      ['m', page],
      ['d', wide],
      ['md', dark],
      ['dd', wideDark],
    ] as const) {
      const response = await p.goto(s.url + path);
      if (!response || response.status() >= 400) console.log(name, response?.status());
      await p.screenshot({ path: `${dir}/${name}-${kind}.png`, fullPage: true });
      const over = await p.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (over > 0) console.log(name, kind, 'overflows by', over);
    }
  };
  await shoot('signin', '/sign-in');
  const link = await createSignInLink(s.db, s.deps.links, {
    personId: chapter.coordinator.id,
    now: s.clock(),
    minutes: 30,
  });
  await shoot('signin-button', new URL(link.url).pathname);
  const desk = await signedIn(s, chapter.coordinator.id);
  const [name, value] = desk.cookie.split('=') as [string, string];
  for (const p of [page, wide, dark, wideDark])
    await p.context().addCookies([{ name, value, url: s.url + '/desk' }]);
  await shoot('home-empty', '/desk/');
  await shoot('members-empty', '/desk/chapters/bologna/members');
  const people = [];
  for (const [i, n] of names.entries()) {
    const [firstName, ...rest] = n.split(' ');
    people.push(
      await makeMember(s.db, chapter.id, {
        firstName: firstName!,
        lastName: rest.join(' '),
        ...(i === 5 ? { email: null } : {}),
      }),
    );
  }
  await s.db
    .updateTable('people')
    .set({ phone: '+39 333 1234567' })
    .where('id', 'in', [people[0]!.id, people[3]!.id])
    .execute();
  await shoot('home-noevent', '/desk/');
  await shoot('members', '/desk/chapters/bologna/members');
  await shoot('new', '/desk/chapters/bologna/events/new');
  const past = await makeEvent(s.deps, chapter.id, {
    title: 'Pranzo del primo giovedì',
    startsAt: new Date('2026-11-17T12:00:00Z'),
  });
  const draft = await makeEvent(s.deps, chapter.id, {
    title: 'Laboratorio: raccontarsi in un minuto',
    draft: true,
    description:
      'Una serata per provare la **presentazione di un minuto**.\n\n- porta il tuo biglietto\n- e la voglia',
    cost: '15 €, si paga sul posto',
    startsAt: new Date('2026-12-03T17:30:00Z'),
  });
  const event = await makeEvent(s.deps, chapter.id, {
    seatsRoom: 7,
    guestsAllowed: 2,
    maybeAllowed: true,
    startsAt: new Date('2026-11-26T17:30:00Z'),
  });
  const say = (i: number, answer: 'yes' | 'no' | 'maybe', more: object = {}, id = event.id) =>
    answerInvitation(s.deps, { eventId: id, personId: people[i]!.id, answer, source: 'link', ...more });
  for (const i of [0, 1, 2, 3, 4]) await say(i, 'yes', {}, past.id);
  await s.settle();
  await say(0, 'yes', {
    guests: [{ name: 'Carla Verdi' }, { name: '' }],
    note: 'Arrivo alle 19, ho il treno',
  });
  await say(1, 'yes');
  await say(2, 'yes');
  await say(3, 'yes');
  s.clock.advance(1000);
  await say(4, 'yes');
  s.clock.advance(1000);
  await say(5, 'yes', { note: 'Sono celiaca' });
  s.clock.advance(1000);
  await say(6, 'yes');
  await say(7, 'maybe');
  await say(8, 'no');
  s.clock.set('2026-11-18T10:00:00Z');
  await s.settle();
  await changeEvent(
    s.deps,
    event.id,
    { venueName: 'Il Chiostro', venueAddress: 'Piazza Santo Stefano 5, Bologna' },
    { actor: { kind: 'system' }, notify: true },
  );
  await say(1, 'yes');
  await say(2, 'no');
  await s.settle();
  await shoot('publication', `/desk/events/${draft.id}/publication`);
  await shoot('draft', `/desk/events/${draft.id}`);
  await shoot('edit', `/desk/events/${event.id}/edit`);
  await shoot('cancel', `/desk/events/${event.id}/cancellation`);
  await shoot('event', `/desk/events/${event.id}?done=answered`);
  await shoot('answer', `/desk/events/${event.id}/answers/${people[0]!.id}`);
  await shoot('help', `/desk/help`);
  await desk.post(
    `/desk/events/${event.id}/mailings/${(await s.db.selectFrom('mailings').select('id').where('eventId', '=', event.id).where('kind', '=', 'chase').executeTakeFirstOrThrow()).id}`,
    { change: 'hold' },
  );
  const d = await s.db
    .selectFrom('deliveries')
    .select('id')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'invitation')
    .limit(2)
    .execute();
  await s.db
    .updateTable('deliveries')
    .set({
      state: 'failed',
      response: '550 5.1.1 <giulia@example.org>: Recipient address rejected: User unknown',
    })
    .where('id', '=', d[0]!.id)
    .execute();
  await shoot('mailings', `/desk/events/${event.id}/mailings`);
  await shoot('home', '/desk/');
  s.clock.set('2026-11-26T17:00:00Z');
  await s.settle();
  for (const i of [0, 1])
    await markPresent(
      s.deps,
      { eventId: event.id, personId: people[i]!.id, mode: 'room' },
      { kind: 'system' },
    );
  s.clock.set('2026-11-26T18:00:00Z');
  await shoot('door', `/desk/events/${event.id}/door`);
  s.clock.set('2026-11-18T22:30:00Z');
  await shoot('night', `/desk/events/${draft.id}/publication`);
}, 240_000);
