import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Deps } from '../../server/deps.ts';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { answerInvitation, expireOffers } from '../../server/rsvps/service.ts';
import { hours, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const database = useDatabase();
const actor = { kind: 'system' } as const;

type Command =
  | { do: 'answer'; who: number; answer: 'yes' | 'maybe' | 'no'; mode: 'room' | 'online'; guests: number }
  | { do: 'capacity'; room: number | null; online: number | null }
  | { do: 'expire' }
  | { do: 'move'; hours: number }
  | { do: 'cancel' };

const people = 8;
const answer: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('answer' as const),
  who: fc.nat(people - 1),
  answer: fc.constantFrom('yes', 'yes', 'yes', 'no', 'no', 'maybe'),
  mode: fc.constantFrom('room', 'online'),
  guests: fc.nat(2),
});
const seats = fc.option(fc.nat(5), { freq: 8 });
const capacity: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('capacity' as const),
  room: seats,
  online: seats,
});
const expire: fc.Arbitrary<Command> = fc.constant({ do: 'expire' });
const move: fc.Arbitrary<Command> = fc.record({
  do: fc.constant('move' as const),
  hours: fc.integer({ min: 1, max: 48 }),
});
const cancel: fc.Arbitrary<Command> = fc.constant({ do: 'cancel' });
const command = fc.oneof(
  { weight: 12, arbitrary: answer },
  { weight: 3, arbitrary: capacity },
  { weight: 2, arbitrary: expire },
  { weight: 1, arbitrary: move },
);
/** Rounds of commands that run side by side; between rounds time passes. */
const rounds = fc.array(
  fc.record({
    hours: fc.constantFrom(0, 0, 1, 5, 26),
    commands: fc.array(command, { minLength: 1, maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('seats taken never exceed the seats of a mode, whatever happens side by side', {
  timeout: 120_000,
}, async () => {
  const clock = testClock('2026-11-02T09:00:00Z');
  const deps = testDeps(database.db, clock);
  const chapter = await makeChapter(database.db);
  const members = await makeMembers(database.db, chapter.id, people);

  await fc.assert(
    fc.asyncProperty(
      rounds,
      fc.option(cancel),
      fc.constantFrom('offer', 'at_once'),
      async (plan, last, promotion) => {
        clock.set('2026-11-02T09:00:00Z');
        const event = await makeEvent(deps, chapter.id, {
          format: 'hybrid',
          seatsRoom: 3,
          seatsOnline: 2,
          guestsAllowed: 2,
          maybeAllowed: true,
          promotion: promotion as 'offer',
          startsAt: new Date('2026-11-05T17:30:00Z'),
        });
        for (const round of [...plan, ...(last ? [{ hours: 0, commands: [last] }] : [])]) {
          clock.advance(hours(round.hours));
          await Promise.all(round.commands.map((c) => run(deps, event.id, members, c)));
          await checkSeats(event.id);
          await checkQueue(event.id, clock());
        }
      },
    ),
    { numRuns: 40 },
  );
});

async function run(deps: Deps, eventId: string, members: { id: string }[], c: Command): Promise<void> {
  switch (c.do) {
    case 'answer': {
      const guests = Array.from({ length: c.guests }, (_, i) => ({ name: `Ospite ${i}` }));
      const personId = members[c.who]!.id;
      await answerInvitation(deps, {
        eventId,
        personId,
        answer: c.answer,
        mode: c.mode,
        guests,
        source: 'link',
      });
      return;
    }
    case 'capacity':
      await changeEvent(
        deps,
        eventId,
        { seatsRoom: c.room, seatsOnline: c.online },
        { actor, notify: false },
      );
      return;
    case 'expire':
      await expireOffers(deps);
      return;
    case 'move': {
      const startsAt = new Date(Date.parse('2026-11-05T17:30:00Z') + hours(c.hours));
      const endsAt = new Date(startsAt.getTime() + hours(2));
      await changeEvent(deps, eventId, { startsAt, endsAt }, { actor, notify: true });
      return;
    }
    case 'cancel':
      await cancelEvent(deps, eventId, { actor, reason: null, notify: true });
  }
}

async function checkSeats(eventId: string): Promise<void> {
  const { db } = database;
  const event = await db.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirstOrThrow();
  const rows = await db.selectFrom('rsvps').selectAll().where('eventId', '=', eventId).execute();
  for (const [mode, seats] of [
    ['room', event.seatsRoom],
    ['online', event.seatsOnline],
  ] as const) {
    const taken = rows
      .filter((row) => row.mode === mode && (row.state === 'going' || row.state === 'offered'))
      .reduce((sum, row) => sum + 1 + row.guests, 0);
    if (seats !== null) expect(taken, `${mode} seats taken`).toBeLessThanOrEqual(seats);
  }
  // The names of the guests and the seats they take never part company.
  const named = await db.selectFrom('rsvpGuests').selectAll().where('eventId', '=', eventId).execute();
  for (const row of rows) {
    expect(named.filter((guest) => guest.personId === row.personId)).toHaveLength(row.guests);
  }
}

/** Nobody who fits waits while a seat is free, unless her last offer ran out or the last hour has begun. */
async function checkQueue(eventId: string, now: Date): Promise<void> {
  const { db } = database;
  const event = await db.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirstOrThrow();
  if (event.state !== 'published' || now.getTime() >= event.startsAt.getTime() - hours(1)) return;
  const rows = await db.selectFrom('rsvps').selectAll().where('eventId', '=', eventId).execute();
  for (const [mode, seats] of [
    ['room', event.seatsRoom],
    ['online', event.seatsOnline],
  ] as const) {
    const lapsedHolds = rows.some((row) => row.state === 'offered' && row.offerExpiresAt! <= now);
    if (seats === null || lapsedHolds) continue;
    const taken = rows
      .filter((row) => row.mode === mode && (row.state === 'going' || row.state === 'offered'))
      .reduce((sum, row) => sum + 1 + row.guests, 0);
    const waiting = rows.filter(
      (row) => row.mode === mode && row.state === 'waitlisted' && !row.offerLapsedAt,
    );
    for (const row of waiting) expect(1 + row.guests, 'a party that waits').toBeGreaterThan(seats - taken);
  }
}
