import { expect, test } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import { makeEvening } from '../introductions/acquaintances.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { lastMail, linkIn, mailsTo, wordsOf } from './inbox.ts';
import { useBrowser } from './phone.ts';

/** The morning after, from the coordinator's phone to the mailboxes of those who were there, and back to who presented. */
const service = useService({ now: '2031-11-20T17:30:00+01:00', listen: true });
const browser = useBrowser();

test('a line, a photo and who presented, from one phone; a kind note from another reaches her who presented', async () => {
  const { db, deps, clock, inbox } = service;
  const chapter = await makeChapter(db);
  const make = (firstName: string, lastName: string) => makeMember(db, chapter.id, { firstName, lastName });
  const [giulia, paola, sara] = [
    await make('Giulia', 'Amati'),
    await make('Paola', 'Neri'),
    await make('Sara', 'Costa'),
  ];
  const event = await makeEvening(deps, chapter.id, [giulia, paola, sara]);
  clock.set('2031-11-20T22:00:00+01:00');
  await service.settle();
  inbox.clear();
  await db
    .updateTable('invitations')
    .set({ inPhotos: true })
    .where('eventId', '=', event.id)
    .where('personId', '=', sara.id)
    .execute();

  const anna = await browser.takePhone();
  const value = await createSession(db, chapter.coordinator.id, clock());
  await anna.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
  await anna.open(`${service.url}/desk/events/${event.id}/door`);
  await anna.tap('Sì, le presenze sono complete');
  await anna.page.locator(`#p-${giulia.id} summary`).tap();
  await anna.fill('La tua riga per Giulia Amati', 'Il tuo racconto mi è rimasto.');
  await anna.page.locator(`#p-${giulia.id}`).getByRole('button').tap();
  await anna.page.waitForURL(/done=lineSaved/);
  await anna.page.locator('#add-link > summary').tap();
  await anna.fill('Indirizzo', 'https://foto.example.org/album');
  await anna.fill('Come si chiama', 'Le foto della serata');
  await anna.page.locator('#add-link').getByLabel('Sara Costa').check();
  await anna.tap('Aggiungi');
  await anna.page.locator('#pitches summary').tap();
  await anna.page.locator('#pitches').getByLabel('Paola Neri').check();
  await anna.tap('Salva');
  await anna.page.locator('#moment > summary').tap();
  await anna.tap('Manda domani alle 18:00');
  expect(await anna.words()).toContain('Partono domani alle 18:00');
  await anna.tap('Annulla: rimettili domani alle 10:00');
  await anna.tap('Va bene così');
  expect(await anna.words()).toContain('Tutto pronto. Non devi fare altro.');
  await anna.close();

  await service.travel('2031-11-21T10:00:30+01:00');
  const mail = lastMail(service, giulia.email as string, 'thanks_attended');
  expect(await wordsOf(mail)).toContain('Il tuo racconto mi è rimasto.');
  expect(await wordsOf(mail)).toContain('Nella foto: Sara C.');
  expect(await linkIn(mail, 'Le foto della serata')).toBe('https://foto.example.org/album');

  const phone = await browser.takePhone();
  await phone.open(await linkIn(mail, 'Racconta com’è andata'));
  expect(await phone.words()).toContain('Nella foto: Sara C.');
  await phone.fill('Due righe per Paola N.', 'Mi hai fatto venire voglia di provare.');
  await phone.page.getByLabel('Firma con il mio nome (Giulia A.)').check();
  await phone.tap('Salva');
  expect(await phone.page.getByLabel('Due righe per Paola N.').inputValue()).toContain('voglia di provare');
  await phone.close();

  await service.travel('2031-11-22T18:00:30+01:00');
  const notes = mailsTo(service, paola.email as string, 'feedback').find((one) =>
    /presentazione/.test(one.header('subject') ?? ''),
  );
  expect(await wordsOf(notes!)).toContain('Mi hai fatto venire voglia di provare. (Giulia A.)');
});

test('when she changes nothing, two taps lead from the last name at the door to every mail of the follow-up', async () => {
  const { db, deps, clock, inbox } = service;
  clock.set('2031-12-04T17:30:00+01:00');
  const chapter = await makeChapter(db);
  const people = [];
  for (const firstName of ['Giulia', 'Paola', 'Sara', 'Dora'])
    people.push(await makeMember(db, chapter.id, { firstName }));
  const dora = people[3] as (typeof people)[number];
  const event = await makeEvening(deps, chapter.id, people, { absent: [dora] });
  await db.updateTable('events').set({ roomCompleteAt: null }).where('id', '=', event.id).execute();
  clock.set('2031-12-04T22:00:00+01:00');
  await service.settle();
  inbox.clear();

  const anna = await browser.takePhone();
  const value = await createSession(db, chapter.coordinator.id, clock());
  await anna.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
  await anna.open(`${service.url}/desk/events/${event.id}/door`);
  // Counted by the browser itself, so that no helper of ours can hide one.
  const taps: string[] = [];
  await anna.page.exposeFunction('tapped', (what: string) => void taps.push(what));
  const count = `addEventListener('click', (e) => e.isTrusted && tapped(e.target.textContent.trim()), true)`;
  await anna.page.addInitScript(count);
  await anna.page.evaluate(count);
  await anna.tap('Sì, le presenze sono complete');
  await anna.tap('Va bene così');
  expect(await anna.words()).toContain('Tutto pronto. Non devi fare altro.');
  await anna.close();
  expect(taps).toEqual(['Sì, le presenze sono complete', 'Va bene così']);

  const planned = await db
    .selectFrom('mailings')
    .select(['kind', 'state', 'dueAt'])
    .where('eventId', '=', event.id)
    .where('kind', 'like', 'thanks%')
    .where('state', '=', 'planned')
    .execute();
  expect(planned.length).toBeGreaterThan(1);
  for (const { dueAt } of planned) expect(dueAt).toEqual(new Date('2031-12-05T10:00:00+01:00'));
  await service.travel('2031-12-05T10:00:30+01:00');
  for (const person of people) {
    const kind = person === dora ? 'thanks_missed' : 'thanks_attended';
    expect(mailsTo(service, person.email as string).map((mail) => mail.header('x-ritrovo-kind'))).toEqual([
      kind,
    ]);
  }
});
