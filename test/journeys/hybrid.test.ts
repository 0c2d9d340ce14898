import { beforeAll, expect, test } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { atTheDesk } from './coordinator.ts';
import { addressOf, follow, type Person } from './full-event.ts';
import {
  calendarIn,
  kindOf,
  lastMail,
  linkIn,
  mailsTo,
  recipients,
  sinceNow,
  subjectOf,
  wordsOf,
} from './inbox.ts';
import { useBrowser } from './phone.ts';
import { visitor } from './visitor.ts';

/** Scenario 4, from mail to mail: 12 places in the room and 30 online, each with its own waiting list. */
const service = useService({ now: '2031-11-10T10:00:00+01:00', listen: true, env: { LOG_LEVEL: 'error' } });
const browser = useBrowser();

const firstLink = 'https://incontri.example/canarino-1';
const secondLink = 'https://incontri.example/canarino-2';

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;
const to = (name: string) => addressOf(of(name));

async function member(firstName: string) {
  people[firstName] = await makeMember(service.db, chapter.id, { firstName, lastName: 'Rossi' });
}

async function says(name: string, answer: 'yes' | 'no', mode: 'room' | 'online') {
  service.clock.advance(minutes(1));
  const said = { eventId: event.id, personId: of(name).id, answer, mode, source: 'link' } as const;
  expect(await answerInvitation(service.deps, said), name).toMatchObject({ ok: true });
}

/** How somebody stands: "going online with 1". */
async function standing(name: string): Promise<string> {
  const row = await service.db
    .selectFrom('rsvps')
    .select(['state', 'mode', 'guests'])
    .where('eventId', '=', event.id)
    .where('personId', '=', of(name).id)
    .executeTakeFirst();
  return row ? `${row.state} ${row.mode}${row.guests ? ` with ${row.guests}` : ''}` : 'nothing';
}

async function taken(mode: 'room' | 'online'): Promise<number> {
  const { seats } = await service.db
    .selectFrom('rsvps')
    .select((select) => select.fn.sum<number>((sum) => sum('guests', '+', 1)).as('seats'))
    .where('eventId', '=', event.id)
    .where('mode', '=', mode)
    .where('state', 'in', ['going', 'offered'])
    .executeTakeFirstOrThrow();
  return Number(seats ?? 0);
}

const confirmation = async (name: string) => wordsOf(lastMail(service, to(name), 'confirmation'));

/** All that a person ever got, calendar parts included. */
async function everythingFor(name: string): Promise<string> {
  const mails = await Promise.all(
    mailsTo(service, to(name)).map(async (mail) => {
      const { html, text } = await mail.parsed();
      return [await subjectOf(mail), text, html || '', (await calendarIn(mail)) ?? ''].join('\n');
    }),
  );
  return mails.join('\n');
}

const inRoom = Array.from({ length: 10 }, (_, index) => `Sala${index + 1}`);
const online = Array.from({ length: 28 }, (_, index) => `Rete${index + 1}`);

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const name of [...inRoom, ...online, 'Carla', 'Giulia', 'Dora', 'Elena']) await member(name);
  event = await makeEvent(service.deps, chapter.id, {
    title: 'Formazione: dire i prezzi',
    format: 'hybrid',
    seatsRoom: 12,
    seatsOnline: 30,
    guestsAllowed: 1,
    joinUrl: firstLink,
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  await service.settle();
  for (const name of inRoom) await says(name, 'yes', 'room');
  for (const name of online) await says(name, 'yes', 'online');
  await service.settle();
}, 60_000);

test('the room fills, and who comes after waits for it, told that there are seats online', async () => {
  const carla = await follow(service, of('Carla'), 'invitation', 'Ci sarò');
  expect(carla.page.text).toContain('In sala 2 posti disponibili');
  expect(carla.page.text).toContain('Online 2 posti disponibili');
  await carla.press('Ci sarò', { mode: 'room', guestName: 'Lia Neri' });
  expect(carla.page.text).toContain('il tuo posto in sala c’è');
  expect(carla.page.text).toContain('Con te: Lia Neri.');
  await service.settle();
  expect(await taken('room')).toBe(12);
  const mail = lastMail(service, to('Carla'), 'confirmation');
  expect(await subjectOf(mail)).toContain('il tuo posto in sala c’è');
  expect(await wordsOf(mail)).toContain('Enoteca Storica, Via Marsala 2, Bologna');

  for (const name of ['Giulia', 'Dora']) {
    service.clock.advance(minutes(5));
    const reader = await follow(service, of(name), 'invitation', 'Ci sarò');
    expect(reader.page.text).toContain('In sala Posti esauriti: c’è la lista d’attesa');
    await reader.press('Ci sarò', { mode: 'room' });
    expect(reader.page.text).toContain('Sei in lista d’attesa');
    await service.settle();
  }
  expect(await standing('Giulia')).toBe('waitlisted room');
  const waits = lastMail(service, to('Dora'), 'confirmation');
  expect(await subjectOf(waits)).toContain('lista d’attesa per la sala');
  expect(await wordsOf(waits)).toContain('i posti in sala sono esauriti');
  expect(await wordsOf(waits)).toContain('hai il numero 2');
  expect(await wordsOf(waits)).toContain(
    'Intanto online c’è posto: se partecipi da lì il posto è tuo subito, e lasci la lista d’attesa per la sala.',
  );
});

test('Dora comes online meanwhile, in one tap on her phone, and leaves the list for the room', async () => {
  const phone = await browser.takePhone();
  await phone.open(await linkIn(lastMail(service, to('Dora'), 'confirmation'), 'Partecipo online'));
  expect(await phone.words()).toContain('Partecipi online?');
  expect(await standing('Dora')).toBe('waitlisted room');
  await phone.tap('Partecipo online');
  expect(await phone.words()).toContain('Ci vediamo online');
  expect(await standing('Dora')).toBe('going online');
  expect(
    await phone.page.getByRole('link', { name: 'Entra nell’incontro online' }).getAttribute('href'),
  ).toBe(firstLink);
  await service.settle();
  const mail = lastMail(service, to('Dora'), 'confirmation');
  expect(await subjectOf(mail)).toContain('il tuo posto online c’è');
  expect(await wordsOf(mail)).toContain(firstLink);
  expect(await calendarIn(mail)).toContain(firstLink);
  await phone.close();
});

test('a switch that does not fit is refused: she keeps what she has, and is told how many seats are left', async () => {
  const carla = await follow(service, of('Carla'), 'confirmation', 'Vedi o cambia la risposta');
  expect(carla.page.text).toContain(
    'Online resta un posto, e con chi viene con te siete in 2: per ora resti in sala.',
  );
  expect(carla.page.text).not.toContain('Passa online');
  // A page that was opened before, or somebody who tries all the same.
  await carla.press('Salva', { mode: 'online' });
  expect(carla.page.status).toBe(409);
  expect(carla.page.text).toContain(
    'Quello che avevi resta com’era. Online c’è posto per una persona, e siete in 2.',
  );
  expect(await standing('Carla')).toBe('going room with 1');
});

test('a switch on her phone takes her guest along, frees the room for the first in line, and says so by mail', async () => {
  await says('Rete1', 'no', 'online');
  const mails = sinceNow(service);
  const phone = await browser.takePhone();
  await phone.open(await linkIn(lastMail(service, to('Carla'), 'confirmation'), 'Vedi o cambia la risposta'));
  const before = await calendarIn(lastMail(service, to('Carla'), 'confirmation'));
  expect(await phone.words()).toContain(
    'Chi viene con te passa con te. I vostri posti in sala vanno ad altre persone',
  );
  await phone.tap('Passa online');
  expect(await phone.words()).toContain('Ci vediamo online');
  expect(await phone.words()).toContain('Con te: Lia Neri.');
  expect(await standing('Carla')).toBe('going online with 1');
  expect([await taken('room'), await taken('online')]).toEqual([11, 30]);
  // Giulia is offered one of the two seats: there is no way back for two.
  expect(await phone.words()).not.toContain('rimetti com’era');

  await service.settle();
  expect(recipients(mails('offer'))).toEqual([to('Giulia')]);
  const mail = lastMail(service, to('Carla'), 'confirmation');
  expect(await wordsOf(mail)).toContain('Partecipi online: il link per collegarti è qui sotto.');
  expect(await wordsOf(mail)).toContain(firstLink);
  const after = await calendarIn(mail);
  expect(after).toContain(`LOCATION:${firstLink}`);
  const sequence = (entry: string | null) => Number(/SEQUENCE:(\d+)/.exec(entry ?? '')?.[1]);
  expect(sequence(after)).toBeGreaterThan(sequence(before));
  await phone.close();
});

test('the offer says which seat it is, and Giulia takes it', async () => {
  const offer = lastMail(service, to('Giulia'), 'offer');
  expect(await subjectOf(offer)).toContain('si è liberato un posto in sala');
  expect(await wordsOf(offer)).toContain('Enoteca Storica');
  const phone = await browser.takePhone();
  await phone.open(await linkIn(offer, 'Sì, ci sarò'));
  expect(await phone.words()).toContain('Si è liberato un posto in sala!');
  await phone.tap('Lo prendo: ci sarò');
  expect(await phone.words()).toContain('il tuo posto in sala c’è');
  expect(await standing('Giulia')).toBe('going room');
  await service.settle();
  expect(await confirmation('Giulia')).toContain('fatto: il tuo posto in sala c’è.');
  await phone.close();
});

test('who waits for a seat online is told that there is one in the room', async () => {
  const elena = await follow(service, of('Elena'), 'invitation', 'Ci sarò');
  await elena.press('Ci sarò', { mode: 'online' });
  expect(elena.page.text).toContain('Sei al 1º posto della lista per il posto online.');
  await service.settle();
  expect(await confirmation('Elena')).toContain('Intanto in sala c’è posto');
  expect(await linkIn(lastMail(service, to('Elena'), 'confirmation'), 'Vengo in sala')).toContain(
    '?mode=room',
  );
  expect(await standing('Elena')).toBe('waitlisted online');
});

test('another join link is told to those confirmed online, another place to those in the room', async () => {
  const desk = await atTheDesk(service, chapter.coordinator.id);
  let mails = sinceNow(service);
  await desk.open(`/desk/events/${event.id}/edit`);
  await desk.press('Salva', { joinUrl: secondLink });
  expect(desk.page.text).toContain('Il link per collegarsi cambia');
  expect(desk.page.text).toContain('sono quelle confermate online');
  await desk.press('Salva e avvisa 29 persone');
  await service.settle();
  const confirmedOnline = [...online.slice(1), 'Carla', 'Dora'];
  expect(recipients(mails())).toEqual(confirmedOnline.map(to).sort());
  const mail = lastMail(service, to('Carla'), 'update');
  expect(await subjectOf(mail)).toContain('il link è cambiato');
  expect(await wordsOf(mail)).not.toContain(firstLink);
  expect(await linkIn(mail, 'Collegati')).toBe(secondLink);
  expect(await calendarIn(mail)).toContain(`LOCATION:${secondLink}`);

  mails = sinceNow(service);
  service.clock.advance(minutes(5));
  await desk.open(`/desk/events/${event.id}/edit`);
  await desk.press('Salva', { venueName: 'Sala Borsa', venueAddress: 'Piazza del Nettuno 3' });
  expect(desk.page.text).toContain('vengono o aspettano un posto in sala');
  await desk.press('Salva e avvisa 11 persone');
  await service.settle();
  expect(recipients(mails())).toEqual([...inRoom, 'Giulia'].map(to).sort());
  // And nobody else is asked whether she still comes.
  const carla = visitor(service.url);
  await carla.open(await linkIn(mail, 'dillo qui'));
  await carla.open(carla.page.url.replace(/\?.*/, ''));
  expect(carla.page.text).not.toContain('Ci sei ancora?');
  await carla.open(await linkIn(lastMail(service, to('Giulia'), 'update'), 'Sì, ci sono'));
  expect(carla.page.text).toContain('Ci sei ancora?');
  await desk.open(`/desk/events/${event.id}`);
  expect(desk.page.text).toContain('Ci sono ancora? (11)');
});

test('the day before, the reminder says where she will be, and gives the link to those online alone', async () => {
  const mails = sinceNow(service);
  await service.travel('2031-11-19T18:30:00+01:00');
  await service.travel('2031-11-20T17:30:00+01:00');
  const reminders = mails('reminder');
  expect(reminders.length).toBeGreaterThan(0);
  for (const name of ['Carla', 'Dora', 'Rete2']) {
    expect(await wordsOf(lastMail(service, to(name), 'reminder')), name).toContain(secondLink);
  }
  expect(await wordsOf(lastMail(service, to('Giulia'), 'reminder'))).toContain('Sala Borsa');
  for (const name of ['Giulia', 'Elena', ...inRoom]) {
    expect(await everythingFor(name), name).not.toContain('canarino');
  }
});

test('attendance is kept by mode, at the door and online', async () => {
  await service.travel('2031-11-20T20:35:00+01:00');
  const phone = await browser.takePhone();
  const value = await createSession(service.db, chapter.coordinator.id, service.clock());
  await phone.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
  await phone.open(`${service.url}/desk/events/${event.id}`);
  expect(await phone.words()).toContain('Avevano detto di sì, in sala (11)');
  await phone.open(`${service.url}/desk/events/${event.id}/door`);
  const all = async (mode: 'room' | 'online', absent: string[]) => {
    const section = phone.page.locator(`#complete-${mode}`);
    await section.locator('summary').tap();
    for (const name of absent) await section.getByLabel(`${name} Rossi`, { exact: true }).check();
    await Promise.all([
      phone.page.waitForEvent('domcontentloaded'),
      section.getByRole('button', { name: 'Segna presenti tutte le altre' }).tap(),
    ]);
    await Promise.all([
      phone.page.waitForEvent('domcontentloaded'),
      phone.page
        .locator(`#complete-${mode}`)
        .getByRole('button', { name: 'Sì, le presenze sono complete' })
        .tap(),
    ]);
  };
  await all('room', ['Sala1']);
  await all('online', ['Dora']);
  const seen = await service.db
    .selectFrom('attendance')
    .select(['mode', (select) => select.fn.countAll<number>().as('count')])
    .where('eventId', '=', event.id)
    .groupBy('mode')
    .orderBy('mode')
    .execute();
  expect(seen.map(({ mode, count }) => [mode, Number(count)])).toEqual([
    ['online', 28],
    ['room', 10],
  ]);
  await phone.close();
});

test('the thanks are true for the way each took part', async () => {
  const mails = sinceNow(service);
  await service.travel('2031-11-21T10:00:00+01:00');
  const kindFor = (name: string) =>
    mails()
      .filter((mail) => mail.to.toLowerCase() === to(name))
      .map(kindOf);
  expect(kindFor('Giulia')).toEqual(['thanks_attended']);
  expect(kindFor('Carla')).toEqual(['thanks_attended']);
  expect(kindFor('Sala1')).toEqual(['thanks_missed']);
  expect(kindFor('Dora')).toEqual(['thanks_missed']);
  expect(await wordsOf(lastMail(service, to('Carla'), 'thanks_attended'))).toContain('anche da lontano');
  expect(await wordsOf(lastMail(service, to('Giulia'), 'thanks_attended'))).not.toContain('da lontano');
  expect(await wordsOf(lastMail(service, to('Dora'), 'thanks_missed'))).toContain('di vederti online');
  expect(await wordsOf(lastMail(service, to('Sala1'), 'thanks_missed'))).not.toContain('online');
});
