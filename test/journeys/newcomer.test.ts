import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { atTheDesk } from './coordinator.ts';
import { calendarIn, lastMail, linkIn, mailsTo, recipients, sinceNow, subjectOf, wordsOf } from './inbox.ts';
import { useBrowser } from './phone.ts';
import { visitor } from './visitor.ts';

const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error' },
});
const browser = useBrowser();

const sara = 'sara.neri@example.org';
/** What Elena had got before Sara came into it. */
const seen = new Set<unknown>();
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let event: Awaited<ReturnType<typeof makeEvent>>;
let elena: string;
let elenaId: string;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  const member = await makeMember(service.db, chapter.id, {
    firstName: 'Elena',
    lastName: 'Poli',
    email: 'elena.poli@example.org',
  });
  elena = member.email as string;
  await service.db
    .insertInto('profiles')
    .values({ personId: member.id, welcomes: true, askMe: 'erbe di campo', updatedAt: service.clock() })
    .execute();
  elenaId = member.id;
  await makeMember(service.db, chapter.id, { firstName: 'Marta', lastName: 'Sala' });
  event = await makeEvent(service.deps, chapter.id, {
    access: 'link',
    seatsRoom: 25,
    bring: 'Un biglietto da visita',
    startsAt: new Date('2031-11-20T18:30:00+01:00'),
    endsAt: new Date('2031-11-20T20:30:00+01:00'),
  });
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: elenaId,
    answer: 'yes',
    visible: true,
    source: 'link',
  });
  await service.settle();
  for (const mail of mailsTo(service, elena)) seen.add(mail);
});

test('Sara asks for a link at the event’s page, naming Elena, and nothing is booked', async () => {
  const phone = await browser.takePhone();
  await phone.open(`${service.url}/e/${event.id}`);
  expect(await phone.words()).toContain('Vuoi esserci?');
  await phone.fill('Come ti chiami?', 'Sara Neri');
  await phone.fill('La tua mail', 'Sara.Neri@example.org');
  await phone.fill('Chi te ne ha parlato? (facoltativo)', 'Elena Poli');
  expect(await phone.page.locator('input[type=password]').count()).toBe(0);
  await phone.tap('Mandami il link');
  expect(await phone.words()).toContain('Ora guarda la posta');
  await service.settle();

  const mail = lastMail(service, sara, 'invitation');
  expect(await subjectOf(mail)).toBe('Aperitivo di rete · gio 20 nov, 18:30 · il tuo link');
  expect(await wordsOf(mail)).toContain('Ci fa piacere che ti inviti Elena P.!');
  expect(await wordsOf(mail)).toContain('Non hai ancora prenotato nulla.');
  const booked = service.db.selectFrom('rsvps').select('state').where('personId', '<>', elenaId);
  expect(await booked.execute()).toEqual([]);
  expect(mailsTo(service, elena, 'confirmation').filter((mail) => !seen.has(mail))).toEqual([]);
  await phone.close();
});

test('an address that nobody knows gets the same page as one that is known', async () => {
  const pages = [];
  for (const email of ['nessuno@example.org', elena]) {
    const stranger = visitor(service.url);
    await stranger.open(`/e/${event.id}`);
    pages.push((await stranger.press('Mandami il link', { name: 'Chi Sa', email })).text);
  }
  expect(pages[0]).toBe(pages[1]);
  await service.settle();
});

test('she confirms with one tap, is told who welcomes her, where and what to bring; and Elena hears of it', async () => {
  const news = sinceNow(service);
  const phone = await browser.takePhone();
  await phone.open(await linkIn(lastMail(service, sara, 'invitation'), 'Ci sarò'));
  expect(await phone.words()).toContain('Stai rispondendo per Sara N.');
  await phone.tap('Ci sarò');
  expect(await phone.words()).toContain('Ci vediamo giovedì');
  await phone.close();
  await service.settle();

  expect(recipients(news())).toEqual([elena, sara]);
  const mail = lastMail(service, sara, 'confirmation');
  const words = await wordsOf(mail);
  expect(words).toContain('Ti diamo il benvenuto!');
  expect(words).toContain('Per te è la prima volta, e ti accolgo io.');
  expect(words).toContain('Ci troviamo qui: Enoteca Storica.');
  expect(words).toContain('Via Marsala 2, Bologna');
  expect(words).toContain('Quando arrivi chiedi di Anna');
  expect(words).toContain('Porta con te: Un biglietto da visita.');
  expect(await calendarIn(mail)).toContain('SUMMARY:Aperitivo di rete');

  const told = lastMail(service, elena, 'confirmation');
  expect(await subjectOf(told)).toBe('Aperitivo di rete · gio 20 nov, 18:30 · Sara ci sarà');
  expect(await wordsOf(told)).toContain('Sara Neri ha confermato e ci sarà.');

  const desk = await atTheDesk(service, chapter.coordinator.id);
  await desk.open(`/desk/events/${event.id}`);
  expect(desk.page.text).toContain('Sara Neri Ospite di Elena Poli');
});

test('a change of mind tells Elena nothing twice', async () => {
  const news = sinceNow(service);
  const reader = visitor(service.url);
  await reader.open(await linkIn(lastMail(service, sara, 'confirmation'), 'dillo qui'));
  await reader.press('Non riesco a venire');
  // This time she lets those who come see her name.
  await reader.press('Ci sarò', { visible: '1' });
  await service.settle();
  expect(recipients(news()).filter((to) => to === elena)).toEqual([]);
});

test('the day before the coordinator reads who is new, and one tap finds her a friendly face', async () => {
  const news = sinceNow(service);
  await service.travel('2031-11-19T16:59:00+01:00');
  expect(news('digest').filter(({ to }) => to === chapter.coordinator.email)).toEqual([]);
  await service.travel('2031-11-19T17:00:00+01:00');
  const mail = lastMail(service, chapter.coordinator.email as string, 'digest');
  expect(await subjectOf(mail)).toBe(
    'Aperitivo di rete · gio 20 nov, 18:30 · domani viene una persona nuova',
  );
  const words = await wordsOf(mail);
  expect(words).toContain('Sara Neri');
  expect(words).toContain('nessuno l’accoglie ancora');
  expect(words).toContain('viene grazie a Elena Poli');

  const desk = await atTheDesk(service, chapter.coordinator.id);
  await desk.open(new URL(await linkIn(mail, 'Scegli chi accoglie')).pathname);
  const both = sinceNow(service);
  await desk.press('Accoglie');
  expect(desk.page.text).toContain('L’accoglie Elena Poli');
  await service.settle();
  expect(recipients(both())).toEqual([elena, sara]);
  const toElena = lastMail(service, elena, 'confirmation');
  expect(await subjectOf(toElena)).toBe('Aperitivo di rete · gio 20 nov, 18:30 · accogli Sara?');
  expect(await wordsOf(toElena)).toContain('viene per la prima volta Sara N.');
  const toSara = lastMail(service, sara, 'confirmation');
  expect(await subjectOf(toSara)).toBe('Aperitivo di rete · gio 20 nov, 18:30 · ti accoglie Elena');
  expect(await wordsOf(toSara)).toContain('ti accoglie Elena P.');
  expect(await wordsOf(toSara)).toContain('“Chiedimi di… erbe di campo”');
  // The digest comes once, whatever she does meanwhile.
  await service.travel('2031-11-19T17:10:00+01:00');
  expect(news('digest')).toHaveLength(1);
});

test('after the event her thank-you is a newcomer’s one, Marta’s who came unannounced is not', async () => {
  await service.travel('2031-11-20T18:45:00+01:00');
  const desk = await atTheDesk(service, chapter.coordinator.id);
  await desk.open(`/desk/events/${event.id}/door`);
  await desk.press('Sara Neri Prima volta · invitata da Elena Poli · la accoglie Elena');
  await desk.press('Marta Sala non ha risposto');
  await desk.press('Sì, le presenze sono complete');
  expect(desk.page.text).toContain('Le presenze sono complete');

  const news = sinceNow(service);
  await service.travel('2031-11-21T10:00:00+01:00');
  const thanks = news('thanks_attended');
  expect(thanks.filter(({ to }) => to !== elena)).toHaveLength(2);
  const words = await wordsOf(lastMail(service, sara, 'thanks_attended'));
  expect(words).toContain('Ad accoglierti c’era Elena');
  expect(words).toContain('grazie di aver passato con noi questa prima volta: è stato bello conoscerti.');
  const other = thanks.find(({ to }) => to !== sara && to !== elena)!;
  expect(await wordsOf(other)).toContain('grazie della compagnia: è stato bello rivederti.');
});
