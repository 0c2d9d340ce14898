import { beforeAll, describe, expect, test } from 'vitest';
import { newEventValues } from '../../server/desk/events/event-form.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { type AtDesk, eventFields, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Person = Awaited<ReturnType<typeof makeMembers>>[number];
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Person[];
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  people = await makeMembers(service.db, chapter.id, 4);
  desk = await signedIn(service, chapter.coordinator.id);
});

const events = '/desk/chapters/bologna/events';
const make = (fields: Record<string, string>) => desk.post(events, eventFields(fields));
const latest = () =>
  service.db.selectFrom('events').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow();
const says = (eventId: string, index: number, answer: 'yes' | 'no' = 'yes') =>
  answerInvitation(service.deps, { eventId, personId: (people[index] as Person).id, answer, source: 'link' });

describe('a new event', () => {
  test('begins on the next Thursday evening that leaves time to plan', () => {
    const zone = { timeZone: 'Europe/Rome' };
    const on = (now: string) => newEventValues(zone, new Date(now));
    expect(on('2026-11-16T10:00:00Z')).toMatchObject({ date: '2026-11-19', from: '18:30', to: '20:30' });
    // A Wednesday, a Thursday, and a Thursday in Auckland that is still a Wednesday in London.
    expect(on('2026-11-18T10:00:00Z').date).toBe('2026-11-26');
    expect(on('2026-11-19T10:00:00Z').date).toBe('2026-11-26');
    expect(newEventValues({ timeZone: 'Pacific/Auckland' }, new Date('2026-11-18T12:00:00Z')).date).toBe(
      '2026-11-26',
    );
    // Over the end of the year.
    expect(on('2026-12-31T10:00:00Z').date).toBe('2027-01-07');
  });

  test('is made from one screen, as a draft on the event’s own wall clock', async () => {
    const made = await make({
      title: '  Cena   di rete ',
      seatsRoom: '25',
      guestsAllowed: '2',
      cost: '15 €',
      description: '**Ciao**',
    });
    expect(made.statusCode).toBe(303);
    const event = await latest();
    expect(made.headers.location).toBe(`/desk/events/${event.id}/publication?done=created`);
    expect(event).toMatchObject({
      title: 'Cena di rete',
      state: 'draft',
      format: 'in_person',
      seatsRoom: 25,
      guestsAllowed: 2,
      startsAt: new Date('2026-11-26T17:30:00Z'),
      endsAt: new Date('2026-11-26T19:30:00Z'),
      joinUrl: null,
      createdBy: chapter.coordinator.id,
    });
  });

  test('keeps what the chosen format does not have out, whatever the fields hold', async () => {
    await make({
      format: 'online',
      joinUrl: 'https://meet.example.org/x',
      venueName: 'Enoteca',
      seatsRoom: '9',
      seatsOnline: '30',
    });
    expect(await latest()).toMatchObject({
      venueName: null,
      seatsRoom: null,
      seatsOnline: 30,
      joinUrl: 'https://meet.example.org/x',
    });
  });

  test('that goes on past midnight ends on the day that she says', async () => {
    await make({ from: '22:00', to: '00:30', endDate: '2026-11-27' });
    expect(await latest()).toMatchObject({ endsAt: new Date('2026-11-26T23:30:00Z') });
  });

  test.each([
    ['no title', { title: ' ' }, 'title', 'Dai un titolo'],
    ['an end before the start', { to: '18:00' }, 'to', 'La fine viene prima'],
    ['no day', { date: '' }, 'date', 'Scegli un giorno'],
    ['a day that is none', { date: '2026-02-30' }, 'date', 'Scegli un giorno'],
    ['a day that is over', { date: '2026-11-15' }, 'date', 'già passato'],
    ['a year of a slipped thumb', { date: '0206-11-26' }, 'date', 'Controlla l’anno'],
    ['a time the clocks skip', { date: '2027-03-28', from: '02:30', to: '04:30' }, 'from', 'non esiste'],
    ['a zone that does not exist', { timeZone: 'Europe/Bologna' }, 'timeZone', 'non esiste'],
    ['seats below zero', { seatsRoom: '-1' }, 'seatsRoom', 'numero intero'],
    ['seats in words', { seatsRoom: 'venti' }, 'seatsRoom', 'numero intero'],
    ['too many guests', { guestsAllowed: '21' }, 'guestsAllowed', 'troppo grande'],
    ['a link that is none', { format: 'online', joinUrl: 'javascript:alert(1)' }, 'joinUrl', 'https://'],
    ['a format that is unknown', { format: 'party' }, 'format', 'Scegli una'],
    [
      'answers that close after the end',
      { closeDate: '2026-11-27', closeTime: '10:00' },
      'closeDate',
      'dopo la fine',
    ],
    ['words without end', { description: 'x'.repeat(10_001) }, 'description', 'troppo lungo'],
  ])(
    'with %s is refused beside the field, with her words kept',
    async (_, wrong: Record<string, string>, field, reason) => {
      const before = (await latest()).id;
      const answer = await make({ title: 'Laboratorio “uno & due”', venueName: 'Il <Chiostro>', ...wrong });
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toMatch(new RegExp(`<a href="#${field}">[^<]+</a>: [^<]*${reason}`));
      if (!('title' in wrong)) expect(answer.body).toContain('value="Laboratorio “uno &amp; due”"');
      expect(answer.body).toContain('value="Il &lt;Chiostro>"'.replace('>"', '&gt;"'));
      expect((await latest()).id).toBe(before);
    },
  );

  test('with several things wrong names all of them at once', async () => {
    const answer = await make({ title: '', date: '', seatsRoom: 'x' });
    expect(answer.body).toContain('Ci sono 3 cose da sistemare');
    expect(answer.body.match(/aria-invalid="true"/g)).toHaveLength(3);
  });
});

describe('an event that changes', () => {
  test('and does not move is saved without a question', async () => {
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2026-11-26T17:30:00Z'),
      endsAt: new Date('2026-11-26T19:30:00Z'),
    });
    const saved = await desk.post(`/desk/events/${event.id}`, eventFields({ title: 'Aperitivo lungo' }));
    expect(saved.headers.location).toBe(`/desk/events/${event.id}?done=saved`);
    expect(await mailings(event.id, 'update')).toEqual([]);
  });

  test('and moves asks whom to tell before anything is saved, and tells them only after a yes', async () => {
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2026-11-26T17:30:00Z'),
      endsAt: new Date('2026-11-26T19:30:00Z'),
    });
    await says(event.id, 0);
    await says(event.id, 1);
    await says(event.id, 2, 'no');
    service.clock.advance(minutes(5));
    const moved = eventFields({
      venueName: 'Il Chiostro',
      venueAddress: 'Piazza Santo Stefano 5',
      description: 'Riga uno\r\nRiga «due» & "tre"',
    });
    const asked = await desk.post(`/desk/events/${event.id}`, moved);
    expect(asked.statusCode).toBe(200);
    expect(asked.body).toContain('Il luogo cambia: vuoi avvisare subito 2 persone?');
    expect(asked.body).toContain('Sono quelle che vengono, aspettano o sono in forse');
    expect(asked.body).toContain('Enoteca Storica, Via Marsala 2, Bologna');
    expect(asked.body).toContain('Il Chiostro, Piazza Santo Stefano 5');
    expect(asked.body).toContain('Riga «due» &amp; &quot;tre&quot;">');
    expect((await find(event.id)).venueName).toBe('Enoteca Storica');

    await desk.post(`/desk/events/${event.id}`, { ...moved, notify: 'yes' });
    expect(await find(event.id)).toMatchObject({
      venueName: 'Il Chiostro',
      description: 'Riga uno\nRiga «due» & "tre"',
    });
    expect(await mailings(event.id, 'update')).toHaveLength(1);
    const page = await desk.get(`/desk/events/${event.id}`);
    expect(page.body).toContain('Ci sono ancora? (2)');

    service.clock.advance(minutes(5));
    await says(event.id, 0);
    expect((await desk.get(`/desk/events/${event.id}`)).body).toContain('Ci sono ancora? (1)');
  });

  test('and moves before anybody has answered is saved without a question', async () => {
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2026-11-26T17:30:00Z'),
      endsAt: new Date('2026-11-26T19:30:00Z'),
    });
    const saved = await desk.post(`/desk/events/${event.id}`, eventFields({ venueName: 'Il Chiostro' }));
    expect(saved.headers.location).toBe(`/desk/events/${event.id}?done=saved`);
  });

  test('and moves without a word tells nobody', async () => {
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2026-11-26T17:30:00Z'),
      endsAt: new Date('2026-11-26T19:30:00Z'),
    });
    await desk.post(`/desk/events/${event.id}`, eventFields({ from: '19:00', to: '21:00', notify: 'no' }));
    expect((await find(event.id)).startsAt).toEqual(new Date('2026-11-26T18:00:00Z'));
    expect(await mailings(event.id, 'update')).toEqual([]);
  });

  test('keeps its seconds where only the title changes', async () => {
    const startsAt = new Date('2026-11-26T17:30:15.250Z');
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt,
      endsAt: new Date('2026-11-26T19:30:15.250Z'),
    });
    const saved = await desk.post(`/desk/events/${event.id}`, eventFields({ title: 'Nuovo titolo' }));
    expect(saved.headers.location).toContain('done=saved');
    expect((await find(event.id)).startsAt).toEqual(startsAt);
  });

  test('to fewer seats than are taken stays as it was', async () => {
    const event = await makeEvent(service.deps, chapter.id, {
      startsAt: new Date('2026-11-26T17:30:00Z'),
      endsAt: new Date('2026-11-26T19:30:00Z'),
      seatsRoom: 5,
    });
    await says(event.id, 0);
    await says(event.id, 1);
    const refused = await desk.post(`/desk/events/${event.id}`, eventFields({ seatsRoom: '1' }));
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain('Ci sono già più persone di così');
    expect((await find(event.id)).seatsRoom).toBe(5);
  });
});

describe('an event that is called off', () => {
  test('asks for a tick, keeps the reason, and then tells those who did not say no', async () => {
    const event = await makeEvent(service.deps, chapter.id, {});
    await service.settle();
    await says(event.id, 0);
    await says(event.id, 1, 'no');
    await service.settle();
    const path = `/desk/events/${event.id}/cancellation`;
    const unsure = await desk.post(path, { reason: 'Neve', notify: 'yes' });
    expect(unsure.statusCode).toBe(400);
    expect(unsure.body).toContain('Neve</textarea>');
    expect((await find(event.id)).state).toBe('published');

    const before = service.inbox.messages.length;
    expect((await desk.post(path, { reason: 'Neve', notify: 'yes', sure: 'yes' })).statusCode).toBe(303);
    await service.settle();
    // Five belong to the group, its coordinator among them, and one had said no.
    expect(service.inbox.messages.length - before).toBe(4);
    const page = await desk.get(`/desk/events/${event.id}?done=cancelled`);
    expect(page.body).toContain('Annullato');
    expect(page.body).toContain('Neve');
    expect(page.body).not.toContain('/cancellation"');
  });

  test('as a draft leaves no trace on the first page, and writes to nobody', async () => {
    const event = await makeEvent(service.deps, chapter.id, { draft: true });
    expect((await desk.get('/desk/')).body).toContain(event.id);
    const before = service.inbox.messages.length;
    const dropped = await desk.post(`/desk/events/${event.id}/cancellation`, { sure: 'yes', notify: 'yes' });
    expect(dropped.headers.location).toBe('/desk/?done=dropped');
    expect((await desk.get('/desk/')).body).not.toContain(event.id);
    await service.settle();
    expect(service.inbox.messages.length).toBe(before);
  });

  test('in silence writes to nobody', async () => {
    const event = await makeEvent(service.deps, chapter.id, {});
    await service.settle();
    const before = service.inbox.messages.length;
    await desk.post(`/desk/events/${event.id}/cancellation`, { notify: 'no', sure: 'yes' });
    await service.settle();
    expect((await find(event.id)).state).toBe('cancelled');
    expect(service.inbox.messages.length).toBe(before);
  });
});

test('the message for the group says what, when and where, and holds no personal link', async () => {
  const event = await makeEvent(service.deps, chapter.id, {
    cost: '15 €',
    startsAt: new Date('2026-11-26T10:00:00Z'),
  });
  const page = await desk.get(`/desk/events/${event.id}`);
  const message = /<textarea id="group-message"[^>]*>([^<]*)</.exec(page.body)?.[1] ?? '';
  expect(message).toContain('Aperitivo di rete');
  expect(message).toContain('giovedì 26 novembre, 11:00–13:00');
  expect(message).toContain('Enoteca Storica, Via Marsala 2, Bologna');
  expect(message).toContain(`/e/${event.id}`);
  expect(page.body).not.toContain('/r/');
});

const find = (id: string) =>
  service.db.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const mailings = (eventId: string, kind: string) =>
  service.db
    .selectFrom('mailings')
    .select(['id', 'state'])
    .where('eventId', '=', eventId)
    .where('kind', '=', kind)
    .execute();
