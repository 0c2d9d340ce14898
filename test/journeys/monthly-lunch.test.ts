import { describe, expect, test } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { kindOf, linkIn, mailsTo, subjectOf, wordsOf } from './inbox.ts';
import { type Phone, useBrowser } from './phone.ts';

// In 2031 no alarm of the queue rings while the test runs: what is due happens when the test's clock says so.
const service = useService({
  now: '2031-01-10T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error' },
});
const browser = useBrowser();

async function signIn(phone: Phone, personId: string): Promise<void> {
  const value = await createSession(service.db, personId, service.clock());
  await phone.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);
}

async function newest(email: string | null) {
  const mail = mailsTo(service, email as string).at(-1);
  if (!mail) throw new Error(`no mail for ${email}`);
  return mail;
}

describe.each([
  ['on a phone', () => browser.takePhone()],
  ['on a desktop', () => browser.takeDesktop()],
] as const)('%s', (_, take) => {
  test('a monthly lunch with a standing yes', async () => {
    service.clock.set('2031-01-10T10:00:00+01:00');
    const chapter = await makeChapter(service.db);
    const giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
    const sara = await makeMember(service.db, chapter.id, { firstName: 'Sara' });
    const anna = await take();
    await signIn(anna, chapter.coordinator.id);

    // One evening: an event, and how often it comes again.
    await anna.open(`${service.url}/desk/chapters/${chapter.slug}/events/new`);
    await anna.fill('Titolo', 'Pranzo di rete');
    await anna.fill('Giorno', '2031-02-06');
    await anna.fill('Dalle', '13:00');
    await anna.fill('Alle', '14:30');
    await anna.page.getByLabel('Si ripete?').selectOption('monthly_weekday');
    await anna.fill('Luogo', 'Osteria del Sole');
    await anna.tap(/^Avanti/);
    await anna.tap('Guarda le date');
    expect(await anna.words()).toContain('Ogni primo giovedì del mese alle 13:00');
    expect(await anna.words()).toContain(
      'giovedì 3 aprile alle 13:00 L’invito parte giovedì 20 marzo alle 10:00',
    );
    await anna.tap('Crea gli incontri');
    expect(await anna.words()).toContain('Fatto: le date sono pronte.');

    // The first invitation; Giulia comes, and always will.
    await service.travel('2031-01-23T10:00:30+01:00');
    const hers = await take();
    await hers.open(await linkIn(await newest(giulia.email), 'Ci sarò'));
    await hers.tap('Ci sarò');
    expect(await hers.words()).toContain('Vieni sempre?');
    await hers.tap('Tienimi sempre il posto');
    expect(await hers.words()).toContain('Ogni volta, il tuo posto c’è già');
    await service.settle();

    // A month later: Sara is invited, Giulia's place is there; one tap for “not this time”.
    await service.travel('2031-02-20T10:00:30+01:00');
    expect(kindOf(await newest(sara.email))).toBe('invitation');
    const mail = await newest(giulia.email);
    expect(await subjectOf(mail)).toBe('Pranzo di rete · gio 6 mar, 13:00 · il tuo posto c’è già');
    expect(await wordsOf(mail)).toContain('torna ogni primo giovedì del mese alle 13:00');
    await hers.open(await linkIn(mail, 'Stavolta no'));
    await hers.tap('Non riesco a venire');
    expect(await hers.words()).toContain('Hai disdetto');
    expect(await hers.words()).toContain('Ogni volta, il tuo posto c’è già');
    await service.settle();

    // Anna sees who always comes, moves one date alone, and the others an hour later.
    await signIn(anna, chapter.coordinator.id);
    await anna.open(`${service.url}/desk/chapters/${chapter.slug}/more`);
    await anna.tap(/^Incontri ricorrenti/);
    await anna.tap(/^Pranzo di rete/);
    const page = anna.page.url();
    expect(await anna.words()).toContain('Giulia Prova');
    await anna.tap(/^giovedì 3 aprile/);
    await anna.tap('Modifica');
    await anna.fill('Luogo', 'Il Chiostro');
    await anna.tap('Salva');
    await anna.open(page);
    await anna.tap('Cambia questo e i successivi: giovedì 6 marzo, 13:00–14:30');
    await anna.fill('Dalle', '12:30');
    await anna.tap('Guarda che cosa cambia');
    expect(await anna.words()).toContain('resta com’è: l’hai cambiata a parte');
    expect(await anna.words()).toContain('Nessuno va avvisato');
    await anna.tap('Cambia le date');
    expect(await anna.words()).toContain('Ogni primo giovedì del mese alle 12:30');
    expect(await anna.words()).toContain('giovedì 3 aprile, 13:00–14:30');
    expect(await anna.words()).toContain('giovedì 1 maggio, 12:30–14:30');

    // The next one has her place again.
    await service.travel('2031-03-20T10:00:30+01:00');
    expect(await subjectOf(await newest(giulia.email))).toBe(
      'Pranzo di rete · gio 3 apr, 13:00 · il tuo posto c’è già',
    );
    await hers.open(await linkIn(await newest(giulia.email), 'Non tenermi più il posto'));
    await hers.tap('Non tenermi più il posto');
    expect(await hers.words()).toContain('Vieni sempre?');
    await anna.close();
    await hers.close();
  }, 90_000);
});
