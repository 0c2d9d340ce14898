import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { takeReport } from '../../server/attendance/door.ts';
import { completeAttendance, markPresent, unmarkPresent } from '../../server/attendance/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
const actor = { kind: 'system' } as const;
type Mode = 'room' | 'online';

/** `late`: a phone without a network reports what it noted during the evening. */
type Step =
  | { by: 'herself'; says: Mode | 'no' }
  | { by: 'desk'; says: Mode | 'no' }
  | { by: 'late'; says: Mode | 'no'; minute: number }
  | { by: 'close'; mode: Mode };

const says = fc.constantFrom<Mode | 'no'>('room', 'online', 'no');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ by: fc.constant('herself' as const), says }) },
  { weight: 2, arbitrary: fc.record({ by: fc.constant('desk' as const), says }) },
  {
    weight: 2,
    arbitrary: fc.record({
      by: fc.constant('late' as const),
      says,
      minute: fc.integer({ min: 0, max: 119 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by: fc.constant('close' as const),
      mode: fc.constantFrom<Mode>('room', 'online'),
    }),
  },
);

test('her own word never outweighs the door or the desk, in whatever order they are heard', {
  timeout: 120_000,
}, async () => {
  const chapter = await makeChapter(site.db);
  const giulia = await makeMember(site.db, chapter.id);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      site.clock.set('2031-11-10T10:00:00+01:00');
      const start = new Date('2031-11-12T18:30:00+01:00');
      const { id: eventId } = await makeEvent(site.deps, chapter.id, { format: 'hybrid', startsAt: start });
      const of = { eventId, personId: giulia.id };
      await answerInvitation(site.deps, { ...of, answer: 'yes', mode: 'room', source: 'link' });
      const path = await site.feedbackLinkOf(eventId, giulia.id);
      site.clock.set('2031-11-13T10:00:00+01:00');
      /** What the door and the desk said: the latest tap, by when it was tapped. */
      let told: { at: number; says: Mode | 'no' } | null = null;
      const complete = new Set<Mode>();
      for (const one of steps) {
        site.clock.advance(60_000);
        const now = site.clock().getTime();
        const before = await presence(eventId, giulia.id);
        if (one.by === 'herself') {
          await site.post(path, { presence: one.says });
          if (told || (before && complete.has(before as Mode)))
            expect(await presence(eventId, giulia.id)).toBe(before);
          else if (one.says === 'no') expect(await presence(eventId, giulia.id)).toBeNull();
        } else if (one.by === 'desk') {
          if (one.says === 'no') await unmarkPresent(site.deps, { ...of, mode: null }, actor);
          else await markPresent(site.deps, { ...of, mode: one.says }, actor);
          told = { at: now, says: one.says };
        } else if (one.by === 'late') {
          const at = start.getTime() + one.minute * 60_000;
          const mark = { sequence: 1, at, mode: one.says === 'no' ? null : one.says, personId: giulia.id };
          await takeReport(site.deps, { eventId, device: randomUUID(), sentAt: now, marks: [mark] }, actor);
          if (!told || at > told.at) told = { at, says: one.says };
          else if (at === told.at) return;
        } else {
          await completeAttendance(site.deps, { eventId, mode: one.mode }, actor);
          complete.add(one.mode);
        }
        if (told) expect(await presence(eventId, giulia.id)).toBe(told.says === 'no' ? null : told.says);
      }
    }),
    { numRuns: 40 },
  );
});

async function presence(eventId: string, personId: string): Promise<string | null> {
  const row = await site.db
    .selectFrom('attendance')
    .select('mode')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row?.mode ?? null;
}
