import { beforeAll, describe, expect, it } from 'vitest';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { defaultTimeline } from '../../server/mailings/timing.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useApi, wrongPaths } from './support.ts';

const api = useApi({ now: '2026-11-10T09:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(api.deps.db, { slug: 'bologna' });
});

const mailings = async (event: { id: string }) =>
  (await api.call('GET', `/events/${event.id}/mailings?limit=500`)).body.items;
const reminder = { kind: 'reminder', anchor: 'start', offset: '-P2D', localTime: '09:30', audience: 'going' };
const noCounts = { queued: 0, sending: 0, sent: 0, failed: 0, unknown: 0, skipped: 0, suppressed: 0 };

describe('a timeline', () => {
  it('is the default until the event has its own', async () => {
    const event = await makeEvent(api.deps, chapter.id, { draft: true });
    const { body } = await api.call('GET', `/events/${event.id}/timeline`);
    expect(body).toEqual(defaultTimeline.map((rule) => ({ localTime: null, template: null, ...rule })));
  });

  it('plans what is still to come, at the wall clock of the event, and lets go what it drops', async () => {
    const event = await makeEvent(api.deps, chapter.id);
    const put = await api.call('PUT', `/events/${event.id}/timeline`, [
      reminder,
      { kind: 'thanks', anchor: 'end', offset: 'PT90M', audience: 'going' },
    ]);
    expect(put).toMatchObject({
      status: 200,
      body: [
        { ...reminder, template: null },
        { offset: 'PT90M', localTime: null },
      ],
    });
    expect((await api.call('GET', `/events/${event.id}/timeline`)).body).toEqual(put.body);
    const planned = (await mailings(event)).filter((mailing) => mailing.state === 'planned');
    expect(planned).toMatchObject([
      {
        kind: 'reminder',
        audience: 'going',
        dueAt: '2026-11-18T08:30:00.000Z',
        reason: null,
        counts: noCounts,
      },
      { kind: 'thanks', dueAt: '2026-11-20T12:30:00.000Z' },
    ]);
    const dropped = (await mailings(event)).find((mailing) => mailing.kind === 'chase');
    expect(dropped).toMatchObject({ state: 'cancelled', reason: 'timeline_changed' });
  });

  it('comes with a new event too, and may be empty', async () => {
    const body = {
      title: 'x',
      format: 'online',
      startsAt: '2026-12-01T10:00',
      endsAt: '2026-12-01T11:00',
      timeline: [reminder],
    };
    const event = (await api.call('POST', '/chapters/bologna/events', body)).body;
    expect((await api.call('GET', `/events/${event.id}/timeline`)).body).toMatchObject([reminder]);
    await api.call('PATCH', `/events/${event.id}`, { timeline: [] });
    expect((await api.call('GET', `/events/${event.id}/timeline`)).body).toEqual([]);
    await api.call('POST', `/events/${event.id}/publication`, {});
    expect(await mailings(event)).toEqual([]);
  });

  it('is refused with every step that is wrong', async () => {
    const event = await makeEvent(api.deps, chapter.id, { draft: true });
    const refused = await api.call('PUT', `/events/${event.id}/timeline`, [
      reminder,
      { ...reminder, kind: 'confirmation' },
      { ...reminder, offset: '1 day', localTime: '9:30' },
      { ...reminder, audience: 'everybody', anchor: 'lunch', when: 'soon' },
      { kind: 'thanks' },
    ]);
    expect(new Set(wrongPaths(refused))).toEqual(
      new Set([
        ...['[1].kind', '[2].offset', '[2].localTime', '[3].audience', '[3].anchor', '[3].when'],
        ...['[4].anchor', '[4].offset', '[4].audience'],
      ]),
    );
    expect(wrongPaths(await api.call('PUT', `/events/${event.id}/timeline`, { ...reminder }))).toEqual(['']);
  });
});

describe('the mailings of an event', () => {
  it('are none for a draft', async () => {
    expect(await mailings(await makeEvent(api.deps, chapter.id, { draft: true }))).toEqual([]);
  });

  it('say how many were queued, and to whom', async () => {
    const other = await makeChapter(api.deps.db);
    const giulia = await makeMember(api.deps.db, other.id, { firstName: 'Giulia' });
    const event = await makeEvent(api.deps, other.id);
    await runOverdueMailings(api.deps);
    const invitation = (await mailings(event)).find((mailing) => mailing.kind === 'invitation');
    expect(invitation).toMatchObject({
      state: 'sending',
      audience: 'invited',
      counts: { ...noCounts, queued: 2 },
    });
    const first = (await api.call('GET', `/mailings/${invitation!.id}/deliveries?limit=1`)).body;
    const second = (
      await api.call('GET', `/mailings/${invitation!.id}/deliveries?cursor=${first.nextCursor}`)
    ).body;
    expect([...first.items, ...second.items].map((row) => row.email).sort()).toEqual(
      [giulia.email, other.coordinator.email].sort(),
    );
    expect(first.items[0]).toMatchObject({
      state: 'queued',
      attempts: 0,
      messageId: null,
      response: null,
      sentAt: null,
    });
  });

  it('to one person are one row by kind, under an id that stays', async () => {
    const other = await makeChapter(api.deps.db);
    const people = [];
    for (const firstName of ['Anna', 'Bea', 'Carla'])
      people.push(await makeMember(api.deps.db, other.id, { firstName }));
    const event = await makeEvent(api.deps, other.id);
    const confirmation = async () =>
      (await mailings(event)).filter((mailing) => mailing.kind === 'confirmation');
    await api.call('PUT', `/events/${event.id}/rsvps/${people[0]?.id}`, { answer: 'yes' });
    const [one] = await confirmation();
    expect(one).toMatchObject({ audience: null, state: 'sending', counts: { ...noCounts, queued: 1 } });
    for (const person of people.slice(1)) {
      await api.call('PUT', `/events/${event.id}/rsvps/${person.id}`, { answer: 'yes' });
    }
    const rows = await confirmation();
    expect(rows).toMatchObject([{ id: one!.id, dueAt: one!.dueAt, counts: { ...noCounts, queued: 3 } }]);
    const { items } = (await api.call('GET', `/mailings/${one!.id}/deliveries`)).body;
    expect(new Set(items.map((row) => row.email))).toEqual(new Set(people.map((person) => person.email)));
  });

  it('come in pages', async () => {
    const event = await makeEvent(api.deps, chapter.id);
    const all = await mailings(event);
    const seen = [];
    for (let cursor = ''; ; ) {
      const page = (await api.call('GET', `/events/${event.id}/mailings?limit=2${cursor}`)).body;
      seen.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(all);
    expect(all.length).toBeGreaterThan(4);
  });
});
