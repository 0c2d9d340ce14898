import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { changeMailing, moveMailingTo, sendMailingNow } from '../../server/mailings/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-16T10:00:00Z' });
const actor = { kind: 'system' } as const;
const start = new Date('2026-11-26T17:30:00Z');

const deed = fc.oneof(
  fc.constantFrom('hold', 'release', 'skip', 'restore', 'now', 'edit', 'wait'),
  fc.record({ move: fc.integer({ min: -24, max: 30 * 24 }), anyHour: fc.boolean() }),
);

test('whatever she does to a reminder, it reaches each person at most once, and never after the start', async () => {
  const { deps, clock, sink } = workers;
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 10 }), async (deeds) => {
      clock.set('2026-11-16T10:00:00Z');
      sink.clear();
      const chapter = await makeChapter(deps.db);
      const giulia = await makeMember(deps.db, chapter.id);
      const event = await makeEvent(deps, chapter.id, { startsAt: start });
      await answerInvitation(deps, {
        eventId: event.id,
        personId: giulia.id,
        answer: 'yes',
        source: 'link',
        mode: 'room',
      });
      await workers.settle();
      const { id } = await deps.db
        .selectFrom('mailings')
        .select('id')
        .where('eventId', '=', event.id)
        .where('kind', '=', 'reminder')
        .executeTakeFirstOrThrow();
      for (const [turn, what] of deeds.entries()) {
        const mailingIds = [id];
        if (typeof what === 'object') {
          const at = new Date(deps.clock().getTime() + what.move * 3_600_000);
          await moveMailingTo(deps, { eventId: event.id, mailingIds, at, anyHour: what.anyHour }, actor);
        } else if (what === 'now')
          await sendMailingNow(deps, { eventId: event.id, mailingIds, count: 1 }, actor);
        else if (what === 'edit')
          await changeEvent(deps, event.id, { venueName: `Sala ${turn}` }, { actor, notify: false });
        else if (what === 'wait') {
          if (deps.clock() < start) clock.advance(26 * 3_600_000);
          await workers.settle();
        } else await changeMailing(deps, event.id, mailingIds, what, actor);
      }
      for (const at of ['2026-11-25T12:00:00Z', '2026-11-26T17:00:00Z', '2026-11-26T18:00:00Z']) {
        if (deps.clock() < new Date(at)) clock.set(at);
        await workers.settle();
        await changeEvent(deps, event.id, { cost: at }, { actor, notify: false });
      }
      const reminders = await deps.db
        .selectFrom('deliveries')
        .select(['sentAt', 'state'])
        .where('eventId', '=', event.id)
        .where('kind', '=', 'reminder')
        .execute();
      expect(reminders.filter(({ state }) => state === 'sent').length).toBeLessThanOrEqual(1);
      for (const { sentAt } of reminders) if (sentAt) expect(sentAt.getTime()).toBeLessThan(start.getTime());
      const open = await deps.db
        .selectFrom('mailings')
        .select('id')
        .where('eventId', '=', event.id)
        .where('kind', '=', 'reminder')
        .where('state', 'in', ['planned', 'sending'])
        .execute();
      expect(open).toEqual([]);
    }),
    { numRuns: 25, interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
