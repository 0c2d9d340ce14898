import { beforeAll, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const base = '/desk/chapters/bologna/members';
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
});

const members = async () => {
  const rows = await service.db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select(['people.firstName', 'people.lastName', 'people.email'])
    .where('memberships.chapterId', '=', chapter.id)
    .where('memberships.role', '=', 'member')
    .where('memberships.endsAt', 'is', null)
    .orderBy('people.firstName')
    .execute();
  return rows.map((row) => `${row.firstName} ${row.lastName} ${row.email}`);
};

test('an empty group says what to do next', async () => {
  expect((await desk.get('/desk/')).body).toContain('Cominciamo dalle persone');
  expect((await desk.get(base)).body).toContain('Per ora ci sei solo tu');
});

test('pasted people are shown before they are added, with the lines that were not understood', async () => {
  const people = ['Giulia Rossi, giulia@example.org', 'sara.neri@example.org', 'Ada Blu'].join('\n');
  const preview = await desk.post(`${base}/preview`, { people });
  expect(preview.statusCode).toBe(200);
  expect(preview.body).toContain('2 persone nuove');
  expect(preview.body).toContain('nome preso dalla mail');
  expect(preview.body).toContain('Una riga non è chiara');
  expect(preview.body).toContain('Manca la mail.');
  expect(await members()).toEqual([]);

  const back = await desk.post(base, { people, next: 'edit' });
  expect(back.body).toContain('Ada Blu</textarea>');
  expect(await members()).toEqual([]);

  const added = await desk.post(base, { people });
  expect(added.statusCode).toBe(303);
  expect((await desk.get(added.headers.location as string)).body).toContain('2 persone in più nel gruppo.');
  expect(await members()).toEqual(['Giulia Rossi giulia@example.org', 'Sara Neri sara.neri@example.org']);
  // Nobody is written to because her name was pasted.
  await service.settle();
  expect(service.inbox.messages).toEqual([]);
});

test('pasting the same list again adds nobody, and keeps the names as they are', async () => {
  const people = 'Giulietta Verdi, GIULIA@example.org';
  expect((await desk.post(`${base}/preview`, { people })).body).toContain('Una c’è già');
  await desk.post(base, { people });
  expect(await members()).toEqual(['Giulia Rossi giulia@example.org', 'Sara Neri sara.neri@example.org']);
});

test('names from a paste are shown as they are, and run nothing', async () => {
  const preview = await desk.post(`${base}/preview`, {
    people: '<script>alert(1)</script> x, eva@example.org',
  });
  expect(preview.body).not.toContain('<script>alert');
});

test('a pasted line without end is named by its beginning, with what to do', async () => {
  const { body } = await desk.post(`${base}/preview`, { people: 'a'.repeat(2_000) });
  expect(body.includes(`<code>${'a'.repeat(80)}…</code>`)).toBe(true);
  expect(body.includes('La riga è troppo lunga: scrivi una persona per riga.')).toBe(true);
});

test('an empty paste is answered beside the field', async () => {
  const empty = await desk.post(`${base}/preview`, { people: ' \n ' });
  expect(empty.statusCode).toBe(400);
  expect(empty.body).toContain('incolla almeno una riga');
});

test('whoever had herself erased does not come back by a paste', async () => {
  const [hash] = service.deps.links.addressHashes('erased@example.org');
  await service.db
    .insertInto('suppressions')
    .values({ addressHash: hash as Buffer, reason: 'erased' })
    .execute();
  const answer = await desk.post(base, { people: 'Ines Gatti, erased@example.org' });
  expect(answer.body).toContain('ha chiesto di essere cancellata');
  expect((await members()).join()).not.toContain('erased@');
});

test('a membership ends with one tap, and comes back with one', async () => {
  const person = await makeMember(service.db, chapter.id, { firstName: 'Zita' });
  const ended = await desk.post(`${base}/${person.id}/departure`);
  const after = await desk.get(ended.headers.location as string);
  expect(after.body).toContain('Zita Prova non è più nel gruppo');
  expect((await members()).join()).not.toContain('Zita');
  const back = await desk.post(`${base}/${person.id}/return`);
  expect(back.statusCode).toBe(303);
  expect((await members()).join()).toContain('Zita');
  expect((await desk.get(back.headers.location as string)).body).not.toContain('non è più nel gruppo');
});

test('a coordinator is not taken off the list', async () => {
  const answer = await desk.post(`${base}/${chapter.coordinator.id}/departure`);
  expect(answer.statusCode).toBe(409);
  expect(answer.body).toContain('prima si passano le consegne');
});

test('somebody who joins after the invitations left is invited by one tap, once, and nobody else again', async () => {
  const event = await makeEvent(service.deps, chapter.id, { title: 'Cena di rete' });
  await service.settle();
  const before = service.inbox.messages.length;
  await desk.post(base, { people: 'Nuova Socia, nuova@example.org' });
  const path = `/desk/events/${event.id}`;
  expect((await desk.get(path)).body).toContain('Una persona è entrata nel gruppo dopo gli inviti.');
  await desk.post(`${path}/invitations`);
  await desk.post(`${path}/invitations`);
  await service.settle();
  expect(service.inbox.messages.slice(before).map(({ to }) => to)).toEqual(['nuova@example.org']);
  expect((await desk.get(path)).body).not.toContain('dopo gli inviti');
});

test('somebody who had herself erased meanwhile does not come back with the way back', async () => {
  const sara = await makeMember(service.db, chapter.id, { firstName: 'Sara' });
  await desk.post(`${base}/${sara.id}/departure`);
  expect(await erasePerson(service.deps, sara.id, { kind: 'cli' })).toEqual({ ok: true });
  expect((await desk.post(`${base}/${sara.id}/return`)).statusCode).toBe(404);
  const open = await service.db
    .selectFrom('memberships')
    .select('id')
    .where('personId', '=', sara.id)
    .where('endsAt', 'is', null)
    .execute();
  expect(open).toEqual([]);
});
