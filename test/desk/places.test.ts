import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { acceptCohosting, askCohost } from '../../server/events/cohosts.ts';
import { changePlace, placeActions } from '../../server/rsvps/queue.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const actor = { kind: 'system' } as const;
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
type Person = Awaited<ReturnType<typeof makeMembers>>[number];
let chapter: Chapter;
let modena: Chapter;
let people: Person[];
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  modena = await makeChapter(service.db, { slug: 'modena' });
  people = await makeMembers(service.db, chapter.id, 6);
  desk = await signedIn(service, chapter.coordinator.id);
});

const id = (index: number) => people[index]?.id as string;
const says = (eventId: string, index: number, answer: 'yes' | 'no' = 'yes') => {
  service.clock.advance(1000);
  return answerInvitation(service.deps, { eventId, personId: id(index), answer, source: 'link' });
};
async function states(eventId: string): Promise<Record<string, string>> {
  const rows = await service.db
    .selectFrom('rsvps')
    .select(['personId', 'state', 'mode'])
    .where('eventId', '=', eventId)
    .execute();
  return Object.fromEntries(
    rows.map((row) => [people.findIndex(({ id: known }) => known === row.personId), row.state]),
  );
}
/** Two seats, taken by the first two; the third, fourth and fifth wait. */
async function fullEvent(details: object = {}) {
  const event = await makeEvent(service.deps, chapter.id, { seatsRoom: 2, ...details });
  for (const index of [0, 1, 2, 3, 4]) await says(event.id, index);
  return event;
}
const act = (eventId: string, fields: Record<string, string | string[]>) =>
  desk.post(`/desk/events/${eventId}/selection`, fields);

describe('places by hand', () => {
  test('whoever is put first gets the next seat that is free', async () => {
    const event = await fullEvent();
    expect((await act(event.id, { only: `first:${id(4)}` })).statusCode).toBe(303);
    await says(event.id, 0, 'no');
    expect(await states(event.id)).toMatchObject({ 2: 'waitlisted', 3: 'waitlisted', 4: 'offered' });
  });

  test('several who are put first keep their order', async () => {
    const event = await fullEvent();
    await act(event.id, { act: 'first', person: [id(4), id(3)] });
    await says(event.id, 0, 'no');
    await says(event.id, 1, 'no');
    expect(await states(event.id)).toMatchObject({ 2: 'waitlisted', 3: 'offered', 4: 'offered' });
  });

  test('a seat that is held for her becomes hers at once, by one confirmation', async () => {
    const event = await fullEvent();
    await says(event.id, 0, 'no');
    await service.settle();
    service.inbox.clear();
    expect((await act(event.id, { only: `seat:${id(2)}` })).statusCode).toBe(303);
    expect(await states(event.id)).toMatchObject({ 2: 'going' });
    await service.settle();
    expect(service.inbox.messagesTo(people[2]?.email as string)).toHaveLength(1);
  });

  test('no seat is given that is not there: the page says so and names her', async () => {
    const event = await fullEvent();
    const refused = await act(event.id, { act: 'seat', person: id(2) });
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain('Socia3 Prova: non c’è un posto libero');
    expect(await states(event.id)).toMatchObject({ 0: 'going', 1: 'going', 2: 'waitlisted' });
  });

  test('taking somebody off asks first, then gives her seat to the next', async () => {
    const event = await fullEvent();
    const asked = await act(event.id, { act: 'off', person: id(0) });
    expect(asked.statusCode).toBe(200);
    expect(await states(event.id)).toMatchObject({ 0: 'going' });
    await act(event.id, { act: 'off', person: id(0), sure: 'yes' });
    expect(await states(event.id)).toMatchObject({ 0: 'withdrawn', 2: 'offered' });
  });

  test('from the room to online she frees a seat of the room', async () => {
    const event = await fullEvent({ format: 'hybrid', seatsOnline: 1 });
    await act(event.id, { act: 'online', person: [id(0)] });
    expect(await states(event.id)).toMatchObject({ 0: 'going', 2: 'offered' });
    // The one seat online is taken now: the second keeps what she has.
    expect((await act(event.id, { act: 'online', person: [id(1)] })).statusCode).toBe(409);
    expect(await states(event.id)).toMatchObject({ 1: 'going' });
  });

  test('those who are ticked are written to by a message that opens, and of which nothing has left', async () => {
    const event = await fullEvent();
    const made = await act(event.id, { act: 'write', person: [id(0), id(2)] });
    expect(made.headers.location).toMatch(/^\/desk\/chapters\/bologna\/messages\/[^/]+\/edit$/);
    expect((await desk.get(made.headers.location as string)).statusCode).toBe(200);
    const named = await service.db.selectFrom('messagePeople').select('personId').execute();
    expect(named.map(({ personId }) => personId).sort()).toEqual([id(0), id(2)].sort());
  });

  test('somebody new is added by name alone, waits where the seats are gone, and is there once', async () => {
    const event = await makeEvent(service.deps, chapter.id, { seatsRoom: 1 });
    const add = (fields: Record<string, string>) => desk.post(`/desk/events/${event.id}/additions`, fields);
    expect((await add({ name: 'Rita Nuova', email: '' })).headers.location).toContain('done=personAdded');
    expect((await add({ name: 'Lia', email: 'lia@example.org' })).headers.location).toContain(
      'done=personWaits',
    );
    expect((await add({ name: 'Lia', email: 'LIA@example.org' })).statusCode).toBe(409);
    expect((await add({ personId: id(0) })).headers.location).toContain('done=personWaits');
    const count = await service.db
      .selectFrom('rsvps')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('eventId', '=', event.id)
      .executeTakeFirstOrThrow();
    expect(Number(count.count)).toBe(3);
  });

  test('people of another event or group are not there, and then nothing happens to anybody', async () => {
    const event = await fullEvent();
    const [stranger] = await makeMembers(service.db, modena.id, 1);
    const tried = await act(event.id, { act: 'off', sure: 'yes', person: [id(0), stranger?.id as string] });
    expect(tried.statusCode).toBe(404);
    expect(await states(event.id)).toMatchObject({ 0: 'going' });
    expect(
      (await desk.post(`/desk/events/${event.id}/additions`, { personId: stranger?.id as string }))
        .statusCode,
    ).toBe(404);
  });
});

test('whatever is done by hand and by members, in whatever order, never more are confirmed than there are seats', async () => {
  const theirs = await makeMembers(service.db, modena.id, 2);
  const all = [...people.slice(0, 4), ...theirs];
  const step = fc.record({
    who: fc.integer({ min: 0, max: all.length - 1 }),
    what: fc.constantFrom(...placeActions, 'yes' as const, 'no' as const),
    minutes: fc.constantFrom(0, 0, 1, 30 * 60),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const event = await makeEvent(service.deps, chapter.id, {
        draft: true,
        format: 'hybrid',
        seatsRoom: 2,
        seatsOnline: 1,
        guestsAllowed: 1,
      });
      await askCohost(service.deps, { eventId: event.id, chapterId: modena.id, actor, agreed: false });
      await acceptCohosting(service.deps, { eventId: event.id, chapterId: modena.id, actor });
      await desk.post(`/desk/events/${event.id}/publication`, { when: 'now' });
      for (const { who, what, minutes } of steps) {
        service.clock.advance(minutes * 60_000 + 1000);
        const of = { eventId: event.id, personId: all[who]?.id as string };
        if (what === 'yes' || what === 'no') {
          const guests = who % 2 ? [{ name: 'Ada' }] : [];
          await answerInvitation(service.deps, { ...of, answer: what, guests, source: 'link' });
        } else await changePlace(service.deps, { ...of, action: what, actor });
        const taken = await service.db
          .selectFrom('rsvps')
          .select(['mode', 'state', 'guests'])
          .where('eventId', '=', event.id)
          .where('state', 'in', ['going', 'offered'])
          .execute();
        const seats = (mode: string) =>
          taken.filter((row) => row.mode === mode).reduce((sum, row) => sum + 1 + row.guests, 0);
        expect(seats('room')).toBeLessThanOrEqual(2);
        expect(seats('online')).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);
