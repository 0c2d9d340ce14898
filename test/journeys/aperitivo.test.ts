import { afterAll, beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { called, cast, list } from './cast.ts';
import { doorPhone } from './door-phone.ts';
import { reply, seatsTaken, standings } from './full-event.ts';
import { lastMail, linkIn, mailsTo, recipients, sinceNow, subjectOf, wordsOf } from './inbox.ts';
import { type Phone, useBrowser } from './phone.ts';
import { setUp } from './setup.ts';
import { visitor } from './visitor.ts';

// It begins now, because `setup` knows no other time; then the clock is the test's. In 2031 no alarm of the queue rings
// by itself: what is due happens when that clock says so.
const service = useService({ now: new Date().toISOString(), listen: true, env: { LOG_LEVEL: 'error' } });
const browser = useBrowser();
const anna = 'anna.ricci@example.org';
const everybody = [anna, ...cast.map(({ email }) => email)].sort();

let desk: Phone;
let eventId: string;

beforeAll(async () => {
  desk = await browser.takePhone();
});
afterAll(() => desk?.close());

const replies = (email: string, kind: string, taps: [string, string], fields?: Record<string, string>) =>
  reply(service, email, kind, taps, fields);

test('setup prints a link that opens the desk', async () => {
  const link = await setUp(service, {
    network: 'Rete Intrecci',
    chapter: 'bologna',
    'chapter-name': 'Bologna',
    'time-zone': 'Europe/Rome',
    coordinator: anna,
  });
  service.clock.set(new Date());
  await desk.open(link);
  await desk.tap('Entra');
  expect(await desk.words()).toContain('Cominciamo dalle persone');
});

test('she pastes thirty members, sees what was understood, and nobody is written to', async () => {
  await desk.tap('Incolla l’elenco');
  await desk.fill('Incolla l’elenco', list);
  await desk.tap('Controlla l’elenco');
  expect(await desk.words()).toContain('30 persone nuove');
  await desk.tap('Aggiungile al gruppo: 30 persone');
  expect(await desk.words()).toContain('30 persone in più nel gruppo.');
  expect(await desk.words()).toContain('31 persone nel gruppo');
  await service.settle();
  expect(service.inbox.messages).toEqual([]);
});

test('years later, on a new phone, she signs in by a mailed link', async () => {
  await service.travel('2031-11-10T10:00:00+01:00');
  await desk.close();
  desk = await browser.takePhone();
  await desk.open(`${service.url}/desk/`);
  await desk.fill('La tua mail', 'Anna.Ricci@example.org');
  await desk.tap('Mandami il link');
  await service.settle();
  await desk.open(await linkIn(lastMail(service, anna, 'sign_in'), 'Entra'));
  await desk.tap('Entra');
  expect(await desk.words()).toContain('Nessun incontro in vista');
});

test('she makes the aperitivo, reads the invitation and how many get it, and sends herself a test', async () => {
  await desk.tap('Nuovo incontro');
  await desk.fill('Titolo', 'Aperitivo di novembre');
  await desk.fill('Giorno', '2031-11-20');
  await desk.fill('Luogo', 'Enoteca Storica');
  await desk.fill('Indirizzo', 'Via Marsala 2, Bologna');
  await desk.fill('Posti in presenza', '25');
  await desk.fill('Ospiti a testa', '1');
  await desk.tap('Avanti: guarda l’invito');
  eventId = /events\/([\w-]+)\/publication/.exec(desk.page.url())?.[1] ?? '';
  const words = await desk.words();
  expect(words).toContain('L’invito partirà a 31 persone');
  expect(words).toContain('Aperitivo di novembre · gio 20 nov, 18:30 · ci sei?');
  for (const step of [
    'giovedì 13 novembre alle 10:00 Un cenno',
    'mercoledì 19 novembre alle 10:00 Promemoria',
    'venerdì 21 novembre alle 10:00 Grazie',
  ]) {
    expect(words).toContain(step);
  }
  const frame = desk.page.locator('iframe');
  await frame.scrollIntoViewIfNeeded();
  await frame.contentFrame().getByText('Il primo tocco apre la tua pagina').waitFor();
  await desk.tap('Manda una prova a me');
  await service.settle();
  expect(recipients(service.inbox.messages)).toEqual([anna, anna]);
  expect(await subjectOf(lastMail(service, anna, 'invitation'))).toContain('Aperitivo di novembre');
});

test('she publishes, and each gets one invitation', async () => {
  const news = sinceNow(service);
  await desk.tap('Pubblica e manda gli inviti');
  expect(await desk.words()).toContain('Pubblicato! Gli inviti stanno partendo.');
  await service.settle();
  expect(recipients(news())).toEqual(everybody);
  expect(recipients(news('invitation'))).toEqual(everybody);
});

test('members answer with two taps: 25 seats are taken, two of them by guests, and four wait', async () => {
  for (const [firstName, guest] of [
    ['Giulia', null],
    ['Elena', 'Sara Neri'],
  ] as const) {
    const phone = await browser.takePhone();
    await phone.open(await linkIn(lastMail(service, called(firstName).email, 'invitation'), 'Ci sarò'));
    if (guest) {
      await phone.page.getByText('Ospiti, o due righe per noi').tap();
      await phone.fill('Ospite 1', guest);
    }
    await phone.tap('Ci sarò');
    expect(await phone.words()).toContain('Ci vediamo giovedì');
    if (guest) expect(await phone.words()).toContain(`Con te: ${guest}.`);
    await phone.close();
  }
  const yes = ['Ci sarò', 'Ci sarò'] as [string, string];
  await replies(called('Bea').email, 'invitation', yes, { guestName: 'Chiara Fabbri' });
  const others = cast.slice(3, 22).map(({ email }) => email);
  for (const email of [anna, ...others]) {
    const { text } = await replies(email, 'invitation', yes);
    expect(text).toContain('Ci vediamo giovedì');
  }
  expect(await seatsTaken(service, eventId)).toBe(25);
  for (const [place, firstName] of ['Irene', 'Laura', 'Nina', 'Olga'].entries()) {
    service.clock.advance(minutes(1));
    const page = await replies(called(firstName).email, 'invitation', [
      'Ci sarò',
      'Mettimi in lista d’attesa',
    ]);
    expect(page.text).toContain(`Sei al ${place + 1}º posto della lista.`);
  }
  for (const firstName of ['Marta', 'Paola']) {
    await replies(called(firstName).email, 'invitation', ['Non ci sarò', 'Non ci sarò']);
  }
  expect(await seatsTaken(service, eventId)).toBe(25);
  await service.settle();
  expect(await wordsOf(lastMail(service, called('Elena').email, 'confirmation'))).toContain(
    'Con te: Sara Neri.',
  );
  expect(await wordsOf(lastMail(service, called('Irene').email, 'confirmation'))).toContain(
    'hai il numero 1',
  );
  await desk.open(`${service.url}/desk/events/${eventId}`);
  expect(await desk.words()).toContain('25 persone vengono su 25 posti: tutti presi');
});

test('the coordinator hears of it in the evening; those who are silent get one nudge, those who come a reminder', async () => {
  let news = sinceNow(service);
  await service.travel('2031-11-10T19:00:00+01:00');
  expect(recipients(news())).toEqual([anna]);
  expect(await subjectOf(news('digest')[0]!)).toContain('29 risposte nuove');

  news = sinceNow(service);
  await service.travel('2031-11-13T09:59:59+01:00');
  expect(news()).toEqual([]);
  await service.travel('2031-11-13T10:00:00+01:00');
  expect(recipients(news('chase'))).toEqual([called('Rita').email, called('Zoe').email]);

  news = sinceNow(service);
  await service.travel('2031-11-19T10:00:00+01:00');
  const coming = [anna, ...cast.slice(0, 22).map(({ email }) => email)].sort();
  expect(recipients(news('reminder'))).toEqual(coming);

  news = sinceNow(service);
  await service.travel('2031-11-20T08:00:00+01:00');
  expect(recipients(news())).toEqual([anna]);
  expect(await wordsOf(news('digest')[0]!)).toContain('Elena Poli, con un’ospite: Sara Neri');
});

test('on the day Giulia gives up her seat: the first in line gets 45 minutes, and the coordinator a mail at once', async () => {
  await service.travel('2031-11-20T15:30:00+01:00');
  const news = sinceNow(service);
  const phone = await browser.takePhone();
  await phone.open(await linkIn(lastMail(service, called('Giulia').email, 'reminder'), 'dillo qui'));
  expect(await phone.words()).toContain('Questa volta no?');
  await phone.tap('Non riesco a venire');
  expect(await phone.words()).toContain('Hai disdetto');
  await phone.close();
  await service.settle();
  expect(recipients(news())).toEqual([anna, called('Giulia').email, called('Irene').email]);
  const [notice] = news('digest');
  expect(await subjectOf(notice!)).toContain('Giulia Rossi non viene più');
  expect(await wordsOf(notice!)).toContain(
    'Il posto è stato offerto a Irene Amato, che può rispondere fino a oggi alle 16:15.',
  );
  const offer = lastMail(service, called('Irene').email, 'offer');
  expect(await wordsOf(offer)).toContain('Te lo tengo fino a oggi alle 16:15');
  expect(await seatsTaken(service, eventId)).toBe(25);
});

test('she is silent, and the next one gets it; what was offered to the first is not hers any more', async () => {
  const news = sinceNow(service);
  await service.travel('2031-11-20T16:14:59+01:00');
  expect(news()).toEqual([]);
  await service.travel('2031-11-20T16:15:00+01:00');
  expect(recipients(news('offer'))).toEqual([called('Laura').email]);
  expect(await wordsOf(news('offer')[0]!)).toContain('fino a oggi alle 17:00');
  expect(recipients(news('confirmation'))).toEqual([called('Irene').email]);

  const late = await replies(called('Irene').email, 'offer', ['Sì, ci sarò', 'Mi va ancora']);
  expect(late.text).toContain('Sei in lista d’attesa');
  const taken = await replies(called('Laura').email, 'offer', ['Sì, ci sarò', 'Lo prendo: ci sarò']);
  expect(taken.text).toContain('Ci vediamo');
  expect(await seatsTaken(service, eventId)).toBe(25);
  expect(await standings(service, eventId)).toMatchObject({ Irene: 'waitlisted', Laura: 'going' });
});

test('offers stop an hour before the start: then a free seat is whose who answers first, and there are never 26', async () => {
  await service.travel('2031-11-20T17:20:00+01:00');
  await replies(called('Carla').email, 'reminder', ['dillo qui', 'Non riesco a venire']);
  await service.settle();
  expect(await wordsOf(lastMail(service, called('Nina').email, 'offer'))).toContain('fino a oggi alle 17:30');

  const news = sinceNow(service);
  await service.travel('2031-11-20T17:30:00+01:00');
  await service.travel('2031-11-20T17:40:00+01:00');
  expect(news('offer')).toEqual([]);
  expect(await wordsOf(lastMail(service, called('Nina').email, 'confirmation'))).toContain(
    'a chi risponde prima',
  );
  expect(await seatsTaken(service, eventId)).toBe(24);

  const quick = await Promise.all(
    ['Irene', 'Nina', 'Olga', 'Paola'].map(async (firstName) => {
      const reader = visitor(service.url);
      await reader.open(await linkIn(lastMail(service, called(firstName).email, 'invitation'), 'Ci sarò'));
      return reader;
    }),
  );
  expect(quick[0]?.page.text).toContain('C’è un posto libero!');
  await Promise.all(quick.map((reader) => reader.press('Ci sarò')));
  expect(quick.filter(({ page }) => page.text.includes('Ci vediamo'))).toHaveLength(1);
  expect(quick.filter(({ page }) => page.text.includes('lo vedi qui'))).toHaveLength(3);
  expect(await seatsTaken(service, eventId)).toBe(25);
  await service.settle();
});

test('at the door: a tap for who came, a walk-in, "tutte presenti, tranne…", and it is complete', async () => {
  await service.travel('2031-11-20T18:20:00+01:00');
  await desk.open(`${service.url}/desk/events/${eventId}`);
  expect(await desk.words()).toContain('Hanno rinunciato all’ultimo (2)');
  await desk.open(`${service.url}/desk/`);
  await desk.tap('Alla porta');
  const door = doorPhone(service, desk.page.context(), desk.page);
  await door.says('0 di 25');
  for (const firstName of ['Elena', 'Bea']) {
    await door.tap(called(firstName).name);
    const row = desk.page
      .locator('#gate-list')
      .getByRole('button', { name: called(firstName).name })
      .first();
    expect(await row.getAttribute('aria-pressed')).toBe('true');
  }
  await desk.fill('Nome e cognome', 'Vera Longo');
  await desk.fill('Mail (se vuole)', 'vera@example.org');
  await desk.page.getByRole('button', { name: 'Aggiungi', exact: true }).tap();
  await door.says('2 di 25 e una senza conferma');
  await door.status('Tutto salvato');
  expect(await desk.words()).toContain('Si può dire dall’inizio dell’incontro in poi.');

  await service.travel('2031-11-20T19:00:00+01:00');
  await desk.open(`${service.url}/desk/events/${eventId}/door`);
  await desk.page.getByText('Tutte presenti, tranne…').tap();
  await desk.page.getByLabel('Dora Donati').check();
  await desk.page.getByLabel('Flavia Ferri').check();
  await desk.tap('Segna presenti tutte le altre');
  await door.says('23 di 25 e una senza conferma');
  await door.says('Risultano assenti: Dora Donati, Flavia Ferri.');
  await desk.tap('Sì, le presenze sono complete');
  expect(await desk.words()).toContain('Le presenze sono complete');
});

test('the next day at ten each gets exactly one thanks, and the right one', async () => {
  const stood = await standings(service, eventId);
  const who = (state: string) =>
    Object.keys(stood)
      .filter((firstName) => stood[firstName] === state)
      .map((firstName) => (firstName === 'Anna' ? anna : called(firstName).email));
  const missed = [called('Dora').email, called('Flavia').email];
  const news = sinceNow(service);
  await service.travel('2031-11-21T09:59:59+01:00');
  expect(news().filter((mail) => mail.header('x-ritrovo-kind')?.startsWith('thanks'))).toEqual([]);
  await service.travel('2031-11-21T10:00:00+01:00');

  const came = who('going').filter((email) => !missed.includes(email));
  expect(came).toHaveLength(21);
  expect(recipients(news('thanks_attended'))).toEqual([...came, 'vera@example.org'].sort());
  expect(recipients(news('thanks_missed'))).toEqual(missed);
  // Giulia gave her seat up late: she could not come, she did not fail to show.
  expect(recipients(news('thanks_declined'))).toEqual([...who('declined'), ...who('withdrawn')].sort());
  expect(recipients(news('thanks_declined'))).toContain(called('Giulia').email);
  expect(news('thanks')).toEqual([]);
  expect(await wordsOf(mailsTo(service, 'vera@example.org')[0]!)).toContain('questa prima volta');

  // Those who were there and said nothing of it are reminded once of the page that is theirs.
  const later = sinceNow(service);
  for (const day of ['22', '23', '25', '28']) await service.travel(`2031-11-${day}T10:00:00+01:00`);
  expect(recipients(later('feedback'))).toEqual([...came, 'vera@example.org'].sort());
  // And that was all: nobody hears of it again.
  expect(later()).toHaveLength(came.length + 1);
});
