import { beforeAll, describe, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { textOf } from '../journeys/visitor.ts';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
const actor = { kind: 'system' } as const;
const joinUrl = 'https://incontri.example/canarino';
type Mode = 'room' | 'online';
type Member = Awaited<ReturnType<typeof makeMember>>;

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let anna: Member;
let bea: Member;

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
  anna = await makeMember(site.db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
  bea = await makeMember(site.db, chapter.id, { firstName: 'Bea', lastName: 'Neri' });
});

async function opened(details: Parameters<typeof makeEvent>[2] = {}) {
  const event = await makeEvent(site.deps, chapter.id, { format: 'hybrid', joinUrl, ...details });
  return { event, path: await site.linkOf(event.id, anna.id) };
}
async function says(eventId: string, person: Member, answer: 'yes' | 'no' | 'maybe', mode?: Mode) {
  site.clock.advance(1000);
  return answerInvitation(site.deps, { eventId, personId: person.id, answer, mode, source: 'link' });
}
const words = async (path: string) =>
  textOf((await site.server.inject({ url: path, headers: { accept: 'text/html' } })).body);
async function stands(eventId: string, personId = anna.id) {
  const row = await site.db
    .selectFrom('rsvps')
    .select(['state', 'mode', 'guests'])
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row && `${row.state} ${row.mode} ${row.guests}`;
}
async function countMails(eventId: string) {
  const { count } = await site.db
    .selectFrom('mailings')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('eventId', '=', eventId)
    .where('personId', '=', anna.id)
    .executeTakeFirstOrThrow();
  return Number(count);
}

describe('one tap to the other way of taking part', () => {
  test('says what it costs, and is undone from the same page', async () => {
    const { event, path } = await opened({ seatsRoom: 2, seatsOnline: 2 });
    await says(event.id, anna, 'yes', 'room');
    expect(await words(path)).toContain(
      'Passa online Il tuo posto in sala va a un’altra persona, e qui trovi il link per collegarti.',
    );
    await site.post(path, { answer: 'yes', mode: 'online' });
    expect(await stands(event.id)).toBe('going online 0');
    const page = await words(path);
    expect(page).toContain('Ci vediamo online');
    expect(page).toContain('Passa in sala Il tuo posto online va a un’altra persona.');
    expect(page).toContain('Annulla: rimetti com’era');
    await site.post(path, { answer: 'yes', mode: 'room' });
    expect(await stands(event.id)).toBe('going room 0');
    expect(await words(path)).not.toContain('Entra nell’incontro online');
  });

  test('tapped twice is tapped once', async () => {
    const { event, path } = await opened({ seatsRoom: 2, seatsOnline: 2 });
    await says(event.id, anna, 'yes', 'room');
    const before = await countMails(event.id);
    const taps = await Promise.all([1, 2, 3].map(() => site.post(path, { answer: 'yes', mode: 'online' })));
    expect(taps.map(({ statusCode }) => statusCode)).toEqual([303, 303, 303]);
    expect(await stands(event.id)).toBe('going online 0');
    expect(await countMails(event.id)).toBe(before + 1);
  });

  test('takes her guests along, with their names, and undo leaves the names alone', async () => {
    const { event, path } = await opened({ guestsAllowed: 2, seatsRoom: 3, seatsOnline: 3 });
    await site.post(path, { answer: 'yes', mode: 'room', guestName: ['Sara', 'Ada'] });
    await site.post(path, { answer: 'yes', mode: 'online' });
    expect(await words(path)).toContain('Con te: Sara, Ada.');
    const { body } = await site.server.inject({ url: path, headers: { accept: 'text/html' } });
    const undo = /<form[^>]*class="undo">([\s\S]*?)<\/form>/.exec(body)?.[1] ?? '';
    expect([...undo.matchAll(/name="(\w+)" value="(\w+)"/g)].map(([, name, value]) => [name, value])).toEqual(
      [
        ['mode', 'room'],
        ['answer', 'yes'],
      ],
    );
    await site.post(path, { mode: 'room', answer: 'yes' });
    expect(await words(path)).toContain('Con te: Sara, Ada.');
    expect(await stands(event.id)).toBe('going room 2');
  });

  test('is not offered where it does not fit, and refused with how many are left where it is tried', async () => {
    const { event, path } = await opened({ guestsAllowed: 2, seatsRoom: 3, seatsOnline: 2 });
    await site.post(path, { answer: 'yes', mode: 'room', guestName: ['Sara', 'Ada'] });
    const page = await words(path);
    expect(page).toContain(
      'Online restano 2 posti, e con chi viene con te siete in 3: per ora resti in sala.',
    );
    expect(page).not.toContain('Passa online');
    const refused = await site.post(path, { answer: 'yes', mode: 'online' });
    expect(refused.statusCode).toBe(409);
    expect(textOf(refused.body)).toContain('Online c’è posto per 2 persone, e siete in 3.');
    expect(await stands(event.id)).toBe('going room 2');
  });

  test('there is no undo to a seat that somebody else has by now', async () => {
    const { event, path } = await opened({ seatsRoom: 1, seatsOnline: 5 });
    await says(event.id, anna, 'yes', 'room');
    await says(event.id, bea, 'yes', 'room');
    await site.post(path, { answer: 'yes', mode: 'online' });
    expect(await stands(event.id, bea.id)).toBe('offered room 0');
    const page = await words(path);
    expect(page).not.toContain('rimetti com’era');
    expect(page).toContain('In sala i posti sono esauriti: per ora resti online.');
  });

  test('there is none where the event has one way, nor back to one that it has no longer', async () => {
    const { event, path } = await opened({ seatsRoom: 5, seatsOnline: 5 });
    await says(event.id, anna, 'yes', 'online');
    await says(event.id, anna, 'yes', 'room');
    await changeEvent(site.deps, event.id, { format: 'in_person' }, { actor, notify: false });
    await says(event.id, anna, 'yes');
    const page = await words(path);
    expect(page).not.toContain('Passa online');
    expect(page).not.toContain('rimetti com’era');
  });

  test('a link in a mail only chooses: the page is opened, and nothing has changed', async () => {
    const { event, path } = await opened({ seatsRoom: 1, seatsOnline: 5 });
    await says(event.id, bea, 'yes', 'room');
    await says(event.id, anna, 'yes', 'room');
    for (const method of ['GET', 'HEAD'] as const)
      expect((await site.server.inject({ method, url: `${path}?mode=online` })).statusCode).toBe(200);
    expect(await stands(event.id)).toBe('waitlisted room 0');
    const page = await words(`${path}?mode=online`);
    expect(page).toContain('Partecipi online?');
    expect(page).toContain('il posto è tuo subito, e lasci la lista d’attesa per la sala');
    // What is no way of taking part, or hers already, chooses nothing.
    for (const query of ['?mode=room', '?mode=moon', '?mode[]=online&mode=x'])
      expect(await words(path + query)).not.toContain('Partecipi online?');
  });
});

test('who holds an offer in the room may take a seat online instead, and the offer goes on', async () => {
  const { event, path } = await opened({ seatsRoom: 1, seatsOnline: 5 });
  await says(event.id, bea, 'yes', 'room');
  await says(event.id, anna, 'yes', 'room');
  const carla = await makeMember(site.db, chapter.id, { firstName: 'Carla' });
  await site.db
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId: carla.id,
      chapterId: chapter.id,
      source: 'member',
      calendarUid: 'c',
    })
    .execute();
  await says(event.id, carla, 'yes', 'room');
  await says(event.id, bea, 'no');
  expect(await stands(event.id)).toBe('offered room 0');
  expect(await words(path)).toContain('se scegli così, lasci il posto che teniamo in sala');
  await site.post(path, { answer: 'yes', mode: 'online' });
  expect(await stands(event.id)).toBe('going online 0');
  expect(await stands(event.id, carla.id)).toBe('offered room 0');
});

test('forty who switch at once into five free seats: five get one, and all the others keep what they had', async () => {
  const group = await makeChapter(site.db);
  const members = await makeMembers(site.db, group.id, 40);
  const event = await makeEvent(site.deps, group.id, { format: 'hybrid', seatsRoom: 5, seatsOnline: 40 });
  const paths = [];
  for (const person of members) {
    await says(event.id, person, 'yes', 'online');
    paths.push(await site.linkOf(event.id, person.id));
  }
  const codes = await Promise.all(
    paths.map(async (path) => {
      const response = await fetch(site.url + path, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'mode=room&answer=yes',
      });
      const page = response.status === 409 ? textOf(await response.text()) : '';
      if (page) expect(page).toContain('In sala i posti sono esauriti');
      return response.status;
    }),
  );
  expect(codes.filter((code) => code === 303)).toHaveLength(5);
  expect(codes.filter((code) => code === 409)).toHaveLength(35);
  const rows = await site.db
    .selectFrom('rsvps')
    .select(['state', 'mode'])
    .where('eventId', '=', event.id)
    .execute();
  const inRoom = rows.filter(({ state, mode }) => state === 'going' && mode === 'room');
  const online = rows.filter(({ state, mode }) => state === 'going' && mode === 'online');
  expect([inRoom.length, online.length]).toEqual([5, 35]);
});
