import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import { requestLink } from '../../server/public/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { doorPhone } from './door-phone.ts';
import { kindOf, linkIn, linksOf, recipients, sinceNow, subjectOf, wordsOf } from './inbox.ts';
import { type Phone, useBrowser } from './phone.ts';

/** Scenario 10, the thanks: to whoever came, did not show, could not or was new, as each reads and is addressed. */
const service = useService({ now: '2031-11-10T10:00:00+01:00', listen: true, env: { LOG_LEVEL: 'error' } });
const browser = useBrowser();

const fates = ['came', 'absent', 'declined', 'late', 'newcomer', 'walkIn'] as const;
const spoken = (['feminine', 'masculine', 'neutral'] as const).flatMap((form) =>
  (['it', 'en'] as const).map((locale) => ({ form, locale })),
);
const people = fates
  .flatMap((fate) => spoken.map((how) => ({ fate, ...how })))
  .map((one, index) => {
    const firstName = `Zoe${index + 10}`;
    return { ...one, firstName, name: `${firstName} Prova`, email: `${firstName}@example.org`.toLowerCase() };
  });
type Fate = (typeof fates)[number];
const those = (...among: Fate[]) => people.filter(({ fate }) => among.includes(fate));
const chosen = those('came')[0]!;
const line = 'Il tuo racconto del mercato mi è rimasto.';

const next = { it: 'alla prossima', en: 'until next time' };
const came = { it: 'grazie della compagnia', en: 'thank you for coming' };
const again = { it: 'è stato bello rivederti', en: 'lovely to see you again' };
const unmet = { it: 'ho avuto il piacere di vederti', en: 'did not get to see each other' };
const could = { it: 'grazie di avermelo detto', en: 'thank you for telling me' };
const first = { it: 'questa prima volta: è stato bello', en: 'this first time with us: it was lovely' };
/** Whose thanks are which, and what they say in their subject and below. */
const right: Record<Fate, [kind: string, ...words: Record<'it' | 'en', string>[]]> = {
  came: ['thanks_attended', came, again],
  absent: ['thanks_missed', next, unmet],
  declined: ['thanks_declined', next, could],
  late: ['thanks_declined', next, could],
  newcomer: ['thanks_attended', came, first],
  walkIn: ['thanks_attended', came, first],
};
const greeting = { it: 'Ciao', en: 'Hi' };
/** The thanks speak to everybody alike, so that none of these is right in any of them. */
const gendered = /\b(benvenut|car|iscritt|aggiunt|venut|invitat|mancat|arrivat)[ao]\b/i;
const blame = /assent|assenz|mancat|non ti sei presentat|absent|missed|missing|no.show/i;
const toTell = { it: 'Racconta com’è andata', en: 'Say how it was' };
const wasThere = { it: 'C’ero anch’io', en: 'I was there' };
const here = { it: 'C’ero', en: 'I was there' };
const kept = { it: 'Hai detto che c’eri.', en: 'You said that you were there.' };

let chapter: Awaited<ReturnType<typeof makeChapter>>;
let eventId: string;
let phone: Phone;
const ids = new Map<string, string>();
/** What an evening's thanks were. */
let thanks: ReturnType<typeof sinceNow>;
const toOne = (email: string) => thanks().filter(({ to }) => to.toLowerCase() === email);
const addressed = (some: readonly { email: string }[]) => some.map(({ email }) => email).sort();

async function replies(some: readonly { email: string }[], answer: 'yes' | 'no') {
  for (const { email } of some) {
    const said = { eventId, personId: ids.get(email) as string, answer, source: 'link' } as const;
    expect(await answerInvitation(service.deps, said)).toMatchObject({ ok: true });
  }
}

/** Who came from outside is spoken to as the coordinator has noted since. */
async function note({ email, form, locale }: (typeof people)[number]) {
  const changed = service.db.updateTable('people').set({ form, locale }).where('email', '=', email);
  ids.set(email, (await changed.returning('id').executeTakeFirstOrThrow()).id);
}

beforeAll(async () => {
  phone = await browser.takePhone();
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const { firstName, email, form, locale } of those('came', 'absent', 'declined', 'late')) {
    const made = await makeMember(service.db, chapter.id, { firstName, email, form, locale });
    ids.set(email, made.id);
  }
  const startsAt = new Date('2031-11-20T18:30:00+01:00');
  const event = await makeEvent(service.deps, chapter.id, { access: 'link', startsAt });
  eventId = event.id;
  for (const one of those('newcomer')) {
    await requestLink(service.deps, { ...one, eventId, invitedBy: '' });
    await note(one);
  }
  await service.settle();
  await replies(those('came', 'absent', 'late', 'newcomer'), 'yes');
  await replies(those('declined'), 'no');
  await service.travel('2031-11-20T15:00:00+01:00');
  await replies(those('late'), 'no');
}, 60_000);
afterAll(() => phone?.close());

test('at the door she says who came, and afterwards writes one line and says yes to what follows', async () => {
  await service.travel('2031-11-20T20:00:00+01:00');
  const desk = await browser.takePhone();
  const value = await createSession(service.db, chapter.coordinator.id, service.clock());
  await desk.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
  await desk.open(`${service.url}/desk/events/${eventId}/door`);
  const door = doorPhone(service, desk.page.context(), desk.page);
  await door.says('0 di 18');
  for (const { name, email } of those('walkIn')) {
    await desk.fill('Nome e cognome', name);
    await desk.fill('Mail (se vuole)', email);
    await desk.page.getByRole('button', { name: 'Aggiungi', exact: true }).tap();
    await door.says(name);
  }
  await door.status('Tutto salvato');
  await desk.open(`${service.url}/desk/events/${eventId}/door`);
  await desk.page.getByText('Tutte presenti, tranne…').tap();
  for (const { name } of those('absent')) await desk.page.getByLabel(name, { exact: true }).check();
  await desk.tap('Segna presenti tutte le altre');
  await door.says('12 di 18 e 6 senza conferma');
  await desk.tap('Sì, le presenze sono complete');
  for (const one of those('walkIn')) await note(one);

  await desk.open(`${service.url}/desk/events/${eventId}/follow-up`);
  const row = desk.page.locator(`#p-${ids.get(chosen.email)}`);
  await row.locator('summary').tap();
  await desk.fill(`La tua riga per ${chosen.name}`, line);
  await row.getByRole('button').tap();
  await desk.page.waitForURL(/done=lineSaved/);
  await desk.tap('Va bene così');
  expect(await desk.words()).toContain('Tutto pronto. Non devi fare altro.');
  await desk.close();
}, 60_000);

test('the next day at ten each gets one thanks, and one alone the line', async () => {
  thanks = sinceNow(service);
  await service.travel('2031-11-21T09:59:59+01:00');
  expect(thanks().filter((mail) => kindOf(mail).startsWith('thanks'))).toEqual([]);
  thanks = sinceNow(service);
  await service.travel('2031-11-21T10:00:00+01:00');
  expect(recipients(thanks())).toEqual(addressed(people));
  const words = await Promise.all(thanks().map(wordsOf));
  expect(words.filter((one) => one.includes(line))).toHaveLength(1);
  expect(await wordsOf(toOne(chosen.email)[0]!)).toContain(line);
});

describe.each(people)('$fate, $form, $locale', ({ fate, locale, firstName, email }) => {
  test('reads the right thanks, in her language, and of no other form', async () => {
    const mails = toOne(email);
    const [kind, ...told] = right[fate];
    expect(mails.map(kindOf)).toEqual([kind]);
    const words = `${await subjectOf(mails[0]!)} ${await wordsOf(mails[0]!)}`;
    expect(words).toContain(`${greeting[locale]} ${firstName},`);
    for (const one of told) expect(words).toContain(one[locale]);
    expect(words).not.toMatch(gendered);
    expect(words).not.toMatch(blame);
    const own = (await linksOf(mails[0]!)).filter(({ url }) => url.includes('/f/'));
    // Who was not there is asked nothing.
    expect(own.map(({ label }) => label)).toEqual(kind === 'thanks_attended' ? [toTell[locale]] : []);
    for (const { url } of own) {
      await phone.open(url);
      expect(await phone.page.getAttribute('html', 'lang')).toBe(locale);
      expect(await phone.words()).toContain({ it: 'Com’è andata?', en: 'How was it?' }[locale]);
      expect(await phone.words()).toContain(firstName);
    }
  });
});

test('after an evening of which nobody says who came, all who said yes get the neutral thanks alone', async () => {
  const startsAt = new Date('2031-12-04T18:30:00+01:00');
  eventId = (await makeEvent(service.deps, chapter.id, { title: 'Cena', startsAt })).id;
  await service.settle();
  await replies(those('came', 'absent'), 'yes');
  await replies(those('late'), 'no');
  await service.travel('2031-12-05T09:59:59+01:00');
  thanks = sinceNow(service);
  await service.travel('2031-12-05T10:00:00+01:00');
  expect(recipients(thanks('thanks'))).toEqual(addressed(those('came', 'absent')));
  expect(recipients(thanks('thanks_declined'))).toEqual(addressed(those('late')));
  for (const kind of ['thanks_attended', 'thanks_missed']) expect(thanks(kind)).toEqual([]);
});

describe.each(those('came'))('$form, $locale', ({ locale, email }) => {
  test('says with one tap on a phone that she was there', async () => {
    const [mail] = toOne(email);
    const words = await wordsOf(mail!);
    expect(words).toContain(
      { it: 'Se c’eri, è stato bello', en: 'If you were there, it was lovely' }[locale],
    );
    expect(words).not.toMatch(gendered);
    expect(words).not.toMatch(blame);
    await phone.open(await linkIn(mail!, wasThere[locale]));
    expect(await phone.page.getAttribute('html', 'lang')).toBe(locale);
    await phone.tap(here[locale]);
    expect(await phone.words()).toContain(kept[locale]);
    const seen = service.db.selectFrom('attendance').select('personId').where('eventId', '=', eventId);
    expect((await seen.execute()).map(({ personId }) => personId)).toContain(ids.get(email));
  });
});
