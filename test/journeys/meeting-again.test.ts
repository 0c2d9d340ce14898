import { beforeAll, expect, test } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import { makeEvening } from '../introductions/acquaintances.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';
import { lastMail, linkIn, linksOf, mailsTo, subjectOf, wordsOf } from './inbox.ts';
import { useBrowser } from './phone.ts';

const service = useService({ now: '2031-11-20T17:30:00+01:00', listen: true, env: { LOG_LEVEL: 'error' } });
const browser = useBrowser();
const { feedbackLinkOf } = linkPaths(() => service.deps);

type Member = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let evening: { id: string };
const people: Record<'anna' | 'bruno' | 'carla' | 'dario', Member> = {} as never;
const addressOf = (person: Member) => person.email as string;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  const member = async (told: Parameters<typeof makeMember>[2] & { work: string; phone: string }) => {
    const { work, phone, ...person } = told;
    const made = await makeMember(service.db, chapter.id, person);
    await service.db.updateTable('people').set({ phone }).where('id', '=', made.id).execute();
    await service.db
      .insertInto('profiles')
      .values({ personId: made.id, work, updatedAt: service.clock() })
      .execute();
    return made;
  };
  people.anna = await member({
    firstName: 'Anna',
    lastName: 'Rinaldi',
    work: 'Architetta',
    phone: '+39 333 111',
  });
  people.bruno = await member({
    firstName: 'Bruno',
    lastName: 'Serra',
    locale: 'en',
    form: 'masculine',
    work: 'Photographer',
    phone: '+39 333 222',
  });
  people.carla = await member({
    firstName: 'Carla',
    lastName: 'Toso',
    form: 'neutral',
    work: 'Notaia',
    phone: '+39 333 333',
  });
  people.dario = await member({
    firstName: 'Dario',
    lastName: 'Urso',
    work: 'Fornaio',
    phone: '+39 333 444',
  });
  const { anna, bruno, carla, dario } = people;
  evening = await makeEvening(service.deps, chapter.id, [anna, bruno, carla, dario], { unseen: [dario] });
  await makeEvent(service.deps, chapter.id, {
    title: 'Pranzo di dicembre',
    startsAt: new Date('2031-12-04T13:00:00+01:00'),
  });
  await service.travel('2031-11-21T11:00:00+01:00');
  service.inbox.clear();
});

test('Anna and Bruno each choose the other on a phone, and an hour later both get a mail', async () => {
  const { anna, bruno, carla, dario } = people;
  for (const [who, whom, give, save] of [
    [anna, 'Bruno S.', 'Mail', 'Salva'],
    [bruno, 'Anna R.', 'Phone', 'Save'],
    [carla, 'Anna R.', 'Mail', 'Salva'],
  ] as const) {
    const phone = await browser.takePhone();
    await phone.open(service.url + (await feedbackLinkOf(evening.id, who.id)));
    expect(await phone.words()).not.toContain('Dario');
    await phone.page.locator('label', { hasText: whom }).tap();
    await phone.page.locator('label', { hasText: give }).first().tap();
    await phone.tap(save);
    await phone.close();
  }
  await service.settle();
  expect(mailsTo(service, addressOf(anna), 'introduction')).toEqual([]);
  await service.travel('2031-11-21T12:01:00+01:00');

  const toAnna = lastMail(service, addressOf(anna), 'introduction');
  expect(await subjectOf(toAnna)).toBe('Ti presento Bruno Serra');
  const anna1 = await wordsOf(toAnna);
  expect(anna1).toContain('Che cosa fa: Photographer');
  expect(anna1).toContain('+39 333 222');
  expect(anna1).not.toContain(addressOf(bruno));
  expect(anna1).toContain('Pranzo di dicembre');
  const toBruno = lastMail(service, addressOf(bruno), 'introduction');
  expect(await subjectOf(toBruno)).toBe('Meet Anna Rinaldi');
  expect(await wordsOf(toBruno)).toContain(addressOf(anna));
  expect(await wordsOf(toBruno)).not.toContain('+39 333 111');
  // Carla wished alone: nobody hears of it, she neither.
  for (const one of [carla, dario]) expect(mailsTo(service, addressOf(one), 'introduction')).toEqual([]);
  expect(toAnna.header('list-unsubscribe')).toContain('/u/');

  const phone = await browser.takePhone();
  await phone.open(await linkIn(toAnna, 'La vostra presentazione'));
  expect(await phone.words()).toContain('Tu e Bruno Serra');
  await phone.close();
});

test('Chiara asks Carla and Dario; both say yes, and only then read each other’s names', async () => {
  const { carla, dario } = people;
  const desk = await browser.takePhone();
  const value = await createSession(service.db, chapter.coordinator.id, service.clock());
  await desk.page.context().addCookies([{ name: 'ritrovo_desk', value, url: service.url }]);
  await desk.open(`${service.url}/desk/chapters/bologna/introductions`);
  await desk.tap('Presenta due persone');
  await desk.page.getByRole('searchbox').fill('carla');
  await desk.tap('Cerca');
  await desk.tap(/Carla Toso/);
  await desk.page.getByRole('searchbox').fill('dario');
  await desk.tap('Cerca');
  await desk.tap(/Dario Urso/);
  const form = await desk.words();
  expect(form).toContain('Dario leggerà il nome di Carla Toso');
  expect(form).toContain('Carla leggerà «una persona del gruppo»');
  await desk.fill('Perché?', 'Cercate tutti e due un forno in centro.');
  await desk.tap('Chiedi a entrambe');
  expect(await desk.words()).toContain('Carla Toso e Dario Urso');
  await service.settle();

  const toCarla = lastMail(service, addressOf(carla), 'introduction');
  expect(await subjectOf(toCarla)).toBe('Posso presentarti una persona?');
  expect(await wordsOf(toCarla)).not.toContain('Dario');
  expect(await subjectOf(lastMail(service, addressOf(dario), 'introduction'))).toBe('Ti presento Carla T.?');
  for (const one of [carla, dario]) {
    const phone = await browser.takePhone();
    await phone.open(
      await linkIn(lastMail(service, addressOf(one), 'introduction'), 'Rispondi con un tocco'),
    );
    await phone.page.locator('label', { hasText: 'Telefono' }).tap();
    await phone.tap('Sì, volentieri');
    expect(await phone.words()).toContain('Il tuo sì c’è');
    await phone.close();
  }
  await service.travel('2031-11-21T13:30:00+01:00');
  expect(await subjectOf(lastMail(service, addressOf(carla), 'introduction'))).toBe('Ti presento Dario Urso');
  expect(await wordsOf(lastMail(service, addressOf(carla), 'introduction'))).toContain('+39 333 444');
  await desk.open(`${service.url}/desk/chapters/bologna/introductions`);
  const page = await desk.words();
  expect(page).toContain('Carla Toso e Dario Urso');
  expect(page).not.toContain('Anna Rinaldi');
  await desk.close();
});

test('a month later Anna says with two taps what came of it', async () => {
  const { anna } = people;
  await service.travel('2031-12-22T10:00:00+01:00');
  const mail = lastMail(service, addressOf(anna), 'introduction');
  expect(await subjectOf(mail)).toBe('Tu e Bruno Serra: com’è andata?');
  expect((await linksOf(mail)).map(({ label }) => label)).toContain('Dillo con un tocco');
  const phone = await browser.takePhone();
  await phone.open(await linkIn(mail, 'Dillo con un tocco'));
  await phone.tap('Sì');
  await phone.tap('Un’amicizia');
  expect(await phone.page.locator('[aria-pressed="true"]').allInnerTexts()).toEqual(['Sì', 'Un’amicizia']);
  await phone.close();
});
