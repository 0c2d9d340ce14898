import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeMailing } from '../../server/mailings/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-02T09:00:00Z', senders: 2 });

/** What is said about who was there, before the thanks leave and while they do. */
type Said =
  | { do: 'seen' | 'not_seen'; who: number }
  | { do: 'complete' | 'incomplete'; mode: 'room' | 'online' };

const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ do: fc.constantFrom('seen' as const, 'seen' as const, 'not_seen' as const), who: fc.nat(5) }),
  fc.record({
    do: fc.constantFrom('complete' as const, 'complete' as const, 'incomplete' as const),
    mode: fc.constantFrom('room' as const, 'online' as const),
  }),
);
const answers = fc.array(fc.constantFrom('room', 'online', 'no', 'none'), { minLength: 6, maxLength: 6 });

test('nobody is told that she came, or that she was missed, unless somebody said so', {
  timeout: 180_000,
}, async () => {
  const { deps, clock, sink } = workers;
  const chapter = await makeChapter(deps.db);
  const members = await makeMembers(deps.db, chapter.id, 6);

  await fc.assert(
    fc.asyncProperty(
      answers,
      fc.array(said, { maxLength: 10 }),
      fc.array(fc.option(said, { freq: 2 }), { maxLength: 6 }),
      // A coordinator may hold some of the four back, and let them go when she has said more.
      fc.subarray(['thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined']),
      fc.array(said, { maxLength: 4 }),
      async (given, before, during, held, after) => {
        clock.set('2026-11-02T09:00:00Z');
        sink.hooks = {};
        const event = await makeEvent(deps, chapter.id, {
          format: 'hybrid',
          startsAt: new Date('2026-11-12T17:30:00Z'),
          endsAt: new Date('2026-11-12T19:30:00Z'),
        });
        for (const [who, answer] of given.entries()) {
          if (answer === 'none') continue;
          await answerInvitation(deps, {
            eventId: event.id,
            personId: members[who]!.id,
            answer: answer === 'no' ? 'no' : 'yes',
            ...(answer !== 'no' && { mode: answer as 'room' }),
            source: 'link',
          });
        }
        clock.set('2026-11-12T21:00:00Z');
        await workers.settle();
        for (const what of before) await say(event.id, what);
        sink.clear();
        const thanks = await deps.db
          .selectFrom('mailings')
          .select('id')
          .where('eventId', '=', event.id)
          .where('kind', 'in', held.length > 0 ? held : ['none'])
          .execute();
        for (const { id } of thanks) await changeMailing(deps, event.id, [id], 'hold', { kind: 'system' });

        const known = new Map<string, { seen: boolean; going: boolean; complete: boolean }>();
        const script = [...during];
        let turn: Promise<unknown> = Promise.resolve();
        sink.hooks.data = ({ to: [to = ''] }) => {
          turn = turn.then(async () => {
            const next = script.shift();
            if (next) await say(event.id, next);
            known.set(to.toLowerCase(), await whatIsKnown(event.id, to));
          });
          return turn.then(() => undefined);
        };
        clock.set('2026-11-13T09:00:00Z');
        await workers.settle();
        for (const what of after) await say(event.id, what);
        for (const { id } of thanks) await changeMailing(deps, event.id, [id], 'release', { kind: 'system' });
        await workers.settle();

        const perPerson = new Map<string, string[]>();
        for (const mail of sink.messages) {
          const kind = mail.header('X-Ritrovo-Kind') ?? '';
          const to = mail.to.toLowerCase();
          perPerson.set(to, [...(perPerson.get(to) ?? []), kind]);
          const then = known.get(to)!;
          if (kind === 'thanks_attended') expect(then).toMatchObject({ seen: true, complete: true });
          if (kind === 'thanks_missed')
            expect(then).toMatchObject({ seen: false, going: true, complete: true });
          if (kind === 'thanks') expect(then.seen || then.going).toBe(true);
          if (kind === 'thanks_declined') expect(then).toMatchObject({ seen: false, going: false });
        }
        for (const kinds of perPerson.values()) expect(kinds).toHaveLength(1);
      },
    ),
    { numRuns: 25 },
  );

  async function say(eventId: string, what: Said): Promise<void> {
    if ('mode' in what) {
      const at = what.do === 'complete' ? clock() : null;
      await deps.db
        .updateTable('events')
        .set(what.mode === 'room' ? { roomCompleteAt: at } : { onlineCompleteAt: at })
        .where('id', '=', eventId)
        .execute();
    } else if (what.do === 'seen') {
      await deps.db
        .insertInto('attendance')
        .values({
          eventId,
          personId: members[what.who]!.id,
          chapterId: chapter.id,
          mode: 'room',
          recordedAt: clock(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    } else {
      await deps.db
        .deleteFrom('attendance')
        .where('eventId', '=', eventId)
        .where('personId', '=', members[what.who]!.id)
        .execute();
    }
  }

  async function whatIsKnown(eventId: string, to: string) {
    const event = await deps.db
      .selectFrom('events')
      .selectAll()
      .where('id', '=', eventId)
      .executeTakeFirstOrThrow();
    const person = await deps.db
      .selectFrom('people')
      .leftJoin('rsvps', (join) =>
        join.onRef('rsvps.personId', '=', 'people.id').on('rsvps.eventId', '=', eventId),
      )
      .leftJoin('attendance', (join) =>
        join.onRef('attendance.personId', '=', 'people.id').on('attendance.eventId', '=', eventId),
      )
      .select(['rsvps.state', 'rsvps.mode', 'attendance.mode as seenAs'])
      .where('people.email', '=', to)
      .executeTakeFirstOrThrow();
    const mode = person.seenAs ?? person.mode;
    const complete =
      mode === 'room' ? event.roomCompleteAt : mode === 'online' ? event.onlineCompleteAt : null;
    return { seen: person.seenAs !== null, going: person.state === 'going', complete: complete !== null };
  }
});
