import { describe, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const database = useDatabase();
const actor = { kind: 'system' } as const;

test('those who wait for a place in the room take no place online that a change of format needs', async () => {
  const deps = testDeps(database.db, testClock('2026-11-10T09:00:00Z'));
  const chapter = await makeChapter(database.db);
  const members = await makeMembers(database.db, chapter.id, 4);
  const event = await makeEvent(deps, chapter.id, { format: 'hybrid', seatsRoom: 2, seatsOnline: 10 });
  for (const { id: personId } of members) {
    const answer = { eventId: event.id, personId, answer: 'yes', mode: 'room', source: 'link' } as const;
    await answerInvitation(deps, answer);
  }
  // Two are going and two wait: two places are enough for those who have one.
  const changes = { format: 'online', seatsOnline: 2 } as const;
  expect(await changeEvent(deps, event.id, changes, { actor, notify: false })).toMatchObject({ ok: true });
  const rows = await database.db.selectFrom('rsvps').select(['state', 'mode']).orderBy('state').execute();
  expect(rows.map((row) => `${row.state} ${row.mode}`)).toEqual([
    'going online',
    'going online',
    'waitlisted online',
    'waitlisted online',
  ]);
});

describe('whom a change of a hybrid event is told', () => {
  const link = (number: number) => `https://incontri.example/${number}`;
  /** 10 o’clock at night: what does not hurry waits for the morning. */
  const clock = testClock('2026-11-10T21:00:00Z');

  async function hybrid() {
    const deps = testDeps(database.db, clock);
    const chapter = await makeChapter(database.db);
    const [room, online, waits] = await makeMembers(database.db, chapter.id, 3);
    const event = await makeEvent(deps, chapter.id, {
      format: 'hybrid',
      joinUrl: link(0),
      seatsRoom: 1,
      seatsOnline: 5,
    });
    for (const [person, mode] of [
      [room, 'room'],
      [online, 'online'],
      [waits, 'room'],
    ] as const) {
      const said = { eventId: event.id, personId: person!.id, answer: 'yes', mode, source: 'link' } as const;
      await answerInvitation(deps, said);
    }
    const change = (changes: Parameters<typeof changeEvent>[2], notify = true) =>
      changeEvent(deps, event.id, changes, { actor, notify });
    const open = async () =>
      (
        await database.db
          .selectFrom('mailings')
          .select(['template', 'audience', 'data'])
          .where('eventId', '=', event.id)
          .where('kind', '=', 'update')
          .where('state', '=', 'planned')
          .orderBy('template')
          .execute()
      ).map(({ template, audience, data }) => {
        const { newLink } = data as { newLink?: boolean };
        return `${template} ${audience}${newLink ? ' with the link' : ''}`;
      });
    const sequences = async () => {
      const rows = await database.db
        .selectFrom('invitations')
        .select(['personId', 'sequence'])
        .where('eventId', '=', event.id)
        .execute();
      return [room, online, waits].map(
        (person) => rows.find(({ personId }) => personId === person!.id)?.sequence ?? 0,
      );
    };
    return { deps, event, people: { room: room!, online: online!, waits: waits! }, change, open, sequences };
  }

  test('another link: those confirmed online, once, whose calendars alone are to take a newer entry', async () => {
    const { change, open, sequences } = await hybrid();
    const before = await sequences();
    await change({ joinUrl: link(1) });
    await change({ joinUrl: link(2) });
    expect(await open()).toEqual(['join_link going_online']);
    const after = await sequences();
    expect(after.map((sequence, index) => sequence - (before[index] ?? 0))).toEqual([0, 2, 0]);
    // Back at the one that they know, there is nothing to tell.
    await change({ joinUrl: link(0) });
    expect(await open()).toEqual([]);
    await change({ joinUrl: link(3) }, false);
    expect(await open()).toEqual([]);
  });

  test('another place: those in the room; another time: all, with the link where that is new too', async () => {
    const { change, open } = await hybrid();
    await change({ venueName: 'Sala Borsa' });
    expect(await open()).toEqual(['update affected_room']);
    await change({ joinUrl: link(1) });
    expect(await open()).toEqual(['join_link going_online', 'update affected_room']);
    await change({ endsAt: new Date('2026-11-20T23:30:00Z') });
    expect(await open()).toEqual(['update affected with the link']);
    await change({ joinUrl: link(2) });
    expect(await open()).toEqual(['update affected with the link']);
  });

  test('a move that is taken back leaves the news of the link to be told', async () => {
    const { event, change, open } = await hybrid();
    await change({ endsAt: new Date('2026-11-20T23:30:00Z'), joinUrl: link(1) });
    expect(await open()).toEqual(['update affected with the link']);
    await change({ endsAt: event.endsAt });
    expect(await open()).toEqual(['join_link going_online']);
  });

  test('a way that is taken away moves those who had chosen it, and they are told with all the others', async () => {
    const { change, open, event } = await hybrid();
    // The one who waited for the room, and the one who has it: both come online.
    expect(await change({ format: 'online' })).toMatchObject({ ok: true });
    expect(await open()).toEqual(['update affected']);
    const rows = await database.db
      .selectFrom('rsvps')
      .select(['state', 'mode'])
      .where('eventId', '=', event.id)
      .orderBy('state')
      .execute();
    // And there is a seat for the one who waited.
    expect(rows.map(({ state, mode }) => `${state} ${mode}`)).toEqual([
      'going online',
      'going online',
      'offered online',
    ]);
  });

  test('where not all have a seat in the way that is left, nothing changes', async () => {
    const { change, open, event } = await hybrid();
    expect(await change({ format: 'in_person' })).toEqual({ ok: false, reason: 'seats_taken' });
    expect(await open()).toEqual([]);
    const rows = await database.db
      .selectFrom('rsvps')
      .select(['mode'])
      .where('eventId', '=', event.id)
      .orderBy('mode')
      .execute();
    expect(rows.map(({ mode }) => mode)).toEqual(['online', 'room', 'room']);
  });
});
