import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-02T09:00:00Z', senders: 2 });
const actor = { kind: 'system' } as const;

/** What happens while the server hesitates over its 354, before any byte of the body has left. */
type Meanwhile =
  | 'nothing'
  | 'cancel'
  | 'move_place'
  | 'postpone'
  | 'she_declines'
  | 'she_opts_out'
  | 'her_address_changes';

const meanwhile: fc.Arbitrary<Meanwhile[]> = fc.array(
  fc.constantFrom<Meanwhile>(
    'nothing',
    'nothing',
    'nothing',
    'cancel',
    'move_place',
    'postpone',
    'she_declines',
    'she_opts_out',
    'her_address_changes',
  ),
  { minLength: 1, maxLength: 8 },
);

test('no reminder leaves for what was cancelled, moved or declined before its first byte', {
  timeout: 180_000,
}, async () => {
  const { deps, clock, sink } = workers;

  await fc.assert(
    fc.asyncProperty(meanwhile, async (plan) => {
      clock.set('2026-11-02T09:00:00Z');
      sink.clear();
      sink.hooks = {};
      const chapter = await makeChapter(deps.db);
      const members = await makeMembers(deps.db, chapter.id, 5);
      const event = await makeEvent(deps, chapter.id, {
        startsAt: new Date('2026-11-12T17:30:00Z'),
        endsAt: new Date('2026-11-12T19:30:00Z'),
      });
      for (const { id: personId } of members) {
        await answerInvitation(deps, { eventId: event.id, personId, answer: 'yes', source: 'link' });
      }
      await workers.settle();
      sink.clear();

      const truth = {
        cancelled: false,
        place: 'Enoteca Storica',
        postponed: false,
        silent: new Set<string>(),
      };
      const addresses = new Map(members.map((member) => [member.email?.toLowerCase() as string, member.id]));
      const script = [...plan];
      const atFirstByte = new Map<
        string,
        { cancelled: boolean; place: string; postponed: boolean; silent: boolean }
      >();
      const happen = async (what: Meanwhile, to: string) => {
        const personId = addresses.get(to) as string;
        switch (what) {
          case 'nothing':
            return;
          case 'cancel':
            await cancelEvent(deps, event.id, { actor, reason: null, notify: false });
            truth.cancelled = true;
            return;
          case 'move_place': {
            const venueName = `Sala ${script.length}`;
            const moved = await changeEvent(deps, event.id, { venueName }, { actor, notify: false });
            if (moved.ok) truth.place = venueName;
            return;
          }
          case 'postpone': {
            const times = {
              startsAt: new Date('2026-11-19T17:30:00Z'),
              endsAt: new Date('2026-11-19T19:30:00Z'),
            };
            const moved = await changeEvent(deps, event.id, times, { actor, notify: false });
            if (moved.ok) truth.postponed = true;
            return;
          }
          case 'she_declines':
            await answerInvitation(deps, { eventId: event.id, personId, answer: 'no', source: 'link' });
            truth.silent.add(to);
            return;
          case 'she_opts_out':
            await deps.db
              .insertInto('preferences')
              .values({ chapterId: chapter.id, personId, topic: 'reminder' })
              .onConflict((conflict) => conflict.doNothing())
              .execute();
            truth.silent.add(to);
            return;
          case 'her_address_changes': {
            const fresh = `nuova${script.length}.${personId}@example.org`;
            await deps.db.updateTable('people').set({ email: fresh }).where('id', '=', personId).execute();
            truth.silent.add(to);
            addresses.set(fresh, personId);
          }
        }
      };
      // One at a time: what is true when the 354 is said is still true when the body begins.
      let turn: Promise<unknown> = Promise.resolve();
      sink.hooks.data = ({ to: [recipient = ''] }) => {
        const to = recipient.toLowerCase();
        // The coordinator is nudged on the same day; this is not about her.
        if (!addresses.has(to)) return undefined;
        turn = turn.then(async () => {
          await happen(script.shift() ?? 'nothing', to);
          atFirstByte.set(to, { ...truth, silent: truth.silent.has(to) });
        });
        return turn.then(() => undefined);
      };

      clock.set('2026-11-11T09:00:00Z');
      await workers.settle();

      const reminders = sink.messages.filter((mail) => mail.header('X-Ritrovo-Kind') === 'reminder');
      for (const mail of reminders) {
        const then = atFirstByte.get(mail.to.toLowerCase())!;
        expect(then, 'when the first byte left').toMatchObject({
          cancelled: false,
          postponed: false,
          silent: false,
        });
        expect((await mail.parsed()).text).toContain(then.place);
      }
      const ledger = await deps.db
        .selectFrom('deliveries')
        .innerJoin('mailings', 'mailings.id', 'deliveries.mailingId')
        .select(['deliveries.state', 'deliveries.reason', 'deliveries.personId'])
        .where('mailings.eventId', '=', event.id)
        .where('mailings.kind', '=', 'reminder')
        .execute();
      for (const { state } of ledger) expect(['sent', 'skipped', 'suppressed']).toContain(state);
      expect(reminders).toHaveLength(ledger.filter(({ state }) => state === 'sent').length);
    }),
    { numRuns: 25 },
  );
});
