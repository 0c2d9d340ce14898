import { beforeAll, describe, expect, it } from 'vitest';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useApi, wrongPaths } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(api.deps.db, { slug: 'bologna' });
});

/** An event that begins in an hour. */
const soon = (more: object = {}) =>
  makeEvent(api.deps, chapter.id, { startsAt: new Date('2026-11-10T10:00:00Z'), ...more });
const member = (firstName: string) => makeMember(api.deps.db, chapter.id, { firstName });
const mark = (event: { id: string }, person: { id: string }, mode = 'room') =>
  api.call('PUT', `/events/${event.id}/attendance/${person.id}`, { mode });
const present = (event: { id: string }) =>
  api.deps.db.selectFrom('attendance').selectAll().where('eventId', '=', event.id).execute();

describe('presence', () => {
  it('is written down once, corrected by a second word, and taken back', async () => {
    const anna = await member('Anna');
    const event = await soon({ format: 'hybrid' });
    await api.call('PUT', `/events/${event.id}/rsvps/${anna.id}`, { answer: 'yes' });
    expect(await mark(event, anna)).toMatchObject({
      status: 200,
      body: { personId: anna.id, mode: 'room', walkIn: false },
    });
    expect((await mark(event, anna, 'online')).body).toMatchObject({ mode: 'online', walkIn: false });
    expect(await present(event)).toHaveLength(1);
    const address = `/events/${event.id}/attendance/${anna.id}`;
    expect((await api.call('DELETE', address, { mode: 'room' })).status).toBe(204);
    expect(await present(event)).toHaveLength(1);
    expect((await api.call('DELETE', address, { mode: 'online' })).status).toBe(204);
    expect((await api.call('DELETE', address)).status).toBe(204);
    expect(await present(event)).toHaveLength(0);
  });

  it('of somebody who had not said yes is a walk-in, and changes no answer', async () => {
    const bea = await member('Bea');
    const event = await soon();
    await api.call('PUT', `/events/${event.id}/rsvps/${bea.id}`, { answer: 'no' });
    expect((await mark(event, bea)).body.walkIn).toBe(true);
    expect((await api.call('GET', `/events/${event.id}`)).body.counts).toMatchObject({
      going: 0,
      declined: 1,
    });
  });

  it('is refused a day too early, in a mode that is not offered, for a draft, a cancelled event or a stranger', async () => {
    const anna = await member('Anna');
    const later = await makeEvent(api.deps, chapter.id);
    expect((await mark(later, anna)).body).toMatchObject({ status: 409, code: 'too_early' });
    const event = await soon();
    expect((await mark(event, anna, 'online')).body).toMatchObject({ status: 409, code: 'mode_not_offered' });
    expect((await mark(await soon({ draft: true }), anna)).body.code).toBe('not_published');
    const other = await makeChapter(api.deps.db);
    expect((await mark(event, other.coordinator)).status).toBe(404);
    expect((await mark(event, { id: 'nobody' })).status).toBe(404);
    expect(wrongPaths(await mark(event, anna, 'sofa'))).toEqual(['mode']);
    await api.call('POST', `/events/${event.id}/cancellation`, {});
    expect((await mark(event, anna)).body.code).toBe('event_cancelled');
  });
});

describe('a walk-in', () => {
  const walkIn = (event: { id: string }, body: object) =>
    api.call('POST', `/events/${event.id}/attendance`, body);

  it('is added by name alone, and is invited so that she can be thanked', async () => {
    const event = await soon();
    const added = await walkIn(event, { name: 'Sara  De Luca', mode: 'room' });
    expect(added).toMatchObject({
      status: 201,
      body: { firstName: 'Sara', lastName: 'De Luca', email: null, mode: 'room', walkIn: true },
    });
    const { items } = (await api.call('GET', `/events/${event.id}/rsvps?limit=500`)).body;
    expect(items.find((item) => item.personId === added.body.personId)).toMatchObject({
      state: null,
    });
  });

  it('is found by her address, and is no walk-in where she had said yes', async () => {
    const carla = await member('Carla');
    const event = await soon();
    await api.call('PUT', `/events/${event.id}/rsvps/${carla.id}`, { answer: 'yes' });
    const found = await walkIn(event, { name: 'Carlotta', mode: 'room', email: carla.email?.toUpperCase() });
    expect(found).toMatchObject({
      status: 201,
      body: { personId: carla.id, firstName: 'Carla', walkIn: false },
    });
  });

  it('does not come back by her address once she is erased', async () => {
    const [hash] = api.deps.links.addressHashes('via@example.org');
    await api.deps.db
      .insertInto('suppressions')
      .values({ addressHash: hash as Buffer, reason: 'erased' })
      .execute();
    const event = await soon();
    expect((await walkIn(event, { name: 'Via', mode: 'room', email: 'via@example.org' })).body.code).toBe(
      'address_erased',
    );
    expect(await present(event)).toHaveLength(0);
  });

  it('needs a name and a mode', async () => {
    const event = await soon();
    expect(new Set(wrongPaths(await walkIn(event, { name: '  ', email: 'x', nome: 'y' })))).toEqual(
      new Set(['name', 'email', 'nome', 'mode']),
    );
  });
});

describe('declaring attendance complete', () => {
  const complete = (event: { id: string }, mode: string) =>
    api.call('PUT', `/events/${event.id}/attendance-complete/${mode}`, {});

  it('is possible from the start on, and the first declaration stands', async () => {
    const event = await soon({ format: 'hybrid' });
    expect((await complete(event, 'room')).body.code).toBe('too_early');
    api.clock.set('2026-11-10T13:00:00Z');
    const first = await complete(event, 'room');
    expect(first).toMatchObject({
      status: 200,
      body: { mode: 'room', completeAt: '2026-11-10T13:00:00.000Z' },
    });
    api.clock.set('2026-11-10T14:00:00Z');
    expect((await complete(event, 'room')).body).toEqual(first.body);
    expect((await api.call('GET', `/events/${event.id}`)).body.attendanceComplete).toEqual({
      room: '2026-11-10T13:00:00.000Z',
      online: null,
    });
    api.clock.set('2026-11-10T09:00:00Z');
  });

  it('knows the modes of the event alone', async () => {
    const event = await soon();
    api.clock.set('2026-11-10T13:00:00Z');
    expect((await complete(event, 'online')).body.code).toBe('mode_not_offered');
    expect((await complete(event, 'sofa')).status).toBe(404);
    api.clock.set('2026-11-10T09:00:00Z');
  });
});
