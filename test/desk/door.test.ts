import { beforeAll, describe, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;
const start = new Date('2026-11-26T17:30:00Z');

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const firstName of ['Ada', 'Bea', 'Carla', 'Dora', 'Eva']) {
    people[firstName] = await makeMember(service.db, chapter.id, { firstName, lastName: 'Blu' });
  }
  desk = await signedIn(service, chapter.coordinator.id);
});

/** An event that has just begun, with those who said yes. */
async function begun(going: string[], details: Parameters<typeof makeEvent>[2] = {}) {
  service.clock.set('2026-11-16T10:00:00Z');
  const event = await makeEvent(service.deps, chapter.id, { startsAt: start, ...details });
  for (const name of going) await says(event.id, name);
  service.clock.set(new Date(start.getTime() + 600_000));
  return { ...event, path: `/desk/events/${event.id}` };
}
const says = (eventId: string, name: string, mode?: 'room' | 'online') =>
  answerInvitation(service.deps, { eventId, personId: of(name).id, answer: 'yes', mode, source: 'link' });
const present = async (eventId: string) => {
  const rows = await service.db
    .selectFrom('attendance')
    .innerJoin('people', 'people.id', 'attendance.personId')
    .select(['people.firstName', 'attendance.mode', 'attendance.walkIn'])
    .where('eventId', '=', eventId)
    .orderBy('people.firstName')
    .execute();
  return rows.map((row) => `${row.firstName} ${row.mode}${row.walkIn ? ' walk-in' : ''}`);
};
const tap = (path: string, name: string, isHere: boolean, mode = 'room') =>
  desk.post(`${path}/attendance`, { personId: of(name).id, mode, present: isHere ? 'yes' : 'no' });
const completeAt = async (id: string) =>
  service.db
    .selectFrom('events')
    .select(['roomCompleteAt as room', 'onlineCompleteAt as online'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();

test('one tap says who is here, another takes it back, and each returns to the same row', async () => {
  const event = await begun(['Ada', 'Bea']);
  const tapped = await tap(event.path, 'Ada', true);
  expect(tapped.headers.location).toBe(`${event.path}/door#p-${of('Ada').id}`);
  const page = await desk.get(`${event.path}/door`);
  expect(page.body).toContain('1 di 2');
  expect(page.body).toMatch(/aria-pressed="true">.{0,400}Ada Blu/s);
  // A second tap on a page that is out of date says the same again, not the opposite.
  await tap(event.path, 'Ada', true);
  expect(await present(event.id)).toEqual(['Ada room']);
  await tap(event.path, 'Ada', false);
  expect(await present(event.id)).toEqual([]);
});

test('who had not said yes is found among the others, and counts as come without confirming', async () => {
  const event = await begun(['Ada']);
  await tap(event.path, 'Dora', true);
  expect(await present(event.id)).toEqual(['Dora room walk-in']);
  expect((await desk.get(`${event.path}/door`)).body).toContain('Arrivata senza conferma');
});

test('a walk-in needs a name alone; a wrong address is marked and the words stay', async () => {
  const event = await begun([]);
  const wrong = await desk.post(`${event.path}/walk-ins`, { name: 'Zoe Neri', email: 'zoe@' });
  expect(wrong.statusCode).toBe(400);
  expect(wrong.body).toContain('value="Zoe Neri"');
  expect(wrong.body).toContain('value="zoe@"');
  expect((await desk.post(`${event.path}/walk-ins`, { name: '  ' })).statusCode).toBe(400);
  expect(await present(event.id)).toEqual([]);
  const added = await desk.post(`${event.path}/walk-ins`, { name: 'Zoe Neri' });
  expect(added.headers.location).toMatch(/done=walkIn#p-/);
  // Somebody whom the group knows is found by her address, not made a second time.
  await desk.post(`${event.path}/walk-ins`, { name: 'Eva', email: of('Eva').email?.toUpperCase() ?? '' });
  expect(await present(event.id)).toEqual(['Eva room walk-in', 'Zoe room walk-in']);
});

test('everybody is here, except those ticked', async () => {
  const event = await begun(['Ada', 'Bea', 'Carla']);
  await tap(event.path, 'Ada', true);
  await desk.post(`${event.path}/attendance/all`, { mode: 'room', except: [of('Carla').id] });
  expect(await present(event.id)).toEqual(['Ada room', 'Bea room']);
  const page = await desk.get(`${event.path}/door`);
  expect(page.body).toContain('Risulta assente una persona:');
  expect(page.body).toContain('Carla Blu.');
});

describe('declaring attendance complete', () => {
  test('says what it does first, can be taken back, and only then the thanks know who came', async () => {
    const event = await begun(['Ada', 'Bea']);
    await tap(event.path, 'Ada', true);
    const page = await desk.get(`${event.path}/door`);
    expect(page.body).toContain('a nessuna diciamo che è mancata');
    await desk.post(`${event.path}/attendance/complete`, { mode: 'room', complete: 'yes' });
    expect((await completeAt(event.id)).room).not.toBeNull();
    await desk.post(`${event.path}/attendance/complete`, { mode: 'room', complete: 'no' });
    expect(await completeAt(event.id)).toEqual({ room: null, online: null });
    await desk.post(`${event.path}/attendance/complete`, { mode: 'room', complete: 'yes' });

    await service.travel('2026-11-27T10:00:00Z');
    const thanks = await service.db
      .selectFrom('deliveries')
      .innerJoin('people', 'people.id', 'deliveries.personId')
      .select(['people.firstName', 'deliveries.kind'])
      .where('eventId', '=', event.id)
      .where('kind', 'like', 'thanks%')
      .orderBy('people.firstName')
      .execute();
    expect(thanks).toEqual([
      { firstName: 'Ada', kind: 'thanks_attended' },
      { firstName: 'Bea', kind: 'thanks_missed' },
    ]);
  });

  test('is asked for each mode apart', async () => {
    service.clock.set('2026-11-16T10:00:00Z');
    const event = await makeEvent(service.deps, chapter.id, { startsAt: start, format: 'hybrid' });
    await says(event.id, 'Ada', 'room');
    await says(event.id, 'Bea', 'online');
    service.clock.set(new Date(start.getTime() + 600_000));
    const path = `/desk/events/${event.id}`;
    await desk.post(`${path}/attendance/all`, { mode: 'online' });
    await desk.post(`${path}/attendance/complete`, { mode: 'online', complete: 'yes' });
    expect(await present(event.id)).toEqual(['Bea online']);
    expect(await completeAt(event.id)).toMatchObject({ room: null, online: expect.any(Date) });
    // A mode is not guessed where there are two.
    expect((await desk.post(`${path}/attendance/complete`, { complete: 'yes' })).statusCode).toBe(404);
  });

  test('waits for the start, and ticking for the day before', async () => {
    const event = await begun(['Ada']);
    service.clock.set(new Date(start.getTime() - 3_600_000));
    expect((await desk.get(`${event.path}/door`)).body).toContain('Si può dire dall’inizio');
    const early = await desk.post(`${event.path}/attendance/complete`, { mode: 'room', complete: 'yes' });
    expect(early.statusCode).toBe(409);
    service.clock.set(new Date(start.getTime() - 30 * 3_600_000));
    expect((await desk.get(`${event.path}/door`)).body).toContain('È presto');
    expect((await tap(event.path, 'Ada', true)).statusCode).toBe(409);
    expect(await present(event.id)).toEqual([]);
  });
});

test('on the day, and until she has said who came, the door is one tap from the first page', async () => {
  const event = await begun(['Ada']);
  const door = `${event.path}/door"`;
  expect((await desk.get('/desk/')).body).toContain(door);
  service.clock.set('2026-11-30T10:00:00Z');
  expect((await desk.get('/desk/?past=all')).body).toContain(door);
  await desk.post(`${event.path}/attendance/complete`, { mode: 'room', complete: 'yes' });
  expect((await desk.get('/desk/?past=all')).body).not.toContain(door);
});
