import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Deps } from '../../server/deps.ts';
import { changeEvent } from '../../server/events/service.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { changePlace } from '../../server/rsvps/queue.ts';
import { type Format, modes, modesOf } from '../../server/rsvps/rules.ts';
import { answerInvitation, expireOffers } from '../../server/rsvps/service.ts';
import { hours, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

/** Promise 1 for an event that is held in a room and online: whatever happens side by side, each mode keeps its seats. */
const database = useDatabase();
const actor = { kind: 'system' } as const;
const start = new Date('2026-11-05T17:30:00Z');

type Mode = 'room' | 'online';
type Command =
  | { do: 'answer'; who: number; answer: 'yes' | 'maybe' | 'no'; mode: Mode; guests: number }
  | { do: 'switch'; who: number; mode: Mode }
  | { do: 'place'; who: number; action: 'first' | 'seat' | 'off' | Mode }
  | { do: 'seats'; room: number | null; online: number | null }
  | { do: 'format'; format: Format }
  | { do: 'expire' }
  | { do: 'erase'; who: number };

const people = 8;
const who = fc.nat(people - 1);
const mode = fc.constantFrom<Mode>('room', 'online');
const seats = fc.option(fc.nat(5), { freq: 8 });
const command = (guests: number) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record<Command & { do: 'answer' }>({
        do: fc.constant('answer'),
        who,
        answer: fc.constantFrom('yes', 'yes', 'yes', 'no', 'maybe'),
        mode,
        guests: fc.nat(guests),
      }),
    },
    { weight: 6, arbitrary: fc.record<Command & { do: 'switch' }>({ do: fc.constant('switch'), who, mode }) },
    {
      weight: 2,
      arbitrary: fc.record<Command & { do: 'seats' }>({
        do: fc.constant('seats'),
        room: seats,
        online: seats,
      }),
    },
    { weight: 2, arbitrary: fc.constant<Command>({ do: 'expire' }) },
    { weight: 1, arbitrary: fc.record<Command & { do: 'erase' }>({ do: fc.constant('erase'), who }) },
  );
const byCoordinator = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record<Command & { do: 'place' }>({
      do: fc.constant('place'),
      who,
      action: fc.constantFrom('first', 'seat', 'off', 'room', 'online'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Command & { do: 'format' }>({
      do: fc.constant('format'),
      format: fc.constantFrom<Format>('in_person', 'hybrid', 'hybrid', 'online'),
    }),
  },
);
/** Rounds of commands that run side by side; between rounds time passes. */
const rounds = (one: fc.Arbitrary<Command>) =>
  fc.array(
    fc.record({
      hours: fc.constantFrom(0, 0, 1, 5, 26),
      commands: fc.array(one, { minLength: 1, maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 8 },
  );
type Round = { hours: number; commands: Command[] };

/** Few at a time, and many of them: so that lines grow, each at its own moment, and seats come free in front of them. */
const lines = fc.array(
  fc.record({
    hours: fc.constantFrom(0.1, 0.2, 1),
    commands: fc.array(
      fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record<Command & { do: 'answer' }>({
            do: fc.constant('answer'),
            who,
            answer: fc.constantFrom('yes', 'yes', 'no'),
            mode,
            guests: fc.constant(0),
          }),
        },
        {
          weight: 2,
          arbitrary: fc.record<Command & { do: 'switch' }>({ do: fc.constant('switch'), who, mode }),
        },
        { weight: 1, arbitrary: fc.record<Command & { do: 'erase' }>({ do: fc.constant('erase'), who }) },
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  { minLength: 6, maxLength: 16 },
);

const clock = testClock('2026-11-02T09:00:00Z');

/** Lives through the rounds, and looks after each. */
async function live(
  plan: readonly Round[],
  event: {
    promotion: 'offer' | 'at_once';
    guestsAllowed: number;
    seatsRoom?: number;
    seatsOnline?: number;
  },
  look: (eventId: string, before: Row[], round: Round, ids: string[]) => Promise<void> | void,
) {
  const deps = testDeps(database.db, clock);
  clock.set('2026-11-02T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const members = await makeMembers(database.db, chapter.id, people);
  const ids = members.map(({ id }) => id);
  const { id: eventId } = await makeEvent(deps, chapter.id, {
    format: 'hybrid',
    seatsRoom: 3,
    seatsOnline: 2,
    maybeAllowed: true,
    startsAt: start,
    ...event,
  });
  for (const round of plan) {
    clock.advance(hours(round.hours));
    const before = await rowsOf(eventId);
    await Promise.all(round.commands.map((c) => run(deps, eventId, ids, c)));
    await look(eventId, before, round, ids);
  }
}

async function run(deps: Deps, eventId: string, ids: readonly string[], c: Command): Promise<unknown> {
  const source = 'link' as const;
  switch (c.do) {
    case 'answer': {
      const guests = Array.from({ length: c.guests }, (_, i) => ({ name: `Ospite ${i}` }));
      const personId = ids[c.who] as string;
      return answerInvitation(deps, { eventId, personId, answer: c.answer, mode: c.mode, guests, source });
    }
    case 'switch': {
      // Only of one who has said yes is a tap on it to be seen.
      const personId = ids[c.who] as string;
      const row = (await rowsOf(eventId)).find((one) => one.personId === personId);
      if (!row || !['going', 'offered', 'waitlisted'].includes(row.state)) return;
      return answerInvitation(deps, { eventId, personId, answer: 'yes', mode: c.mode, source });
    }
    case 'place':
      return changePlace(deps, { eventId, personId: ids[c.who] as string, action: c.action, actor });
    case 'seats':
      return changeEvent(
        deps,
        eventId,
        { seatsRoom: c.room, seatsOnline: c.online },
        { actor, notify: false },
      );
    case 'format':
      return changeEvent(deps, eventId, { format: c.format }, { actor, notify: true });
    case 'expire':
      return expireOffers(deps);
    case 'erase':
      return erasePerson(deps, ids[c.who] as string, actor);
  }
}

type Row = Awaited<ReturnType<typeof rowsOf>>[number];
async function rowsOf(eventId: string) {
  return database.db.selectFrom('rsvps').selectAll().where('eventId', '=', eventId).execute();
}
const eventOf = (eventId: string) =>
  database.db.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirstOrThrow();
const takenOf = (rows: readonly Row[], of: Mode) =>
  rows
    .filter((row) => row.mode === of && (row.state === 'going' || row.state === 'offered'))
    .reduce((sum, row) => sum + 1 + row.guests, 0);

async function checkSeats(eventId: string): Promise<void> {
  const [event, rows] = [await eventOf(eventId), await rowsOf(eventId)];
  for (const of of modes) {
    const limit = of === 'room' ? event.seatsRoom : event.seatsOnline;
    if (limit !== null) expect(takenOf(rows, of), `${of} seats taken`).toBeLessThanOrEqual(limit);
  }
  // Nobody who has an answer takes part in a way that the event has no longer.
  const offered = modesOf(event.format as Format);
  for (const row of rows)
    if (row.state !== 'declined' && row.state !== 'withdrawn') expect(offered).toContain(row.mode);
  // Nobody who fits waits while a seat of her mode is free, unless her last offer ran out or the last hour has begun.
  const now = clock();
  if (now.getTime() >= start.getTime() - hours(1)) return;
  for (const of of offered) {
    const limit = of === 'room' ? event.seatsRoom : event.seatsOnline;
    const lapsed = rows.some((row) => row.state === 'offered' && row.offerExpiresAt! <= now);
    if (limit === null || lapsed) continue;
    const free = limit - takenOf(rows, of);
    for (const row of rows)
      if (row.mode === of && row.state === 'waitlisted' && !row.offerLapsedAt)
        expect(1 + row.guests, 'a party that waits').toBeGreaterThan(free);
  }
}

/** Who had a seat and only ever asked for another mode has a seat: in the old mode or in the new one. */
function checkSwitches(
  before: readonly Row[],
  after: readonly Row[],
  round: Round,
  ids: readonly string[],
): void {
  for (const row of before.filter(({ state }) => state === 'going')) {
    const hers = round.commands.filter((c) => 'who' in c && ids[c.who] === row.personId);
    const onlySwitches = hers.every(
      (c) => c.do === 'switch' || (c.do === 'place' && (c.action === 'room' || c.action === 'online')),
    );
    if (!onlySwitches) continue;
    const now = after.find(({ personId }) => personId === row.personId);
    expect(now?.state, 'who only switched').toBe('going');
    expect(now?.guests, 'her guests').toBe(row.guests);
  }
}

test('seats of each mode hold whatever is answered, switched, moved, lowered, turned and erased side by side', {
  timeout: 180_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      rounds(fc.oneof({ weight: 6, arbitrary: command(2) }, { weight: 1, arbitrary: byCoordinator })),
      fc.constantFrom<'offer' | 'at_once'>('offer', 'at_once'),
      (plan, promotion) =>
        live(plan, { promotion, guestsAllowed: 2 }, async (eventId, before, round, ids) => {
          await checkSeats(eventId);
          checkSwitches(before, await rowsOf(eventId), round, ids);
        }),
    ),
    { numRuns: 25, endOnFailure: true },
  );
});

test('each line is first come, first served', { timeout: 180_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(lines, (plan) =>
      live(plan, { promotion: 'offer', guestsAllowed: 0, seatsRoom: 1, seatsOnline: 1 }, async (eventId) => {
        const rows = await rowsOf(eventId);
        for (const held of rows.filter(({ state }) => state === 'offered'))
          for (const waits of rows)
            if (waits.state === 'waitlisted' && waits.mode === held.mode && !waits.offerLapsedAt)
              expect(held.queuedAt!.getTime()).toBeLessThanOrEqual(waits.queuedAt!.getTime());
      }),
    ),
    { numRuns: 25, endOnFailure: true },
  );
});
