import { beforeAll, describe, expect, it } from 'vitest';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';
import { useApi, wrongPaths } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(api.deps.db, { slug: 'bologna' });
});

const member = (firstName: string) => makeMember(api.deps.db, chapter.id, { firstName });
const answer = (event: { id: string }, person: { id: string }, body: object) =>
  api.call('PUT', `/events/${event.id}/rsvps/${person.id}`, body);
const counts = async (event: { id: string }) => (await api.call('GET', `/events/${event.id}`)).body.counts;

describe('the answers of an event', () => {
  it('are a row per invited person, null until she answers, with her own link', async () => {
    const giulia = await member('Giulia');
    const event = await makeEvent(api.deps, chapter.id);
    const { items } = (await api.call('GET', `/events/${event.id}/rsvps`)).body;
    const row = items.find((item) => item.personId === giulia.id);
    expect(row).toMatchObject({
      email: giulia.email,
      state: null,
      mode: null,
      guests: 0,
      guestNames: [],
      queuedAt: null,
      source: null,
    });
    const token = row!.link.replace('http://localhost:3000/r/', '');
    expect(token).toMatch(/^[\w-]{22}\.[\w-]{22}$/);
    const mac = token.split('.')[1];
    expect(api.deps.links.isRsvpMac(mac!, { eventId: event.id, personId: giulia.id, linkEpoch: 1 })).toBe(
      true,
    );
  });

  it('come in pages that a newcomer does not disturb', async () => {
    const other = await makeChapter(api.deps.db);
    await makeMembers(api.deps.db, other.id, 6);
    const event = await makeEvent(api.deps, other.id);
    const first = (await api.call('GET', `/events/${event.id}/rsvps?limit=4`)).body;
    const late = await makeMember(api.deps.db, other.id, { firstName: 'Tardi' });
    await answer(event, late, { answer: 'yes' });
    const second = (await api.call('GET', `/events/${event.id}/rsvps?limit=4&cursor=${first.nextCursor}`))
      .body;
    const ids = [...first.items, ...second.items].map((item) => item.personId);
    expect(new Set(ids).size).toBe(8);
    expect(second.nextCursor).toBeNull();
  });
});

describe('answering for somebody who phoned', () => {
  it('writes her answer down as the coordinator’s, and counts it by mode', async () => {
    const [anna, bea, carla, dina] = await Promise.all(['Anna', 'Bea', 'Carla', 'Dina'].map(member));
    const event = await makeEvent(api.deps, chapter.id, {
      format: 'hybrid',
      joinUrl: 'https://example.org/x',
      seatsRoom: 4,
      guestsAllowed: 3,
      maybeAllowed: true,
    });
    const yes = await answer(event, anna!, {
      answer: 'yes',
      mode: 'room',
      guests: [{ name: 'Ugo', email: 'ugo@example.org' }, { name: 'Ida' }],
    });
    expect(yes).toMatchObject({
      status: 200,
      body: {
        personId: anna!.id,
        state: 'going',
        mode: 'room',
        guests: 2,
        guestNames: ['Ugo', 'Ida'],
        source: 'coordinator',
      },
    });
    await answer(event, bea!, { answer: 'yes', mode: 'online', guests: 1 });
    await answer(event, carla!, { answer: 'maybe' });
    await answer(event, dina!, { answer: 'no' });
    await answer(event, bea!, { answer: 'no' });
    expect(await counts(event)).toMatchObject({
      going: 1,
      maybe: 1,
      declined: 2,
      guests: 2,
      seatsLeft: null,
      room: { going: 1, guests: 2, maybe: 1, declined: 1, seatsLeft: 1 },
      online: { going: 0, guests: 0, declined: 1, seatsLeft: null },
    });
    expect((await answer(event, bea!, { answer: 'no' })).body.state).toBe('withdrawn');
  });

  it('keeps the names of guests when only their number is said', async () => {
    const anna = await member('Anna');
    const event = await makeEvent(api.deps, chapter.id, { guestsAllowed: 3 });
    await answer(event, anna, { answer: 'yes', guests: [{ name: 'Ugo', email: 'ugo@example.org' }] });
    expect((await answer(event, anna, { answer: 'yes', guests: 2 })).body.guestNames).toEqual(['Ugo', '']);
    expect((await answer(event, anna, { answer: 'yes' })).body.guestNames).toEqual(['Ugo', '']);
    expect((await answer(event, anna, { answer: 'yes', guests: 0 })).body).toMatchObject({
      guests: 0,
      guestNames: [],
    });
  });

  it('offers a freed seat to who waits, and the counts say so', async () => {
    const [anna, bea] = [await member('Anna'), await member('Bea')];
    const event = await makeEvent(api.deps, chapter.id, { seatsRoom: 1 });
    await answer(event, anna, { answer: 'yes' });
    expect((await answer(event, bea, { answer: 'yes' })).body).toMatchObject({
      state: 'waitlisted',
      queuedAt: expect.any(String),
    });
    expect(await counts(event)).toMatchObject({ going: 1, waitlisted: 1, seatsLeft: 0 });
    await answer(event, anna, { answer: 'no' });
    const { items } = (await api.call('GET', `/events/${event.id}/rsvps?limit=500`)).body;
    const row = items.find((item) => item.personId === bea.id);
    expect(row).toMatchObject({ state: 'offered', offerExpiresAt: expect.stringMatching(/Z$/) });
    expect(await counts(event)).toMatchObject({ going: 0, offered: 1, waitlisted: 0, seatsLeft: 0 });
  });

  it('invites somebody of the chapter who was not invited, and nobody else', async () => {
    const event = await makeEvent(api.deps, chapter.id);
    const late = await member('Tardi');
    const invited = async () =>
      (await api.call('GET', `/events/${event.id}/rsvps?limit=500`)).body.items.some(
        (item) => item.personId === late.id,
      );
    expect(await invited()).toBe(false);
    // A refused answer invites nobody.
    expect((await answer(event, late, { answer: 'yes', guests: 1 })).status).toBe(409);
    expect(await invited()).toBe(false);
    expect((await answer(event, late, { answer: 'yes' })).body.state).toBe('going');
    const foreign = await makeChapter(api.deps.db);
    expect((await answer(event, foreign.coordinator, { answer: 'yes' })).status).toBe(404);
    expect((await answer(event, { id: 'x' }, { answer: 'yes' })).status).toBe(404);
  });

  it('is refused by the rules that hold for everybody, each with its code', async () => {
    const anna = await member('Anna');
    const code = async (event: { id: string }, body: object) => (await answer(event, anna, body)).body.code;
    const event = await makeEvent(api.deps, chapter.id, { guestsAllowed: 1, seatsRoom: 1 });
    expect(await code(event, { answer: 'maybe' })).toBe('maybe_not_allowed');
    expect(await code(event, { answer: 'yes', mode: 'online' })).toBe('mode_not_offered');
    expect(await code(event, { answer: 'yes', guests: 2 })).toBe('too_many_guests');
    await answer(event, anna, { answer: 'yes' });
    expect(await code(event, { answer: 'yes', guests: 1 })).toBe('no_seats');
    await api.call('POST', `/events/${event.id}/cancellation`, {});
    expect(await code(event, { answer: 'no' })).toBe('event_cancelled');
    expect(await code(await makeEvent(api.deps, chapter.id, { draft: true }), { answer: 'yes' })).toBe(
      'not_published',
    );
    const over = await makeEvent(api.deps, chapter.id, { startsAt: new Date('2026-11-10T10:00:00Z') });
    api.clock.set('2026-11-10T12:00:00Z');
    expect(await code(over, { answer: 'yes' })).toBe('event_ended');
    api.clock.set('2026-11-10T09:00:00Z');
  });

  it('names what is wrong with an answer, guest by guest', async () => {
    const anna = await member('Anna');
    const event = await makeEvent(api.deps, chapter.id);
    const refused = await answer(event, anna, {
      answer: 'si',
      mode: 'sofa',
      guests: [{ name: 'Ugo' }, { nome: 'Ida', email: 'x' }],
      state: 'going',
    });
    expect(new Set(wrongPaths(refused))).toEqual(
      new Set(['answer', 'mode', 'guests[1].name', 'guests[1].nome', 'guests[1].email', 'state']),
    );
    expect(wrongPaths(await answer(event, anna, { answer: 'yes', guests: -1 }))).toEqual(['guests']);
    expect(wrongPaths(await answer(event, anna, { answer: 'yes', guests: '2' }))).toEqual(['guests']);
  });
});
