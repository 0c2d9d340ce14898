import { expect, test } from 'vitest';
import { createEvent } from '../../server/events/service.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { kindOf, linkIn, mailsTo, subjectOf, wordsOf } from './inbox.ts';
import { type Phone, useBrowser } from './phone.ts';

const service = useService({
  now: '2025-12-08T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error' },
});
const browser = useBrowser();

async function signIn(phone: Phone, personId: string): Promise<void> {
  const value = await createSession(service.db, personId, service.clock());
  await phone.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
}

const newest = (email: string | null) => {
  const mail = mailsTo(service, email as string).at(-1);
  if (!mail) throw new Error(`no mail for ${email}`);
  return mail;
};

/** A lunch on New Year's Day, with a reminder seven days before it, to those who come. */
async function newYearsLunch(chapterId: string) {
  const made = await createEvent(
    service.deps,
    chapterId,
    {
      ...{ title: 'Pranzo di rete', format: 'in_person' as const, timeZone: 'Europe/Rome' },
      startsAt: new Date('2026-01-01T13:00:00+01:00'),
      endsAt: new Date('2026-01-01T14:30:00+01:00'),
      venueName: 'Osteria del Sole',
    },
    { kind: 'system' },
    [
      {
        kind: 'invitation',
        anchor: 'publish',
        offset: 'PT0S',
        localTime: null,
        audience: 'invited',
        template: null,
      },
      {
        kind: 'reminder',
        anchor: 'start',
        offset: '-P7D',
        localTime: null,
        audience: 'going',
        template: null,
      },
    ],
  );
  if (!made.ok) throw new Error(made.reason);
  return made.event;
}

test('lunch every first Thursday at 13:00: New Year’s Day is skipped, the clocks change, one date and the following ones are changed', async () => {
  const chapter = await makeChapter(service.db);
  const giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  const event = await newYearsLunch(chapter.id);
  const anna = await browser.takePhone();
  await signIn(anna, chapter.coordinator.id);

  // The dates, before anything is made: New Year's Day is marked.
  await anna.open(`${service.url}/desk/events/${event.id}/series`);
  await anna.page.getByLabel(/^ogni primo giovedì del mese/).check();
  await anna.page.getByText('Festa: Capodanno').first().waitFor();
  await anna.tap('Guarda le date');
  expect(await anna.words()).toContain('giovedì 1 gennaio 2026 alle 13:00 Festa: Capodanno');
  expect(await anna.words()).toContain('È festa: prima di mandare gli inviti ti chiedo che cosa fare');
  await anna.tap('Crea gli incontri');
  expect(await anna.words()).toContain('Finché non scegli, gli inviti non partono.');

  // A week before its invitations would leave she is asked; from the mail on one tap skips it.
  await service.travel('2025-12-12T10:00:00+01:00');
  const question = newest(chapter.coordinator.email);
  expect(await subjectOf(question)).toBe(
    'Pranzo di rete · giovedì 1 gennaio 2026 è festa: saltare o spostare?',
  );
  await signIn(anna, chapter.coordinator.id);
  await anna.open(await linkIn(question, 'Scegli'));
  expect(await anna.words()).toContain('Sposta a venerdì 2 gennaio 2026');
  await anna.tap('Salta');
  expect(await anna.words()).toContain('Fatto: la data è saltata.');
  await service.travel('2026-01-02T10:00:00+01:00');
  expect(mailsTo(service, giulia.email as string)).toEqual([]);

  // In April she comes. The reminder leaves at 13:00 on the wall, which is an hour earlier in UTC than lunch itself.
  await service.travel('2026-03-19T10:00:30+01:00');
  const invitation = newest(giulia.email);
  expect(await subjectOf(invitation)).toContain('gio 2 apr, 13:00');
  const hers = await browser.takePhone();
  await hers.open(await linkIn(invitation, 'Ci sarò'));
  await hers.tap('Ci sarò');
  await service.settle();
  const reminders = () => mailsTo(service, giulia.email as string, 'reminder');
  await service.travel('2026-03-26T12:59:00+01:00');
  expect(reminders()).toEqual([]);
  await service.travel('2026-03-26T13:00:30+01:00');
  expect(reminders()).toHaveLength(1);
  expect(await wordsOf(reminders()[0]!)).toContain('giovedì 2 aprile, dalle 13:00 alle 14:30');

  // May alone moves elsewhere; from June on lunch is half an hour earlier.
  await signIn(anna, chapter.coordinator.id);
  await anna.open(`${service.url}/desk/events/${event.id}/series`);
  const page = anna.page.url();
  await anna.tap(/^giovedì 7 maggio/);
  await anna.tap('Modifica');
  expect(await anna.words()).toContain('Che cosa vuoi cambiare?');
  await anna.fill('Luogo', 'Il Chiostro');
  await anna.tap('Salva');
  await anna.open(page);
  await anna.tap(/^giovedì 4 giugno/);
  await anna.tap('Modifica');
  await anna.fill('Dalle', '12:30');
  await anna.page.getByLabel('Questo e i successivi', { exact: true }).check();
  await anna.tap('Salva');
  expect(await anna.words()).toContain('Da questa data in poi: ogni primo giovedì del mese alle 12:30.');
  await anna.tap('Cambia le date');
  const words = await anna.words();
  for (const line of [
    ...['giovedì 2 aprile, 13:00–14:30', 'giovedì 7 maggio, 13:00–14:30'],
    ...['giovedì 4 giugno, 12:30–14:00', 'giovedì 2 luglio, 12:30–14:00'],
  ])
    expect(words).toContain(line);

  // Her invitations say so, each for its own date.
  await service.travel('2026-04-23T10:00:30+02:00');
  expect(await wordsOf(newest(giulia.email))).toMatch(
    /giovedì 7 maggio, dalle 13:00 alle 14:30.*Il Chiostro/,
  );
  await service.travel('2026-05-21T10:00:30+02:00');
  expect(kindOf(newest(giulia.email))).toBe('invitation');
  expect(await wordsOf(newest(giulia.email))).toMatch(
    /giovedì 4 giugno, dalle 12:30 alle 14:00.*Osteria del Sole/,
  );
  await anna.close();
  await hers.close();
}, 180_000);
