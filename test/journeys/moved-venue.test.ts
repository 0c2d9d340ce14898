import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { calendarStore } from '../support/calendar-store.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { atTheDesk } from './coordinator.ts';
import { addressOf, follow, type Person, standings } from './full-event.ts';
import { calendarIn, lastMail, linkIn, mailsTo, recipients, sinceNow, subjectOf, wordsOf } from './inbox.ts';
import { useBrowser } from './phone.ts';
import type { Visitor } from './visitor.ts';

const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  // Mail comes in here: calendars get messages that they put in order by themselves.
  env: { LOG_LEVEL: 'error', BOUNCE_DOMAIN: 'bounces.example', INBOUND_SMTP_PORT: '2525' },
});
const browser = useBrowser();

const oldPlace = 'Enoteca Storica, Via Marsala 2, Bologna';
const newPlace = 'Caffè Zamboni, Via Zamboni 6, Bologna';

let event: Awaited<ReturnType<typeof makeEvent>>;
let desk: Visitor;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;

beforeAll(async () => {
  const chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const name of ['Giulia', 'Carla', 'Dora', 'Irene', 'Forse', 'Nora', 'Zitta']) {
    people[name] = await makeMember(service.db, chapter.id, { firstName: name });
  }
  await service.db
    .updateTable('people')
    .set({ phone: '+39 333 1234567' })
    .where('id', '=', of('Dora').id)
    .execute();
  event = await makeEvent(service.deps, chapter.id, {
    seatsRoom: 3,
    maybeAllowed: true,
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  const answers = {
    Giulia: 'yes',
    Carla: 'yes',
    Dora: 'yes',
    Irene: 'yes',
    Forse: 'maybe',
    Nora: 'no',
  } as const;
  for (const [name, answer] of Object.entries(answers)) {
    service.clock.advance(minutes(1));
    await answerInvitation(service.deps, {
      eventId: event.id,
      personId: of(name).id,
      answer,
      source: 'link',
    });
  }
  await service.settle();
  expect(await standings(service, event.id)).toEqual({
    Giulia: 'going',
    Carla: 'going',
    Dora: 'going',
    Irene: 'waitlisted',
    Forse: 'maybe',
    Nora: 'declined',
  });
  desk = await atTheDesk(service, chapter.coordinator.id);
});

test('before she saves, the coordinator sees old and new and decides whom to tell', async () => {
  await service.travel('2031-11-18T12:00:00+01:00');
  const news = sinceNow(service);
  await desk.open(`/desk/events/${event.id}/edit`);
  await desk.press('Salva', { venueName: 'Caffè Zamboni', venueAddress: 'Via Zamboni 6, Bologna' });
  expect(desk.page.text).toContain('Chi avvisiamo?');
  expect(desk.page.text).toContain('Il luogo cambia: vuoi avvisare subito 5 persone?');
  await service.settle();
  expect(news()).toEqual([]);
  await desk.press('Salva e avvisa 5 persone');
  expect(desk.page.text).toContain('Salvato. La mail con il cambiamento sta per partire.');
});

test('confirmed, waiting and undecided each get one mail, with old and new side by side', async () => {
  const news = sinceNow(service);
  const before = mailsTo(service, addressOf(of('Giulia'))).length;
  await service.settle();
  const updates = service.inbox.messages.filter((mail) => mail.header('x-ritrovo-kind') === 'update');
  const concerned = ['Giulia', 'Carla', 'Dora', 'Irene', 'Forse'];
  expect(recipients(updates)).toEqual(concerned.map((name) => addressOf(of(name)).toLowerCase()).sort());
  expect(news().every((mail) => mail.header('x-ritrovo-kind') === 'update')).toBe(true);
  expect(mailsTo(service, addressOf(of('Giulia'))).length - before).toBeLessThanOrEqual(1);
  for (const mail of updates) {
    expect(await subjectOf(mail)).toBe(
      'Aperitivo di rete · gio 20 nov, 18:30 · c’è un cambiamento: ci sei ancora?',
    );
    const words = await wordsOf(mail);
    expect(words).toContain(oldPlace);
    expect(words).toContain(newPlace);
    expect(words.indexOf(oldPlace)).toBeLessThan(words.indexOf(newPlace));
    expect(words).toContain('Ci sei ancora?');
  }
});

/** What her calendar shows once it has taken what her mails brought, in their order. */
async function calendarOf(name: string) {
  const store = calendarStore();
  const words: ReturnType<typeof store.take>[] = [];
  for (const mail of mailsTo(service, addressOf(of(name)))) {
    const text = await calendarIn(mail);
    if (text) words.push(store.take(text));
  }
  return { words, entries: store.entries() };
}

test('the calendar entry she has is updated, not doubled', async () => {
  for (const [name, partstat] of [
    ['Giulia', 'ACCEPTED'],
    ['Forse', 'TENTATIVE'],
  ] as const) {
    const { words, entries } = await calendarOf(name);
    expect(words.map(({ method, counted }) => [method, counted])).toEqual([
      ['REQUEST', true],
      ['REQUEST', true],
    ]);
    const [first, second] = words as [(typeof words)[number], (typeof words)[number]];
    expect(second.uid).toBe(first.uid);
    expect(second.entry.sequence).toBeGreaterThan(first.entry.sequence);
    expect(first.entry.location).toBe(oldPlace);
    expect(entries).toMatchObject([{ location: newPlace, partstat, startsAt: '2031-11-20T17:30:00.000Z' }]);
    const said = await wordsOf(lastMail(service, addressOf(of(name)), 'update'));
    expect(said).toContain('il tuo calendario lo corregge da solo, senza doppioni');
  }
  // Who waits has no entry, and gets none.
  expect((await calendarOf('Irene')).words).toEqual([]);
  expect((await calendarOf('Zitta')).words).toEqual([]);
});

test('"Ci sei ancora?" is one tap for yes', async () => {
  const phone = await browser.takePhone();
  await phone.open(await linkIn(lastMail(service, addressOf(of('Giulia')), 'update'), 'Sì, ci sono'));
  const words = await phone.words();
  expect(words).toContain('Ci sei ancora?');
  expect(words).toMatch(/Prima .*Enoteca Storica.* Adesso .*Caffè Zamboni/);
  expect(await phone.page.locator('s').allInnerTexts()).toEqual(['Enoteca Storica, Via Marsala 2, Bologna']);
  await phone.tap('Sì, ci sono ancora');
  expect(await phone.words()).toContain('Ci vediamo giovedì');
  expect(await phone.words()).not.toContain('Ci sei ancora?');
  await phone.close();
});

test('and one tap for no, which frees her seat for the next', async () => {
  const phone = await browser.takePhone();
  await phone.open(await linkIn(lastMail(service, addressOf(of('Carla')), 'update'), 'No, non riesco'));
  await phone.tap('No, così non riesco');
  expect(await phone.words()).toContain('Hai disdetto');
  await phone.close();
  await service.settle();
  expect(await standings(service, event.id)).toMatchObject({ Carla: 'withdrawn', Irene: 'offered' });
  const offer = lastMail(service, addressOf(of('Irene')), 'offer');
  expect(await wordsOf(offer)).toContain(newPlace);
  expect(await wordsOf(offer)).not.toContain('Via Marsala');
  await (await follow(service, of('Irene'), 'offer', 'Sì, ci sarò')).press('Lo prendo: ci sarò');
  await service.settle();
  // Carla's entry is gone, and Irene has one, at the new place.
  expect((await calendarOf('Carla')).entries).toEqual([]);
  expect((await calendarOf('Irene')).entries).toMatchObject([{ location: newPlace, partstat: 'ACCEPTED' }]);
});

test('the desk shows who has not said so, with a telephone link; opening the page proves nothing', async () => {
  const opened = await follow(service, of('Dora'), 'update', 'Sì, ci sono');
  expect(opened.page.text).toContain('Ci sei ancora?');
  await desk.open(`/desk/events/${event.id}`);
  const group = /<details[^>]* id="group-toReconfirm">([\s\S]*?)<\/details>/.exec(desk.page.html)?.[1] ?? '';
  expect(group).toContain('Ci sono ancora? (2)');
  expect(group).toContain('Dora Prova');
  expect(group).toContain('Forse Prova');
  expect(group).not.toContain('Giulia Prova');
  expect(group).not.toContain('Irene Prova');
  expect(group.match(/href="tel:[^"]+"/g)).toEqual(['href="tel:+393331234567"']);
});

test('a reminder that had not left shows only the new address', async () => {
  const news = sinceNow(service);
  await service.travel('2031-11-19T10:00:00+01:00');
  const reminders = news('reminder');
  expect(recipients(reminders)).toEqual(
    ['Dora', 'Giulia', 'Irene'].map((name) => addressOf(of(name)).toLowerCase()).sort(),
  );
  for (const mail of reminders) {
    expect(await wordsOf(mail)).toContain(newPlace);
    expect(mail.raw.toString('latin1')).not.toMatch(/Marsala|Enoteca/);
    expect(await wordsOf(mail)).not.toMatch(/Marsala|Enoteca/);
  }
});
