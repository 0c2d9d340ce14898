import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({ now: '2026-11-02T09:00:00Z', senders: 2 });
const actor = { kind: 'system' } as const;
const linkNo = (number: number) => `https://incontri.example/canarino-${number}`;

/** What happens while the server hesitates over its 354, before any byte of the body has left. */
type Meanwhile = 'nothing' | 'switch' | 'give_up' | 'new_link';
const meanwhile: fc.Arbitrary<Meanwhile[]> = fc.array(
  fc.constantFrom<Meanwhile>('nothing', 'nothing', 'switch', 'switch', 'give_up', 'new_link'),
  { minLength: 2, maxLength: 8 },
);

test('a mail that leaves has the join link if its reader is confirmed online at that moment, and not otherwise', {
  timeout: 180_000,
}, async () => {
  const { deps, clock, sink } = workers;

  await fc.assert(
    fc.asyncProperty(meanwhile, async (plan) => {
      clock.set('2026-11-02T09:00:00Z');
      sink.hooks = {};
      const chapter = await makeChapter(deps.db);
      const members = await makeMembers(deps.db, chapter.id, 6);
      const startsAt = new Date('2026-11-12T17:30:00Z');
      const event = await makeEvent(deps, chapter.id, { format: 'hybrid', joinUrl: linkNo(0), startsAt });
      const modes = new Map<string, 'room' | 'online' | 'none'>();
      for (const [index, { id: personId, email }] of members.entries()) {
        const mode = index % 2 ? 'online' : 'room';
        await answerInvitation(deps, { eventId: event.id, personId, answer: 'yes', mode, source: 'link' });
        modes.set(email?.toLowerCase() as string, mode);
      }
      await workers.settle();
      sink.clear();

      const script = [...plan];
      let link = 0;
      const atFirstByte = new Map<string, { mode: string; link: string }>();
      const happen = async (what: Meanwhile, to: string) => {
        const personId = members.find(({ email }) => email?.toLowerCase() === to)?.id as string;
        const said = { eventId: event.id, personId, source: 'link' } as const;
        if (what === 'new_link') {
          link += 1;
          await changeEvent(deps, event.id, { joinUrl: linkNo(link) }, { actor, notify: false });
        }
        if (what === 'give_up') {
          await answerInvitation(deps, { ...said, answer: 'no' });
          modes.set(to, 'none');
        }
        if (what === 'switch' && modes.get(to) !== 'none') {
          const mode = modes.get(to) === 'room' ? 'online' : 'room';
          await answerInvitation(deps, { ...said, answer: 'yes', mode });
          modes.set(to, mode);
        }
      };
      // One at a time: what is true when the 354 is said is still true when the body begins.
      let turn: Promise<unknown> = Promise.resolve();
      sink.hooks.data = ({ to: [recipient = ''] }) => {
        const to = recipient.toLowerCase();
        if (!modes.has(to)) return undefined;
        turn = turn.then(async () => {
          await happen(script.shift() ?? 'nothing', to);
          atFirstByte.set(to, { mode: modes.get(to) as string, link: linkNo(link) });
        });
        return turn.then(() => undefined);
      };
      // The day before: to all who come, in one mailing.
      clock.set('2026-11-11T09:00:00Z');
      await workers.settle();
      for (const mail of sink.messages.filter(({ to }) => modes.has(to.toLowerCase()))) {
        const { mode, link: current } = atFirstByte.get(mail.to.toLowerCase()) ?? { mode: '', link: '' };
        const { text = '', html } = await mail.parsed();
        const found = new Set(`${text} ${html || ''}`.match(/https:\/\/incontri\.example\/canarino-\d+/g));
        // A later mail of hers may have left since: each is looked at with the last moment known.
        if (mail.header('X-Ritrovo-Kind') !== 'reminder') continue;
        expect([...found], `${mail.to}, ${mode}`).toEqual(mode === 'online' ? [current] : []);
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
