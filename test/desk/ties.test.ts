import { beforeAll, describe, expect, test } from 'vitest';
import { completeAttendance, markPresent } from '../../server/attendance/service.ts';
import { askToIntroduce } from '../../server/introductions/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-06-01T10:00:00Z' });
const actor = { kind: 'system' } as const;
const url = '/desk/chapters/bologna/ties';
const evenings = ['2026-06-10', '2026-07-10', '2026-08-10', '2026-09-10', '2026-10-10'];
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;

/** Who was in the room, evening by evening; the last three decide. */
const present: Record<string, number[]> = {
  Vista: [0, 4],
  Lontana: [0],
  Silenziosa: [0, 1],
  Online: [],
  Nuova: [],
  Recente: [3],
  Tornata: [2, 3],
};

beforeAll(async () => {
  const { db, deps } = service;
  chapter = await makeChapter(db, { slug: 'bologna' });
  await db
    .updateTable('chapters')
    .set({ replyTo: 'segreteria@example.org' })
    .where('id', '=', chapter.id)
    .execute();
  const elsewhere = await makeChapter(db, { slug: 'milano' });
  await makeMember(db, elsewhere.id, { firstName: 'Estranea' });
  for (const firstName of ['Vista', 'Lontana', 'Silenziosa', 'Online', 'Recente', 'Tornata'])
    people[firstName] = await makeMember(db, chapter.id, { firstName, lastName: 'Prova' });
  people.Nuova = await makeMember(db, chapter.id, { firstName: 'Nuova' });
  await db
    .updateTable('memberships')
    .set({ startsAt: new Date('2026-09-01T10:00:00Z') })
    .where('personId', 'in', [of('Nuova').id, of('Recente').id])
    .execute();
  await db
    .insertInto('preferences')
    .values({ personId: of('Silenziosa').id, chapterId: chapter.id, topic: 'announcement' })
    .execute();
  for (const [number, day] of evenings.entries()) {
    const event = await makeEvent(deps, chapter.id, {
      title: `Serata ${number}`,
      format: 'hybrid',
      joinUrl: 'https://meet.example.org/x',
      startsAt: new Date(`${day}T17:00:00Z`),
    });
    await service.travel(`${day}T17:30:00Z`);
    for (const [name, rooms] of Object.entries(present))
      if (rooms.includes(number))
        await markPresent(deps, { eventId: event.id, personId: of(name).id, mode: 'room' }, actor);
    if (number === 3)
      await markPresent(deps, { eventId: event.id, personId: of('Online').id, mode: 'online' }, actor);
    await service.travel(`${day}T20:00:00Z`);
    await completeAttendance(deps, { eventId: event.id, mode: 'room' }, actor);
  }
  await service.travel('2026-11-01T10:00:00Z');
  service.inbox.clear();
  desk = await signedIn(service, chapter.coordinator.id);
});

async function part(id: string): Promise<string> {
  const { body } = await desk.get(url);
  return body.split(`aria-labelledby="${id}"`)[1]?.split('</section>')[0] ?? '';
}
const namesIn = (html: string) => [...html.matchAll(/<b>([A-Z][a-z]+)/g)].map(([, name]) => name);

describe('who has not been seen in person', () => {
  test('is listed with since when, but not who joined later, nor who came to one of the last three', async () => {
    const html = await part('unseen');
    expect(namesIn(html)).toEqual(['Online', 'Lontana', 'Silenziosa']);
    expect(html).toContain('Di persona l’ultima volta: mercoledì 10 giugno');
    expect(html).toContain('Di persona non ancora');
    expect(html).toContain('Online l’ultima volta: giovedì 10 settembre');
  });

  test('is nobody while it is not known who was there', async () => {
    const { db } = service;
    const known = await db
      .selectFrom('events')
      .select('id')
      .where('title', '=', 'Serata 4')
      .executeTakeFirstOrThrow();
    const set = (at: Date | null) =>
      db.updateTable('events').set({ roomCompleteAt: at }).where('id', '=', known.id).execute();
    await set(null);
    // The evening before takes its place; who came that evening counts as seen all the same.
    expect(namesIn(await part('unseen'))).toEqual(['Online', 'Lontana']);
    await set(service.clock());
  });

  test('gets a note that is ready to send, answered to who wrote it, and begun once', async () => {
    const lontana = of('Lontana');
    const next = await makeEvent(service.deps, chapter.id, {
      title: 'Cena d’inverno',
      startsAt: new Date('2026-12-03T18:00:00Z'),
    });
    await service.settle();
    service.inbox.clear();
    const begun = await desk.post(`${url}/notes`, { personId: lontana.id, reason: 'unseen' });
    const path = String(begun.headers.location);
    expect(begun.statusCode).toBe(303);
    expect(service.inbox.messages).toEqual([]);
    const again = await desk.post(`${url}/notes`, { personId: lontana.id, reason: 'unseen' });
    expect(again.headers.location).toBe(path);
    expect((await desk.get(path)).body).toContain('Parte a una persona');
    await desk.post(`${path}/sending`, { when: 'asked' });
    await service.settle();
    expect(service.inbox.messages).toHaveLength(1);
    const [mail] = service.inbox.messagesTo(lontana.email as string);
    expect(mail?.header('Reply-To')).toContain(chapter.coordinator.email as string);
    expect(mail?.header('Reply-To')).not.toContain('segreteria');
    const { text, subject } = (await mail?.parsed()) ?? {};
    expect(subject).toBe('Lontana, come stai?');
    expect(text).toContain('«Cena d’inverno», giovedì 3 dicembre');
    expect(await part('unseen')).toContain('Le tue righe: domenica 1 novembre');
    await service.db.deleteFrom('rsvps').where('eventId', '=', next.id).execute();
  });

  test('gets none where she wants no messages, whatever a form says', async () => {
    const html = await part('unseen');
    expect(html).not.toContain(`value="${of('Silenziosa').id}"`);
    const begun = await desk.post(`${url}/notes`, { personId: of('Silenziosa').id, reason: 'unseen' });
    const path = String(begun.headers.location);
    service.inbox.clear();
    await desk.post(`${path}/sending`, { when: 'asked' });
    await service.settle();
    expect(service.inbox.messages).toEqual([]);
  });
});

test('who came once and not again is listed with the evening; who came twice is not', async () => {
  const html = await part('once');
  expect(namesIn(html)).toEqual(['Recente']);
  expect(html).toContain('C’era a «Serata 3», giovedì 10 settembre');
  const begun = await desk.post(`${url}/notes`, { personId: of('Recente').id, reason: 'once' });
  expect((await desk.get(String(begun.headers.location))).body).toContain('a «Serata 3»');
  expect(
    (await desk.post(`${url}/notes`, { personId: of('Tornata').id, reason: 'once' })).headers.location,
  ).toBe(`${url}?problem=silent`);
});

test('pairs who were never in one room are counted, and lead to the tables of the next event', async () => {
  const html = await part('strangers');
  // Vista, Lontana, Silenziosa, Online, Recente and Tornata: 15 pairs, of which four met.
  expect(html).toContain('c’erano 6 persone');
  expect(html).toContain('11 coppie');
  expect(html).toMatch(/\/desk\/events\/[\w-]+\/tables/);
});

test('an introduction by hand is listed while it waits, a wish never', async () => {
  const { db, deps } = service;
  const pair = [of('Vista'), of('Tornata')] as const;
  await askToIntroduce(deps, {
    chapterId: chapter.id,
    personIds: [pair[0].id, pair[1].id],
    words: 'Le api',
    byId: chapter.coordinator.id,
    actor,
  });
  const [first, second] = [of('Online').id, of('Nuova').id].sort();
  await db
    .insertInto('introductions')
    .values({
      chapterId: chapter.id,
      kind: 'wish',
      firstId: first as string,
      secondId: second as string,
      state: 'made',
      createdAt: service.clock(),
      madeAt: service.clock(),
      sendsAt: service.clock(),
    })
    .execute();
  const html = await part('waiting');
  expect(html).toContain('Vista Prova');
  expect(html).not.toContain('Nuova');
  expect(html).not.toContain('Online');
});

test('nothing of another chapter is to be seen or written to', async () => {
  const foreign = await service.db
    .selectFrom('people')
    .select('id')
    .where('firstName', '=', 'Estranea')
    .executeTakeFirstOrThrow();
  expect((await desk.get(url)).body).not.toContain('Estranea');
  expect((await desk.post(`${url}/notes`, { personId: foreign.id, reason: 'unseen' })).statusCode).toBe(404);
  expect((await desk.get('/desk/chapters/milano/ties')).statusCode).toBe(404);
});
