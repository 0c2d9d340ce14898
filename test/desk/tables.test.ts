import { beforeAll, expect, test } from 'vitest';
import { markPresent } from '../../server/attendance/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let people: Awaited<ReturnType<typeof makeMembers>>;
let desk: AtDesk;
let chapterId: string;

beforeAll(async () => {
  const chapter = await makeChapter(service.db, { slug: 'bologna' });
  chapterId = chapter.id;
  desk = await signedIn(service, chapter.coordinator.id);
  people = await makeMembers(service.db, chapter.id, 8);
});

/** The tables of an event's page, as first names. */
async function tablesOf(eventId: string, query = ''): Promise<string[][]> {
  const { body } = await desk.get(`/desk/events/${eventId}/tables${query}`);
  const list = /<ol class="seating">([\s\S]*?)<\/ol>/.exec(body)?.[1] ?? '';
  return list
    .split('<h2>')
    .slice(1)
    .map((table) => [...table.matchAll(/<li>(Socia\d)/g)].map(([, name]) => name as string).sort());
}

test('those who were in one room before sit apart; an evening online does not count', async () => {
  const past = await makeEvent(service.deps, chapterId, {
    format: 'hybrid',
    joinUrl: 'https://meet.example.org/x',
    startsAt: new Date('2026-11-17T17:30:00Z'),
  });
  await service.travel('2026-11-17T18:00:00Z');
  const actor = { kind: 'system' } as const;
  for (const [number, person] of people.entries()) {
    const mode = number < 2 ? 'room' : 'online';
    await markPresent(service.deps, { eventId: past.id, personId: person.id, mode }, actor);
  }
  const next = await makeEvent(service.deps, chapterId, { startsAt: new Date('2026-12-01T17:30:00Z') });
  await service.settle();
  for (const person of people.slice(0, 5)) {
    await answerInvitation(service.deps, {
      eventId: next.id,
      personId: person.id,
      answer: 'yes',
      source: 'link',
    });
  }
  expect((await desk.get(`/desk/events/${next.id}/tables`)).body).toContain('almeno sei persone');
  for (const person of people.slice(5)) {
    await answerInvitation(service.deps, {
      eventId: next.id,
      personId: person.id,
      answer: 'yes',
      source: 'link',
    });
  }
  const tables = await tablesOf(next.id);
  expect(tables.map(({ length }) => length)).toEqual([4, 4]);
  expect(tables.flat().sort()).toEqual(people.map(({ firstName }) => firstName).sort());
  // Two who know each other, at two tables.
  expect(tables.some((table) => table.includes('Socia1') && table.includes('Socia2'))).toBe(false);
  expect(await tablesOf(next.id)).toEqual(tables);
  const mixed = await Promise.all([2, 3, 4, 5].map((mix) => tablesOf(next.id, `?mix=${mix}`)));
  expect(new Set(mixed.map((one) => JSON.stringify(one))).size).toBeGreaterThan(1);
});
