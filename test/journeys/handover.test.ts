import { describe, expect, test } from 'vitest';
import { createSession } from '../../server/organizers/sessions.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { linkIn, mailsTo, subjectOf } from './inbox.ts';
import { useBrowser } from './phone.ts';

// In 2031 no alarm of the queue rings while the test runs: what is due happens when the test's clock says so.
const start = '2031-01-10T10:00:00+01:00';
const service = useService({ now: start, listen: true, env: { LOG_LEVEL: 'error' } });
const browser = useBrowser();

describe.each([
  ['on a phone', () => browser.takePhone()],
  ['on a desktop', () => browser.takeDesktop()],
] as const)('%s', (_, take) => {
  test('Anna hands the group to Marta on a day; until then both act, and after it Anna is a member', async () => {
    service.clock.set(start);
    const chapter = await makeChapter(service.db);
    const marta = await makeMember(service.db, chapter.id, { firstName: 'Marta', lastName: 'Ferri' });
    const event = await makeEvent(service.deps, chapter.id, { title: 'Aperitivo di rete' });
    await service.settle();
    const [anna, hers] = [await take(), await take()];
    const value = await createSession(service.db, chapter.coordinator.id, service.clock());
    await anna.page.context().addCookies([{ name: 'ritrovo_desk', value, url: `${service.url}/desk` }]);

    // Alone she cannot leave; she names Marta, and the day.
    await anna.open(`${service.url}/desk/chapters/${chapter.slug}/more`);
    await anna.tap(/^Chi coordina il gruppo/);
    await anna.page.getByText('Vuoi smettere di coordinare?').click();
    expect(await anna.words()).toContain('Un gruppo ha sempre almeno una persona che lo coordina');
    await anna.tap('Aggiungi, o passa le consegne');
    await anna.page.getByLabel(/Marta Ferri/).check();
    await anna.page.getByLabel(/^Le passo le consegne/).check();
    await anna.fill('Il tuo ultimo giorno', '2031-01-20');
    await anna.tap('Conferma');
    await service.settle();

    // Marta enters by the mail, and acts beside Anna.
    const mail = mailsTo(service, marta.email as string).at(-1);
    if (!mail) throw new Error('no mail for Marta');
    expect(await subjectOf(mail)).toContain('Anna ti passa le consegne');
    await hers.open(await linkIn(mail, 'Entra nella scrivania'));
    await hers.tap('Entra');
    await hers.open(`${service.url}/desk/events/${event.id}`);
    await anna.open(`${service.url}/desk/events/${event.id}`);

    // The day after, the desk is Marta's, with all that was there.
    await service.travel('2031-01-21T09:00:00+01:00');
    await anna.open(`${service.url}/desk/events/${event.id}`);
    expect(new URL(anna.page.url()).pathname).toBe('/sign-in');
    await hers.open(`${service.url}/desk/`);
    expect(await hers.words()).toContain('Aperitivo di rete');
    await anna.close();
    await hers.close();
  }, 90_000);
});
