import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cancelEvent, changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { calendarIn, mailsTo } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { calendarStore } from '../support/calendar-store.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({
  now: '2031-01-10T10:00:00+01:00',
  env: { BOUNCE_DOMAIN: 'bounces.example', INBOUND_SMTP_PORT: '2525' },
});
const actor = { kind: 'system' } as const;

type Step = { do: string; settle: boolean; wait: number };
const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    ...[
      'yes',
      'no',
      'maybe',
      'online',
      'room',
      'later',
      'elsewhere',
      'back',
      'title',
      'link',
      'other yes',
      'other no',
    ],
    ...['full', 'roomy', 'cancel'],
  ),
  settle: fc.boolean(),
  // Often nothing: two changes in one second are told apart, too.
  wait: fc.constantFrom(0, 0, 400, 60_000, 3_600_000),
});

test('each word to her calendar is newer than the one before, whatever changes in whatever order, and the last one is right', {
  timeout: 240_000,
}, async () => {
  const { db, deps, clock } = service;
  const chapter = await makeChapter(db);
  await db.updateTable('chapters').set({ invitationInCalendar: true }).where('id', '=', chapter.id).execute();
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 9 }), async (steps) => {
      const her = await makeMember(db, chapter.id);
      const other = await makeMember(db, chapter.id, { firstName: 'Altra' });
      const event = await makeEvent(deps, chapter.id, {
        format: 'hybrid',
        seatsRoom: 2,
        maybeAllowed: true,
        // A start has no fractions of a second, nor has a calendar.
        startsAt: new Date(Math.floor(clock().getTime() / 60_000) * 60_000 + 20 * 86_400_000),
      });
      await service.settle();
      const of = (personId: string) => ({ eventId: event.id, personId, source: 'link' }) as const;
      const change = (changes: Parameters<typeof changeEvent>[2]) =>
        changeEvent(deps, event.id, changes, { actor, notify: true });
      let count = 0;
      const acts: Record<string, () => Promise<unknown>> = {
        yes: () => answerInvitation(deps, { ...of(her.id), answer: 'yes' }),
        no: () => answerInvitation(deps, { ...of(her.id), answer: 'no' }),
        maybe: () => answerInvitation(deps, { ...of(her.id), answer: 'maybe' }),
        online: () => answerInvitation(deps, { ...of(her.id), answer: 'yes', mode: 'online' }),
        room: () => answerInvitation(deps, { ...of(her.id), answer: 'yes', mode: 'room' }),
        later: async () => {
          const row = await find();
          const by = (at: Date) => new Date(at.getTime() + 1_800_000);
          return change({ startsAt: by(row.startsAt), endsAt: by(row.endsAt) });
        },
        elsewhere: () => change({ venueName: `Sala ${count}` }),
        back: () => change({ venueName: 'Enoteca Storica' }),
        title: () => change({ title: `Aperitivo ${count}` }),
        link: () => change({ joinUrl: `https://meet.example.org/${count}` }),
        'other yes': () => answerInvitation(deps, { ...of(other.id), answer: 'yes', mode: 'room' }),
        'other no': () => answerInvitation(deps, { ...of(other.id), answer: 'no' }),
        full: () => change({ seatsRoom: 1 }),
        roomy: () => change({ seatsRoom: 3 }),
        cancel: () => cancelEvent(deps, event.id, { actor, reason: null, notify: true }),
      };
      const find = () =>
        db.selectFrom('events').selectAll().where('id', '=', event.id).executeTakeFirstOrThrow();
      for (const { do: what, settle, wait } of steps) {
        count += 1;
        clock.advance(wait);
        await acts[what]?.();
        if (settle) await service.settle();
      }
      clock.advance(12 * 3_600_000);
      await service.settle();

      const store = calendarStore();
      const words: { sequence: number; stamp: string; method: string }[] = [];
      for (const mail of mailsTo(service, her.email as string)) {
        const text = await calendarIn(mail);
        if (!text) continue;
        const { counted, method, uid, entry } = store.take(text);
        const before = words.at(-1);
        expect(uid).toMatch(/@localhost$/);
        expect(counted).toBe(true);
        if (before) {
          expect(entry.stamp > before.stamp, `${entry.stamp} after ${before.stamp}`).toBe(true);
          expect(entry.sequence).toBeGreaterThanOrEqual(before.sequence);
          if ((method === 'CANCEL') !== (before.method === 'CANCEL'))
            expect(entry.sequence).toBeGreaterThan(before.sequence);
        }
        words.push({ sequence: entry.sequence, stamp: entry.stamp, method });
        seen += 1;
      }
      const row = await find();
      const rsvp = await db
        .selectFrom('rsvps')
        .select(['state', 'mode'])
        .where('eventId', '=', event.id)
        .where('personId', '=', her.id)
        .executeTakeFirst();
      const shown = store.entries();
      const partstats: Record<string, string> = { going: 'ACCEPTED', declined: '', withdrawn: '' };
      const partstat =
        row.state === 'cancelled' ? '' : rsvp ? (partstats[rsvp.state] ?? 'TENTATIVE') : 'NEEDS-ACTION';
      if (partstat === '') expect(shown).toEqual([]);
      // Who waits has an entry if she had one when she began to wait.
      else if (rsvp?.state === 'waitlisted' || rsvp?.state === 'offered') {
        expect(shown.length).toBeLessThanOrEqual(1);
        for (const entry of shown) expect(entry.partstat).toBe('TENTATIVE');
      } else {
        expect(shown).toMatchObject([
          {
            partstat,
            startsAt: row.startsAt.toISOString(),
            ...(rsvp?.mode !== 'online' && { location: expect.stringContaining(row.venueName ?? '') }),
          },
        ]);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
  expect(seen).toBeGreaterThan(15);
});
