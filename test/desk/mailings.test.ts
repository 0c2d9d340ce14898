import { afterEach, beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia', lastName: 'Rossi' });
  await service.db.updateTable('people').set({ phone: '333 1234567' }).where('id', '=', giulia.id).execute();
  desk = await signedIn(service, chapter.coordinator.id);
});
afterEach(() => {
  service.inbox.hooks = {};
});

const published = () => makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-11-26T17:30:00Z') });
const mailing = (eventId: string, kind: string) =>
  service.db
    .selectFrom('mailings')
    .select(['id', 'state', 'reason'])
    .where('eventId', '=', eventId)
    .where('kind', '=', kind)
    .executeTakeFirstOrThrow();
const step = (html: string, id: string) => new RegExp(`<li id="m-${id}".*?</li>`, 's').exec(html)?.[0] ?? '';

test('a mail server that is away is seen, and what waits for it leaves when it is back', async () => {
  service.inbox.hooks = { connect: () => 'drop' };
  const event = await published();
  await service.settle();
  expect((await desk.get(`/desk/events/${event.id}/mailings`)).body).toContain(
    'il server della posta non risponde',
  );
  service.inbox.hooks = {};
  service.clock.advance(minutes(2));
  await expect
    .poll(
      async () => {
        await service.settle();
        return (await mailing(event.id, 'invitation')).state;
      },
      { timeout: 15_000 },
    )
    .toBe('done');
});

test('each mailing shows its moment on the event’s clock, its audience, how many, and its state in plain words', async () => {
  const event = await published();
  await service.settle();
  const page = await desk.get(`/desk/events/${event.id}/mailings`);
  const invitation = step(page.body, (await mailing(event.id, 'invitation')).id);
  expect(invitation).toContain('a tutto il gruppo');
  expect(invitation).toMatch(/Partita<\/b>: a 2 persone/);
  expect(invitation).not.toContain('<form');
  const chase = step(page.body, (await mailing(event.id, 'chase')).id);
  expect(chase).toContain('giovedì 19 novembre alle 10:00');
  expect(chase).toContain('a chi non ha ancora risposto · oggi a 2 persone');
  expect(chase).toContain('In programma');
});

test('a mailing that is on hold stays, and leaves when she lets it go', async () => {
  const event = await published();
  const { id } = await mailing(event.id, 'chase');
  const path = `/desk/events/${event.id}/mailings`;
  await desk.post(`${path}/${id}`, { change: 'hold' });
  await service.travel('2026-11-19T10:00:00Z');
  expect((await mailing(event.id, 'chase')).state).toBe('held');
  expect((await desk.get('/desk/')).body).toContain('è in pausa');
  const held = step((await desk.get(path)).body, id);
  expect(held).toContain('In pausa');
  expect(held).toContain('se la sblocchi parte subito');
  const before = service.inbox.messages.length;
  await desk.post(`${path}/${id}`, { change: 'release' });
  await service.settle();
  expect((await mailing(event.id, 'chase')).state).toBe('done');
  expect(service.inbox.messages.length).toBeGreaterThan(before);
  // What has left cannot be held any more, and she is told so.
  const late = await desk.post(`${path}/${id}`, { change: 'hold' });
  expect(late.statusCode).toBe(409);
  expect(late.body).toContain('già partita');
  service.clock.set('2026-11-16T10:00:00Z');
});

test('a mailing that she takes out does not leave', async () => {
  const event = await published();
  const { id } = await mailing(event.id, 'reminder');
  const skipped = await desk.post(`/desk/events/${event.id}/mailings/${id}`, { change: 'skip' });
  expect((await desk.get(skipped.headers.location?.replace(/#.*/, '') as string)).body).toContain(
    'L’hai tolta tu',
  );
  expect(await mailing(event.id, 'reminder')).toMatchObject({ state: 'cancelled', reason: 'skipped' });
  expect((await desk.post(`/desk/events/${event.id}/mailings/${id}`, { change: 'destroy' })).statusCode).toBe(
    404,
  );
});

test('a mail that does not arrive is seen with what the server said, and on the first page', async () => {
  service.inbox.hooks = {
    rcpt: (to) => (to === giulia.email ? { code: 550, text: '5.1.1 User <unknown>' } : undefined),
  };
  const event = await published();
  await service.settle();
  const page = await desk.get(`/desk/events/${event.id}/mailings`);
  expect(page.body).toContain('Una mail non è arrivata');
  expect(page.body).toContain('Giulia Rossi');
  expect(page.body).toContain('la mail non arriva');
  expect(page.body).toContain('User &lt;unknown&gt;');
  expect(page.body).toContain('href="tel:3331234567"');
  expect(step(page.body, (await mailing(event.id, 'invitation')).id)).toContain('una non arriva');
  expect((await desk.get('/desk/')).body).toContain('Aperitivo di rete: una mail non è arrivata');
});

test('a mail server that asks to wait is seen too, and nothing is lost', async () => {
  service.inbox.hooks = { rcpt: () => ({ code: 451, text: '4.7.1 try later' }) };
  const event = await published();
  await service.settle();
  const page = await desk.get(`/desk/events/${event.id}/mailings`);
  expect(page.body).toContain('il server chiede di aspettare');
  expect((await desk.get('/desk/')).body).toContain('2 mail aspettano che il server della posta risponda');
  service.inbox.hooks = {};
  service.clock.advance(minutes(2));
  await service.settle();
  expect((await mailing(event.id, 'invitation')).state).toBe('done');
  expect((await desk.get('/desk/')).body).not.toContain('aspettano che il server');
});

test('what needs a look is short at first, and the rest is one tap away', async () => {
  for (let count = 0; count < 6; count += 1) {
    const event = await published();
    await service.db
      .updateTable('mailings')
      .set({ state: 'held' })
      .where('eventId', '=', event.id)
      .where('kind', '=', 'reminder')
      .execute();
  }
  const { body } = await desk.get('/desk/');
  const panel = /<section class="panel wait".*?<\/section>/s.exec(body)?.[0] ?? '';
  const [shown = '', rest = ''] = panel.split('<details>');
  expect(shown.match(/<li>/g)).toHaveLength(4);
  expect(rest).toMatch(/Altre \d cose/);
  expect(panel.match(/«Promemoria» è in pausa/g)).toHaveLength(6);
});
