import { beforeEach, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { planTimeline } from '../../server/mailings/timeline.ts';
import { lockEvent } from '../../server/rsvps/queries.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { type AtDesk, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

/** An evening before the clocks change in Rome, at 3 in the night to 29 March 2026. */
const service = useService({ now: '2026-03-10T09:00:00Z' });
let desk: AtDesk;
let eventId: string;
let hub: string;
let address: string;
/** What she who was there got; the evenings of the other tests have mails of their own. */
const arrived = () =>
  service.inbox.messages.filter(({ to }) => to === address).map((mail) => mail.header('X-Ritrovo-Kind'));

beforeEach(async () => {
  service.clock.set('2026-03-10T09:00:00Z');
  const chapter = await makeChapter(service.db);
  const giulia = await makeMember(service.db, chapter.id);
  const event = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date('2026-03-27T17:30:00Z'),
    endsAt: new Date('2026-03-27T19:30:00Z'),
  });
  eventId = event.id;
  address = giulia.email as string;
  hub = `/desk/events/${eventId}/follow-up`;
  await answerInvitation(service.deps, { eventId, personId: giulia.id, answer: 'yes', source: 'link' });
  service.clock.set('2026-03-27T19:45:00Z');
  await service.settle();
  service.inbox.clear();
  desk = await signedIn(service, chapter.coordinator.id);
});

async function thanks() {
  const rows = await service.db
    .selectFrom('mailings')
    .select(['state', 'dueAt'])
    .where('eventId', '=', eventId)
    .where('kind', 'like', 'thanks%')
    .where('state', 'in', ['planned', 'held', 'missed'])
    .execute();
  expect(rows).toHaveLength(4);
  const all = new Set(rows.map(({ state, dueAt }) => `${state} ${dueAt.toISOString()}`));
  expect(all.size).toBe(1);
  return [...all][0];
}

test('an hour that she sets is the event’s own, across a change of the clocks', async () => {
  const moved = await desk.post(`${hub}/moment`, { when: '2026-03-29T10:00' });
  expect(moved.statusCode).toBe(303);
  // Ten in the morning is eight of UTC from that night on.
  expect(await thanks()).toBe('planned 2026-03-29T08:00:00.000Z');
  const page = (await desk.get(moved.headers.location as string)).body;
  expect(page).toContain('Annulla: rimettili domani alle 10:00');
  await desk.post(`${hub}/moment`, { when: '2026-03-28T10:00' });
  expect(await thanks()).toBe('planned 2026-03-28T09:00:00.000Z');
});

test('an hour that the clocks skip is refused in words', async () => {
  const refused = await desk.post(`${hub}/moment`, { date: '2026-03-29', time: '02:30' });
  expect(refused.statusCode).toBe(409);
  expect(refused.body).toContain('Quella notte l’ora cambia');
  expect(await thanks()).toBe('planned 2026-03-28T09:00:00.000Z');
});

test('nothing is sent in the quiet hours: she is told, and offered the morning', async () => {
  const refused = await desk.post(`${hub}/moment`, { date: '2026-03-28', time: '23:15' });
  expect(refused.statusCode).toBe(409);
  expect(refused.body).toContain('Dalle 21:00 alle 08:00 il gruppo dorme');
  expect(refused.body).toContain('value="2026-03-29T08:00"');
  expect(await thanks()).toBe('planned 2026-03-28T09:00:00.000Z');
});

test('more than a week after the event is too late, and so is an hour before its end', async () => {
  for (const [date, time, words] of [
    ['2026-04-04', '10:00', 'arriva troppo tardi'],
    ['2026-03-27', '20:00', 'già passata'],
  ] as const) {
    const refused = await desk.post(`${hub}/moment`, { date, time });
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain(words);
  }
  expect(await thanks()).toBe('planned 2026-03-28T09:00:00.000Z');
});

test('what she moved by hand is not moved back when the event is planned anew', async () => {
  await desk.post(`${hub}/moment`, { when: '2026-03-28T18:00' });
  const { deps, db, clock } = service;
  await db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    await planTimeline(trx, deps, event!, clock());
  });
  expect(await thanks()).toBe('planned 2026-03-28T17:00:00.000Z');
  await changeEvent(
    deps,
    eventId,
    { title: 'Un altro titolo' },
    { actor: { kind: 'system' }, notify: false },
  );
  expect(await thanks()).toBe('planned 2026-03-28T17:00:00.000Z');
});

test('held, they wait past their hour; let go in the night, they leave in the morning', async () => {
  await desk.post(`${hub}/moment`, { act: 'hold' });
  await service.travel('2026-03-28T10:00:00Z');
  expect(arrived()).toEqual([]);
  expect((await desk.get(hub)).body).toContain('Fermi: partono quando lo dici tu');
  service.clock.set('2026-03-28T22:30:00Z');
  expect((await desk.post(hub)).statusCode).toBe(303);
  expect(await thanks()).toBe('planned 2026-03-29T06:00:00.000Z');
  await service.settle();
  expect(arrived()).toEqual([]);
  await service.travel('2026-03-29T06:00:30Z');
  expect(arrived()).toEqual(['thanks']);
});

test('held for more than a week, they no longer leave, and her page says so', async () => {
  await desk.post(`${hub}/moment`, { act: 'hold' });
  service.clock.set('2026-04-05T10:00:00Z');
  const refused = await desk.post(hub);
  expect(refused.statusCode).toBe(409);
  expect(refused.body).toContain('arriva troppo tardi');
  await service.settle();
  expect(await thanks()).toMatch(/^missed/);
  expect(arrived()).toEqual([]);
  expect((await desk.get(hub)).body).toContain('Non sono partiti: era troppo tardi');
});
