import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Deps } from '../../server/deps.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const database = useDatabase();
const clock = testClock('2026-11-10T09:00:00Z');
const actor = { kind: 'cli' } as const;

/** Who says what, to which of two events; and what has become of each mail when the two become one. */
const step = fc.record({
  who: fc.constantFrom('kept', 'gone', 'other', 'third'),
  event: fc.constantFrom(0, 1),
  answer: fc.constantFrom('yes', 'yes', 'yes', 'no', 'maybe'),
  mode: fc.constantFrom('room', 'online'),
  guests: fc.integer({ min: 0, max: 2 }),
});
const fate = fc.constantFrom('sent', 'queued', 'failed', 'unknown', 'retry', 'data', 'pre');
const seen = fc.record({
  who: fc.constantFrom('kept', 'gone'),
  event: fc.constantFrom(0, 1),
  mode: fc.constantFrom('room', 'online'),
});

const fates: Record<string, object> = {
  sent: { state: 'sent', nextAttemptAt: null, sentAt: new Date('2026-11-10T08:00:00Z') },
  queued: {},
  failed: { state: 'failed', nextAttemptAt: null, failedAt: new Date('2026-11-10T08:00:00Z') },
  unknown: { state: 'unknown', nextAttemptAt: null },
  retry: { state: 'unknown' },
  data: { state: 'sending', phase: 'data', nextAttemptAt: null },
  pre: { state: 'sending', phase: 'pre', nextAttemptAt: null },
};

test('merging loses no answer, attendance or mail, and takes no seat that was not taken', {
  timeout: 180_000,
}, async () => {
  const deps: Deps = testDeps(database.db, clock);
  const chapter = await makeChapter(deps.db);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 10 }),
      fc.array(fate, { minLength: 1, maxLength: 6 }),
      fc.array(seen, { maxLength: 3 }),
      async (steps, mails, presences) => {
        const people: Record<string, { id: string; email: string | null }> = {};
        for (const name of ['kept', 'gone', 'other', 'third'])
          people[name] = await makeMember(deps.db, chapter.id, { firstName: name });
        const id = (name: string) => people[name]?.id as string;
        const events = [];
        for (let i = 0; i < 2; i += 1) {
          events.push(
            await makeEvent(deps, chapter.id, {
              format: 'hybrid',
              joinUrl: 'https://meet.example.org/x',
              seatsRoom: 3,
              seatsOnline: 2,
              guestsAllowed: 2,
              maybeAllowed: true,
            }),
          );
        }
        await runOverdueMailings(deps);
        for (const { who, event, answer, mode, guests } of steps) {
          clock.advance(60_000);
          await answerInvitation(deps, {
            eventId: events[event]?.id as string,
            personId: id(who),
            answer: answer as 'yes',
            mode: mode as 'room',
            guests: Array.from({ length: guests }, (_, i) => ({ name: `Ospite ${i}` })),
            source: 'link',
          });
        }
        for (const { who, event, mode } of presences) {
          await deps.db
            .insertInto('attendance')
            .values({
              eventId: events[event]?.id as string,
              personId: id(who),
              chapterId: chapter.id,
              mode,
              recordedAt: clock(),
            })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
        const both = [id('kept'), id('gone')];
        const ledger = await deps.db
          .selectFrom('deliveries')
          .select('id')
          .where('personId', 'in', both)
          .orderBy('id')
          .execute();
        for (const [index, row] of ledger.entries()) {
          const changes = fates[mails[index % mails.length] as string] as object;
          if (Object.keys(changes).length === 0) continue;
          await deps.db.updateTable('deliveries').set(changes).where('id', '=', row.id).execute();
        }

        const before = await stateOf(
          both,
          events.map(({ id }) => id),
        );
        const merged = await mergePeople(deps, {
          keptId: id('kept'),
          goneId: id('gone'),
          reach: { chapterIds: [chapter.id], isAdministrator: false },
          chapterId: chapter.id,
          actor,
        });
        expect(merged).toEqual({ ok: true });
        const after = await stateOf(
          both,
          events.map(({ id }) => id),
        );

        // Seats: never more than there are, and nobody else lost hers.
        for (const { room, online } of after.seats) {
          expect(room).toBeLessThanOrEqual(3);
          expect(online).toBeLessThanOrEqual(2);
        }
        const places = ['withdrawn', 'declined', 'maybe', 'waitlisted', 'offered', 'going'];
        for (const other of before.others) {
          const now = after.others.find((row) => row.key === other.key);
          expect(places.indexOf(now?.state as string)).toBeGreaterThanOrEqual(places.indexOf(other.state));
        }
        // Whatever one of them had, the one who stayed has, once.
        const whose = (rows: { personId: string }[]) => new Set(rows.map((row) => row.personId));
        for (const rows of [after.invitations, after.answers, after.attendance, after.history])
          expect(whose(rows).has(id('gone'))).toBe(false);
        const eventsOf = (rows: { eventId: string }[]) => [...new Set(rows.map((row) => row.eventId))].sort();
        expect(eventsOf(after.invitations)).toEqual(eventsOf(before.invitations));
        expect(eventsOf(after.answers)).toEqual(eventsOf(before.answers));
        expect(eventsOf(after.attendance)).toEqual(eventsOf(before.attendance));
        // Each of the answers that stands is one that she gave, and the history ends with it.
        for (const answer of after.answers) {
          const given = before.answers.filter((row) => row.eventId === answer.eventId);
          const seatless = (row: { state: string }) =>
            ['offered', 'going'].includes(row.state) ? 'waitlisted' : row.state;
          expect(given.map(seatless)).toContain(seatless(answer));
          const last = after.history.filter((row) => row.eventId === answer.eventId).at(-1);
          expect(last?.state).toBe(answer.state);
        }
        const ids = (rows: { id: string }[]) => rows.map((row) => row.id);
        expect(ids(after.history)).toEqual(expect.arrayContaining(ids(before.history)));
        expect(ids(after.mails)).toEqual(expect.arrayContaining(ids(before.mails)));

        // No mail leaves for the row given up, and none that reached one of them leaves again.
        const open = after.mails.filter((mail) => mail.nextAttemptAt !== null || mail.phase === 'pre');
        expect(whose(open).has(id('gone'))).toBe(false);
        for (const mail of open) {
          const reached = after.mails.filter(
            (other) =>
              other.mailingId === mail.mailingId &&
              other.id !== mail.id &&
              (other.state === 'sent' || other.phase === 'data' || other.nextAttemptAt !== null),
          );
          expect(reached).toEqual([]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

async function stateOf(both: string[], eventIds: string[]) {
  const { db } = database;
  const of = (table: 'invitations' | 'rsvps' | 'attendance' | 'rsvpHistory') =>
    db.selectFrom(table).selectAll().where('personId', 'in', both).where('eventId', 'in', eventIds);
  const seats = await sql<{ room: number; online: number }>`
    select coalesce(sum(1 + guests) filter (where mode = 'room'), 0)::int as room,
      coalesce(sum(1 + guests) filter (where mode = 'online'), 0)::int as online
    from rsvps where event_id = any (${eventIds}::uuid[]) and state in ('going', 'offered') group by event_id`.execute(
    db,
  );
  const others = await db
    .selectFrom('rsvps')
    .select(['eventId', 'personId', 'state'])
    .where('eventId', 'in', eventIds)
    .where('personId', 'not in', both)
    .execute();
  type Answered = { personId: string; eventId: string; state: string };
  return {
    invitations: await of('invitations').execute(),
    answers: (await of('rsvps').execute()) as unknown as Answered[],
    attendance: await of('attendance').execute(),
    history: (await of('rsvpHistory').orderBy('id').execute()) as unknown as (Answered & { id: string })[],
    mails: await db.selectFrom('deliveries').selectAll().where('personId', 'in', both).execute(),
    seats: seats.rows,
    others: others.map((row) => ({ key: row.eventId + row.personId, state: row.state })),
  };
}
