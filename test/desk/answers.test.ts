import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { hours, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const firstName of ['Ada', 'Bea', 'Carla', 'Dora']) {
    people[firstName] = await makeMember(service.db, chapter.id, { firstName, lastName: 'Blu' });
  }
  await service.db
    .updateTable('people')
    .set({ phone: '+39 333 12 34 567' })
    .where('id', '=', of('Ada').id)
    .execute();
  desk = await signedIn(service, chapter.coordinator.id);
});

const answerPath = (event: { id: string }, name: string) => `/desk/events/${event.id}/answers/${of(name).id}`;
const standing = (eventId: string, name: string) =>
  service.db
    .selectFrom('rsvps')
    .select(['state', 'mode', 'guests', 'note', 'source'])
    .where('eventId', '=', eventId)
    .where('personId', '=', of(name).id)
    .executeTakeFirst();
const group = (html: string, key: string) =>
  new RegExp(`<details[^>]* id="group-${key}">(.*?)</details>`, 's').exec(html)?.[1] ?? '';
const names = (html: string) => [...html.matchAll(/<b>([^<]+) Blu<\/b>/g)].map(([, name]) => name);

test('who phoned is answered for, with guests and a note, and hears of it by mail', async () => {
  const event = await makeEvent(service.deps, chapter.id, { guestsAllowed: 2 });
  await service.settle();
  const page = await desk.get(answerPath(event, 'Ada'));
  expect(page.body).toContain('Non ha ancora risposto');
  expect(page.body).toContain('href="tel:+393331234567"');

  const before = service.inbox.messages.length;
  const saved = await desk.post(answerPath(event, 'Ada'), {
    answer: 'yes',
    guests: '2',
    guestName: ['Elena', ''],
    note: 'Arriva tardi',
  });
  expect(saved.headers.location).toBe(`/desk/events/${event.id}?done=answered#p-${of('Ada').id}`);
  expect(await standing(event.id, 'Ada')).toMatchObject({
    state: 'going',
    guests: 2,
    note: 'Arriva tardi',
    source: 'coordinator',
  });
  const after = await desk.get(`/desk/events/${event.id}`);
  expect(group(after.body, 'going')).toContain('con Elena e un’altra persona');
  expect(group(after.body, 'going')).toContain('Arriva tardi');
  expect(group(after.body, 'going')).toContain('href="tel:+393331234567"');
  await service.settle();
  expect(service.inbox.messages.slice(before).map(({ to }) => to)).toEqual([of('Ada').email]);
  expect((await desk.get(answerPath(event, 'Ada'))).body).toContain('risposta data alla scrivania');
});

test('a yes without a seat puts her on the list, in the order in which they said yes', async () => {
  const event = await makeEvent(service.deps, chapter.id, { seatsRoom: 1 });
  for (const name of ['Dora', 'Carla', 'Bea']) {
    service.clock.advance(minutes(1));
    await desk.post(answerPath(event, name), { answer: 'yes' });
  }
  const page = await desk.get(`/desk/events/${event.id}`);
  expect(names(group(page.body, 'going'))).toEqual(['Dora']);
  expect(names(group(page.body, 'waiting'))).toEqual(['Carla', 'Bea']);
  expect(names(group(page.body, 'unanswered'))).toEqual(['Ada']);
  expect(page.body).toContain('su un posto: tutti presi');
});

test('what cannot be granted is said, and nothing changes', async () => {
  const event = await makeEvent(service.deps, chapter.id, { guestsAllowed: 1, seatsRoom: 1 });
  await desk.post(answerPath(event, 'Ada'), { answer: 'yes' });
  const more = await desk.post(answerPath(event, 'Ada'), { answer: 'yes', guests: '1', guestName: 'Elena' });
  expect(more.statusCode).toBe(409);
  expect(more.body).toContain('Quello che aveva resta com’era');
  expect(more.body).toContain('value="Elena"');
  expect(await standing(event.id, 'Ada')).toMatchObject({ state: 'going', guests: 0 });
  expect((await desk.post(answerPath(event, 'Ada'), { answer: 'maybe' })).statusCode).toBe(409);
  expect((await desk.post(answerPath(event, 'Ada'), {})).statusCode).toBe(400);
});

test('room and online are chosen apart where an event has both', async () => {
  const event = await makeEvent(service.deps, chapter.id, {
    format: 'hybrid',
    joinUrl: 'https://meet.example.org/x',
  });
  await desk.post(answerPath(event, 'Bea'), { answer: 'yes', mode: 'online' });
  expect(await standing(event.id, 'Bea')).toMatchObject({ state: 'going', mode: 'online' });
  const page = await desk.get(`/desk/events/${event.id}`);
  expect(names(group(page.body, 'goingOnline'))).toEqual(['Bea']);
  expect(names(group(page.body, 'goingRoom'))).toEqual([]);
});

test('who gave up at the last moment is named apart, to the coordinator only', async () => {
  const event = await makeEvent(service.deps, chapter.id, {});
  await desk.post(answerPath(event, 'Carla'), { answer: 'yes' });
  service.clock.set(new Date(event.startsAt.getTime() - hours(3)));
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: of('Carla').id,
    answer: 'no',
    source: 'link',
  });
  const page = await desk.get(`/desk/events/${event.id}`);
  expect(names(group(page.body, 'late'))).toEqual(['Carla']);
  expect(names(group(page.body, 'no'))).toEqual([]);
  service.clock.set('2026-11-16T10:00:00Z');
});

test('the address of somebody known by name alone can follow, once, and only if it is nobody else’s', async () => {
  const event = await makeEvent(service.deps, chapter.id, {});
  const zoe = await makeMember(service.db, chapter.id, { firstName: 'Zoe', email: null });
  await desk.post(`/desk/events/${event.id}/invitations`);
  const path = `/desk/events/${event.id}/answers/${zoe.id}`;
  const address = async () =>
    (await service.db.selectFrom('people').select('email').where('id', '=', zoe.id).executeTakeFirstOrThrow())
      .email;
  expect((await desk.get(path)).body).toContain('Manca la mail');
  const add = (email: string) => desk.post(`${path}/address`, { email });
  const wrong = await add('zoe@');
  expect([wrong.statusCode, wrong.body.includes('value="zoe@"')]).toEqual([400, true]);
  const taken = await add(of('Ada').email?.toUpperCase() ?? '');
  expect([taken.statusCode, taken.body.includes('già di un’altra persona')]).toEqual([409, true]);
  expect(await address()).toBeNull();
  expect((await add('Zoe@Example.org')).statusCode).toBe(303);
  expect(await address()).toBe('zoe@example.org');
  expect((await desk.get(path)).body).not.toContain('Manca la mail');
  // Nobody at the desk changes an address that is hers already.
  expect((await add('other@example.org')).statusCode).toBe(409);
  expect(await address()).toBe('zoe@example.org');
});

test('names and notes run nothing', async () => {
  const event = await makeEvent(service.deps, chapter.id, { guestsAllowed: 1, title: '<i>Cena</i>' });
  await desk.post(answerPath(event, 'Bea'), {
    answer: 'yes',
    guestName: '<script>1</script>',
    note: '<img src=x>',
  });
  for (const path of [`/desk/events/${event.id}`, answerPath(event, 'Bea'), '/desk/']) {
    const { body } = await desk.get(path);
    expect(body).not.toContain('<script>1');
    expect(body).not.toContain('<img');
    expect(body).not.toContain('<i>Cena');
  }
});

test('a phone number is seen by the coordinators of her own group, and not by those of a group that she visits', async () => {
  const elsewhere = await makeChapter(service.db);
  const visitor = await makeMember(service.db, elsewhere.id, { firstName: 'Vera', lastName: 'Blu' });
  await service.db.updateTable('people').set({ phone: '333 7654321' }).where('id', '=', visitor.id).execute();
  const event = await makeEvent(service.deps, chapter.id, { access: 'public' });
  await service.server.inject({
    method: 'POST',
    url: `/e/${event.id}/link`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ name: 'Vera', email: visitor.email as string }).toString(),
  });
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: visitor.id,
    answer: 'yes',
    source: 'link',
  });
  await service.settle();
  await service.db
    .updateTable('deliveries')
    .set({ state: 'failed', response: '550 no such user' })
    .where('personId', '=', visitor.id)
    .execute();
  const pages = ['', `/answers/${visitor.id}`, '/mailings'];
  const read = (path: string) => desk.get(`/desk/events/${event.id}${path}`);
  for (const path of pages) {
    const page = await read(path);
    expect([path, page.statusCode, page.body.includes('Vera')]).toEqual([path, 200, true]);
    expect([path, page.body.includes('7654321')]).toEqual([path, false]);
  }
  await service.db
    .insertInto('memberships')
    .values({
      chapterId: chapter.id,
      personId: visitor.id,
      role: 'member',
      source: 'test',
      startsAt: service.clock(),
    })
    .execute();
  for (const path of pages) expect([path, (await read(path)).body.includes('7654321')]).toEqual([path, true]);
});
