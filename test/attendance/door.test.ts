import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type ReportedMark, takeReport } from '../../server/attendance/door.ts';
import { tapTime } from '../../server/attendance/rules.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-26T10:00:00Z' });
const startsAt = new Date('2026-11-26T17:30:00Z');
const phones = ['aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002'];
let chapter: Awaited<ReturnType<typeof makeChapter>>;
const people: { id: string; firstName: string }[] = [];

beforeAll(async () => {
  chapter = await makeChapter(service.db);
  for (const firstName of ['Ada', 'Bea', 'Carla'])
    people.push(await makeMember(service.db, chapter.id, { firstName }));
});

type Tap = { phone: number; subject: string; mode: 'room' | 'online' | null; at: number };

/** Taps of two phones: on three members, on a guest of the first, and on two walk-ins that each phone added itself. */
const subjects = ['Ada', 'Bea', 'Carla', 'guest', 'walkIn1', 'walkIn2'];
const taps = fc.array(
  fc.record({
    phone: fc.integer({ min: 0, max: 1 }),
    subject: fc.constantFrom(...subjects),
    mode: fc.constantFrom('room' as const, 'online' as const, null),
    at: fc.integer({ min: -20, max: 0 }),
  }),
  { minLength: 1, maxLength: 14 },
);

test('however the reports of two phones come in, doubled and out of order, the latest tap counts', async () => {
  await fc.assert(
    fc.asyncProperty(
      taps,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      async (made, dice) => {
        const event = await makeEvent(service.deps, chapter.id, { startsAt, format: 'hybrid' });
        service.clock.set(new Date(startsAt.getTime() + 3_600_000));
        const now = service.clock().getTime();
        const roll = () => dice.next().value as number;
        const walkIns = new Map<string, string>();
        const marks = made.map((tap, sequence) => ({
          tap,
          sequence,
          mark: markOf(tap, sequence, now, walkIns),
        }));

        // Every mark at least once, some again, in any order, a few at a time; both phones at the same moment.
        const reports = phones.map((_, phone) => {
          const own = marks.filter(({ tap }) => tap.phone === phone);
          const again = own.filter(() => roll() < 0.4);
          const shuffled = [...own, ...again]
            .map((one) => ({ one, key: roll() }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one.mark);
          const size = 1 + Math.floor(roll() * 4);
          return Array.from({ length: Math.ceil(shuffled.length / size) }, (_, index) =>
            shuffled.slice(index * size, (index + 1) * size),
          );
        });
        await Promise.all(
          reports.map(async (batches, phone) => {
            for (const batch of batches) {
              const report = {
                eventId: event.id,
                device: phones[phone] as string,
                sentAt: now,
                marks: batch,
              };
              expect(await takeReport(service.deps, report, { kind: 'system' })).toMatchObject({ ok: true });
            }
          }),
        );

        expect(await stateOf(event.id)).toEqual(expectedOf(marks));
        service.clock.set('2026-11-26T10:00:00Z');
      },
    ),
    { numRuns: 30 },
  );
}, 120_000);

function markOf(tap: Tap, sequence: number, now: number, walkIns: Map<string, string>): ReportedMark {
  const common = { sequence, at: now + tap.at * 60_000, mode: tap.mode };
  if (tap.subject === 'guest') return { ...common, personId: people[0]?.id, guest: 0 };
  if (!tap.subject.startsWith('walkIn')) {
    return { ...common, personId: people.find(({ firstName }) => firstName === tap.subject)?.id };
  }
  const name = nameOf(tap);
  const known = walkIns.get(name);
  const id = known ?? crypto.randomUUID();
  walkIns.set(name, id);
  // Her name is in the first tap alone.
  return { ...common, walkIn: id, ...(!known && { name }) };
}

const nameOf = (tap: Tap) => (tap.subject.startsWith('walkIn') ? `${tap.subject}-${tap.phone}` : tap.subject);

function expectedOf(marks: { tap: Tap; sequence: number }[]): Record<string, string> {
  const latest = new Map<string, { tap: Tap; sequence: number }>();
  for (const mark of marks) {
    const before = latest.get(nameOf(mark.tap));
    const order = (one: typeof mark) => [one.tap.at, one.tap.phone, one.sequence] as const;
    if (!before || compare(order(mark), order(before)) > 0) latest.set(nameOf(mark.tap), mark);
  }
  const here = [...latest].filter(([, { tap }]) => tap.mode !== null);
  return Object.fromEntries(here.map(([name, { tap }]) => [name, tap.mode as string]));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] as number) - (b[index] as number);
}

async function stateOf(eventId: string): Promise<Record<string, string>> {
  const rows = await service.db
    .selectFrom('attendance')
    .innerJoin('people', 'people.id', 'attendance.personId')
    .select(['people.firstName', 'attendance.mode'])
    .where('eventId', '=', eventId)
    .execute();
  const guests = await service.db
    .selectFrom('guestAttendance')
    .select('mode')
    .where('eventId', '=', eventId)
    .execute();
  const names = rows.map(({ firstName }) => firstName);
  expect(new Set(names).size, 'nobody is there twice').toBe(names.length);
  return Object.fromEntries([
    ...rows.map(({ firstName, mode }) => [firstName, mode]),
    ...guests.map(({ mode }) => ['guest', mode]),
  ]);
}

test('a phone whose clock is far off is put right by the time at which it sends; nothing lies in the future', () => {
  const now = new Date('2026-11-26T18:00:00Z');
  const minute = 60_000;
  const at = (tapped: number, sent: number) =>
    (tapTime(now.getTime() + tapped * minute, now.getTime() + sent * minute, now).getTime() - now.getTime()) /
    minute;
  expect(at(-10, 0)).toBe(-10);
  // Nearly right is left alone, so that two such phones agree about what came first however often they report.
  expect(at(-10, 1)).toBe(-10);
  expect(at(50, 60)).toBe(-10);
  expect(at(-130, -120)).toBe(-10);
  expect(at(500, 0)).toBe(2);
});
