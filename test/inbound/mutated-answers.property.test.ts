import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { TryLater } from '../../server/inbound/replies.ts';
import { takeIn } from '../../server/inbound/service.ts';
import { names } from '../calendar/corpus.ts';
import { useService } from '../support/app.ts';
import { makeChapter } from '../support/factories.ts';
import { calendarEnv, type Her, organizer, useCalendars } from './calendar-world.ts';

/** A signed answer is turned into something else in every way that comes to mind: it is taken as it was, or not at all. */
const service = useService({ now: '2031-11-10T10:00:00+01:00', env: calendarEnv });
const world = useCalendars(service);
let her: Her;
const signed = new Map<string, string>();

beforeAll(async () => {
  const chapter = await makeChapter(service.db);
  her = await world.makeHer(chapter.id);
  // What her calendar says already: that it is taken whole changes nothing either.
  for (const name of names)
    signed.set(name, await world.sign(world.write(her, { partstat: 'TENTATIVE' }, name), world.own));
});

/** Her answer; her words beside it may become those of an answer that is hers. */
const standing = () =>
  service.db
    .selectFrom('rsvps')
    .select(['state', 'mode', 'guests', 'source', 'answeredAt'])
    .where('eventId', '=', her.eventId)
    .execute();

type Edit = { at: number; gone: number; put: string };
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  gone: fc.nat({ max: 60 }),
  put: fc.oneof(
    fc.constantFrom(
      'ACCEPTED',
      'DECLINED',
      'METHOD:REPLY\r\n',
      'ATTENDEE;PARTSTAT=ACCEPTED:mailto:x@example.org\r\n',
      'SEQUENCE:99\r\n',
      '\r\n\r\n',
      'From: x@evil.example\r\n',
      'Content-Type: text/calendar; method=REPLY\r\n',
      'BEGIN:VCALENDAR\r\n',
      'END:VEVENT\r\n',
      '--',
      '=',
      '\0',
    ),
    fc.string({ maxLength: 12 }),
  ),
});

test('no mutation of an answer throws, and none changes what she said', async () => {
  const before = await standing();
  const deps = { ...service.deps, resolve: world.dns.resolve };
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (name, edits, isYes) => {
        let raw = signed.get(name) as string;
        // A yes that is worth having: the words of the answer itself are changed first.
        if (isYes) raw = raw.replace('PARTSTAT=TENTATIVE', 'PARTSTAT=ACCEPTED');
        for (const { at, gone, put } of edits) {
          const where = at % (raw.length + 1);
          raw = raw.slice(0, where) + put + raw.slice(where + gone);
        }
        await takeIn(deps, { from: 'x@example.net', to: organizer }, Buffer.from(raw, 'latin1')).catch(
          (error: unknown) => {
            if (!(error instanceof TryLater)) throw error;
          },
        );
        expect(await standing()).toEqual(before);
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

test('nor do octets that are no mail at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), async (octets) => {
      await takeIn(service.deps, { from: '', to: organizer }, Buffer.from(octets));
    }),
    { numRuns: 150 },
  );
});
