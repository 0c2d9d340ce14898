import { beforeAll, describe, expect, it } from 'vitest';
import { makeChapter, makeMember, makeMembers } from '../support/factories.ts';
import { useApi, wrongPaths } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(api.deps.db, { slug: 'bologna' });
});

const aperitivo = {
  title: 'Aperitivo di rete',
  format: 'in_person',
  startsAt: '2026-11-26T18:30',
  endsAt: '2026-11-26T20:30',
  venue: { name: 'Enoteca Storica', address: 'Via Marsala 2' },
  seats: { room: 25 },
};

const draft = async (more: object = {}) => {
  const made = await api.call('POST', '/chapters/bologna/events', { ...aperitivo, ...more });
  expect(made.status).toBe(201);
  return made.body;
};

describe('making an event', () => {
  it('answers the draft with its address, its times in UTC and counts of nobody', async () => {
    const made = await api.call('POST', '/chapters/bologna/events', aperitivo);
    expect(made.status).toBe(201);
    expect(made.headers.location).toBe(`/api/v1/events/${made.body.id}`);
    expect(made.body).toMatchObject({
      chapter: 'bologna',
      state: 'draft',
      startsAt: '2026-11-26T17:30:00.000Z',
      timeZone: 'Europe/Rome',
      venue: { name: 'Enoteca Storica', address: 'Via Marsala 2' },
      seats: { room: 25, online: null },
      guestsAllowed: 0,
      maybeAllowed: false,
      access: 'members',
      promotion: 'offer',
      url: `http://localhost:3000/e/${made.body.id}`,
    });
    const none = { going: 0, maybe: 0, declined: 0, waitlisted: 0, offered: 0, guests: 0 };
    expect(made.body.counts).toEqual({
      ...none,
      seatsLeft: 25,
      room: { ...none, seatsLeft: 25 },
      online: { ...none, seatsLeft: 0 },
    });
    expect((await api.call('GET', `/events/${made.body.id}`)).body).toEqual(made.body);
  });

  it('takes a time with an offset as that instant, whatever the zone', async () => {
    const event = await draft({ startsAt: '2026-11-26T18:30:00-05:00', endsAt: '2026-11-27T01:00:00Z' });
    expect(event.startsAt).toBe('2026-11-26T23:30:00.000Z');
  });

  it('refuses a local time that the clocks skip, and takes the first of one that comes twice', async () => {
    const skipped = await api.call('POST', '/chapters/bologna/events', {
      ...aperitivo,
      startsAt: '2027-03-28T02:30',
      endsAt: '2027-03-28T04:30',
    });
    expect(wrongPaths(skipped)).toEqual(['startsAt']);
    expect(skipped.body.errors[0]?.message).toContain('does not exist in Europe/Rome');
    const twice = await draft({ startsAt: '2027-10-31T02:30', endsAt: '2027-10-31T05:00' });
    expect(twice.startsAt).toBe('2027-10-31T00:30:00.000Z');
  });

  it('names all that is wrong at once: shape, unknown fields, times, zone, and what does not fit together', async () => {
    const refused = await api.call('POST', '/chapters/bologna/events', {
      format: 'picnic',
      startsAt: '2027-03-28T02:30',
      endsAt: 'tomorrow',
      seats: { room: -1, garden: 3 },
      joinUrl: 'javascript:alert(1)',
      colour: 'red',
      guestsAllowed: '2',
      timeline: [{ kind: 'poem', anchor: 'start', offset: 'P1.5D', audience: 'friends', localTime: '25:00' }],
    });
    expect(new Set(wrongPaths(refused))).toEqual(
      new Set([
        'title',
        'format',
        'startsAt',
        'endsAt',
        'seats.room',
        'seats.garden',
        'joinUrl',
        'colour',
        'guestsAllowed',
        'timeline[0].kind',
        'timeline[0].offset',
        'timeline[0].audience',
        'timeline[0].localTime',
      ]),
    );
    const crossed = await api.call('POST', '/chapters/bologna/events', {
      ...aperitivo,
      title: '   ',
      endsAt: '2026-11-26T18:00',
      answersCloseAt: '2026-11-28T10:00',
      extra: 1,
    });
    expect(new Set(wrongPaths(crossed))).toEqual(new Set(['title', 'endsAt', 'answersCloseAt', 'extra']));
    const noZone = await api.call('POST', '/chapters/bologna/events', {
      ...aperitivo,
      timeZone: 'Europe/Bologna',
    });
    expect(wrongPaths(noZone)).toEqual(['timeZone']);
  });

  it('refuses a body that is no object, no JSON, no JSON at all, or too large, each by its own status', async () => {
    expect(wrongPaths(await api.call('POST', '/chapters/bologna/events', []))).toEqual(['']);
    const json = { 'content-type': 'application/json' };
    expect((await api.call('POST', '/chapters/bologna/events', '{"title":', { headers: json })).status).toBe(
      400,
    );
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await api.call('POST', '/chapters/bologna/events', 'title=x', { headers: form })).status).toBe(
      415,
    );
    const large = { ...aperitivo, description: 'x'.repeat(300_000) };
    expect((await api.call('POST', '/chapters/bologna/events', large)).status).toBe(413);
    expect(
      wrongPaths(await api.call('POST', '/chapters/bologna/events', { ...aperitivo, title: 'a\0b' })),
    ).toEqual(['title']);
  });

  it('counts the 200 characters of a title as a reader does', async () => {
    await draft({ title: '🍷'.repeat(200) });
    const long = await api.call('POST', '/chapters/bologna/events', {
      ...aperitivo,
      title: '🍷'.repeat(201),
    });
    expect(wrongPaths(long)).toEqual(['title']);
  });
});

describe('publishing and cancelling', () => {
  it('publishes once, and invites the members', async () => {
    await makeMembers(api.deps.db, chapter.id, 2);
    const event = await draft();
    const published = await api.call('POST', `/events/${event.id}/publication`, {});
    expect(published).toMatchObject({
      status: 200,
      body: { state: 'published', publishedAt: expect.any(String) },
    });
    expect((await api.call('POST', `/events/${event.id}/publication`)).body.publishedAt).toBe(
      published.body.publishedAt,
    );
    expect((await api.call('GET', `/events/${event.id}/rsvps`)).body.items).toHaveLength(3);
  });

  it('does not publish an event that is over', async () => {
    const event = await draft({ startsAt: '2026-11-01T18:30', endsAt: '2026-11-01T20:30' });
    expect(wrongPaths(await api.call('POST', `/events/${event.id}/publication`, {}))).toEqual(['startsAt']);
  });

  it('cancels with a reason and one mail, and publishes or changes no more', async () => {
    const event = await draft();
    await api.call('POST', `/events/${event.id}/publication`, {});
    const cancelled = await api.call('POST', `/events/${event.id}/cancellation`, {
      reason: 'La sala è allagata.',
    });
    expect(cancelled).toMatchObject({
      status: 200,
      body: { state: 'cancelled', cancelReason: 'La sala è allagata.' },
    });
    const { items } = (await api.call('GET', `/events/${event.id}/mailings`)).body;
    expect(items.filter((m) => m.state === 'planned').map((m) => m.kind)).toEqual(['cancellation']);
    expect((await api.call('POST', `/events/${event.id}/cancellation`, {})).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/publication', {}],
      ['PATCH', '', { title: 'Altro' }],
      ['PUT', '/timeline', []],
    ] as const) {
      expect((await api.call(method, `/events/${event.id}${path}`, body)).body).toMatchObject({
        status: 409,
        code: 'wrong_state',
        type: '/docs#wrong_state',
      });
    }
  });

  it('cancels without a mail where notify is false', async () => {
    const event = await draft();
    await api.call('POST', `/events/${event.id}/publication`, {});
    await api.call('POST', `/events/${event.id}/cancellation`, { notify: false });
    const { items } = (await api.call('GET', `/events/${event.id}/mailings`)).body;
    expect(new Set(items.map((m) => m.state))).toEqual(new Set(['cancelled']));
  });

  it('reads as ended from its end on', async () => {
    const event = await draft({ startsAt: '2026-11-10T11:00', endsAt: '2026-11-10T12:00' });
    await api.call('POST', `/events/${event.id}/publication`, {});
    api.clock.set('2026-11-10T11:00:00Z');
    expect((await api.call('GET', `/events/${event.id}`)).body.state).toBe('ended');
    api.clock.set('2026-11-10T09:00:00Z');
  });
});

describe('changing an event', () => {
  it('clears with null, keeps what is left out, and replaces a venue as a whole', async () => {
    const event = await draft({
      cost: '15 €',
      description: 'Si beve.',
      answersCloseAt: '2026-11-25T18:00',
      joinUrl: 'https://example.org/x',
    });
    const changed = await api.call('PATCH', `/events/${event.id}`, {
      cost: null,
      description: null,
      answersCloseAt: null,
      joinUrl: null,
      seats: { online: 10 },
      venue: { name: 'Casa Rossa' },
    });
    expect(changed).toMatchObject({
      status: 200,
      body: {
        title: 'Aperitivo di rete',
        cost: null,
        description: '',
        answersCloseAt: null,
        joinUrl: null,
        seats: { room: 25, online: 10 },
        venue: { name: 'Casa Rossa', address: null },
      },
    });
    expect((await api.call('PATCH', `/events/${event.id}`, { seats: null, venue: null })).body).toMatchObject(
      {
        seats: { room: null, online: null },
        venue: null,
        counts: { seatsLeft: null },
      },
    );
    expect((await api.call('PATCH', `/events/${event.id}`, {})).status).toBe(200);
    expect(
      wrongPaths(await api.call('PATCH', `/events/${event.id}`, { title: null, endsAt: '2026-11-26T18:30' })),
    ).toEqual(['title', 'endsAt']);
  });

  it('reads local times in the zone that the event has, or gets with the same change', async () => {
    const event = await draft();
    const moved = await api.call('PATCH', `/events/${event.id}`, { startsAt: '2026-11-26T19:00' });
    expect(moved.body.startsAt).toBe('2026-11-26T18:00:00.000Z');
    const zoned = await api.call('PATCH', `/events/${event.id}`, {
      timeZone: 'America/New_York',
      startsAt: '2026-11-26T18:30',
      endsAt: '2026-11-26T20:30',
    });
    expect(zoned.body.startsAt).toBe('2026-11-26T23:30:00.000Z');
  });

  it('plans one update for a move, and none where notify is false', async () => {
    const updates = async (id: string) => {
      const { items } = (await api.call('GET', `/events/${id}/mailings`)).body;
      return items.filter((m) => m.kind === 'update' && m.state === 'planned').length;
    };
    const event = await draft();
    await api.call('POST', `/events/${event.id}/publication`, {});
    await api.call('PATCH', `/events/${event.id}`, { venue: { name: 'Altrove' }, notify: false });
    expect(await updates(event.id)).toBe(0);
    await api.call('PATCH', `/events/${event.id}`, { startsAt: '2026-11-26T19:00' });
    await api.call('PATCH', `/events/${event.id}`, { startsAt: '2026-11-26T19:30' });
    expect(await updates(event.id)).toBe(1);
  });

  it('refuses fewer seats than are taken, and changes nothing', async () => {
    const event = await draft();
    await api.call('POST', `/events/${event.id}/publication`, {});
    const people = await Promise.all(
      [1, 2].map((n) => makeMember(api.deps.db, chapter.id, { firstName: `Sì${n}` })),
    );
    for (const { id } of people) await api.call('PUT', `/events/${event.id}/rsvps/${id}`, { answer: 'yes' });
    const refused = await api.call('PATCH', `/events/${event.id}`, { seats: { room: 1 }, title: 'Altro' });
    expect(refused.body).toMatchObject({ status: 409, code: 'seats_taken' });
    expect((await api.call('GET', `/events/${event.id}`)).body).toMatchObject({
      title: 'Aperitivo di rete',
      seats: { room: 25 },
      counts: { going: 2, seatsLeft: 23, room: { going: 2 } },
    });
  });
});
