import { beforeAll, describe, expect, test } from 'vitest';
import { claimDeliveries, settleDelivery } from '../../server/deliveries/ledger.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const base = '/desk/chapters/bologna';
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
});

const rowsOf = (html: string) =>
  [...html.matchAll(/<li id="p-[^"]*"[^>]*>\s*<a [^>]*><b>([^<]*)<\/b>/g)].map(([, name]) => name);
const listed = async (query: string) => rowsOf((await desk.get(`${base}/members${query}`)).body);

const attend = (eventId: string, personId: string, mode: 'room' | 'online') =>
  service.db
    .insertInto('attendance')
    .values({ eventId, personId, chapterId: chapter.id, mode, recordedAt: service.clock() })
    .execute();

describe('the list', () => {
  test('finds by name or address, whatever the accents and capitals, and never in another chapter', async () => {
    const other = await makeChapter(service.db, { slug: 'torino' });
    await makeMember(service.db, other.id, { firstName: 'Niccolò', lastName: 'Torinese' });
    await makeMember(service.db, chapter.id, { firstName: 'Niccolò', lastName: 'D’Àvola' });
    await makeMember(service.db, chapter.id, {
      firstName: 'Zoe',
      lastName: 'Blu',
      email: 'nic_zoe@example.org',
    });
    expect(await listed('?q=NICCOLO')).toEqual(['Niccolò D’Àvola']);
    expect(await listed('?q=avola+nicc')).toEqual(['Niccolò D’Àvola']);
    expect(await listed('?q=nic_')).toEqual(['Zoe Blu']);
    expect(await listed('?q=Torinese')).toEqual([]);
    expect((await desk.get(`${base}/members?q=nessuna`)).body).toContain('Qui non c’è nessuna');
  });

  test('narrows to those who are new, never met in person, or not seen for six months', async () => {
    const events = [];
    for (const at of ['2026-02-10T18:00:00Z', '2026-10-10T18:00:00Z']) {
      events.push(await makeEvent(service.deps, chapter.id, { startsAt: new Date(at), draft: true }));
    }
    const [february, october] = events.map(({ id }) => id) as [string, string];
    const often = await makeMember(service.db, chapter.id, { firstName: 'Spesso', lastName: 'Q' });
    const once = await makeMember(service.db, chapter.id, { firstName: 'Febbraio', lastName: 'Q' });
    const online = await makeMember(service.db, chapter.id, { firstName: 'Online', lastName: 'Q' });
    const never = await makeMember(service.db, chapter.id, { firstName: 'Mai', lastName: 'Q' });
    await attend(february, often.id, 'room');
    await attend(october, often.id, 'room');
    await attend(february, once.id, 'room');
    await attend(october, online.id, 'online');
    expect(never.id).toBeTruthy();
    expect(await listed('?q=q+&filter=fresh')).toEqual(['Mai Q']);
    expect(await listed('?q=%20q&filter=unmet')).toContain('Online Q');
    expect(await listed('?filter=unmet')).not.toContain('Spesso Q');
    expect(await listed('?filter=unseen')).toEqual(expect.arrayContaining(['Febbraio Q', 'Mai Q']));
    expect(await listed('?filter=unseen')).not.toContain('Spesso Q');
    expect(await listed('?filter=unseen')).not.toContain('Online Q');
    await desk.post(`${base}/members/${never.id}/departure`);
    expect(await listed('?filter=former')).toEqual(['Mai Q']);
    expect(await listed('')).not.toContain('Mai Q');
  });

  test('comes by fifty, in the order of names, none skipped and none twice', async () => {
    const many = await makeChapter(service.db, { slug: 'molte' });
    await service.db
      .insertInto('memberships')
      .values({
        chapterId: many.id,
        personId: chapter.coordinator.id,
        role: 'coordinator',
        source: 'test',
        startsAt: service.clock(),
      })
      .execute();
    // Several of one name: the id decides between them.
    for (let i = 0; i < 119; i += 1) {
      await makeMember(service.db, many.id, { firstName: `Èva${i % 7}`, lastName: `Zeta${i % 3}` });
    }
    const found: (string | undefined)[] = [];
    let path: string | undefined = '/desk/chapters/molte/members';
    let pages = 0;
    while (path) {
      const { body } = await desk.get(path);
      found.push(...[...body.matchAll(/<li id="p-([^"]*)"/g)].map(([, id]) => id));
      path = /<a class="button" href="([^"]*after=[^"]*)"/.exec(body)?.[1]?.replaceAll('&amp;', '&');
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(found).toHaveLength(121);
    expect(new Set(found).size).toBe(121);
    const stranger = await makeMember(service.db, chapter.id);
    expect((await desk.get(`/desk/chapters/molte/members?after=${stranger.id}`)).statusCode).toBe(404);
  });
});

describe('a person', () => {
  test('is added by a form, which keeps what was typed and says what is wrong', async () => {
    const wrong = await desk.post(`${base}/people`, {
      firstName: '',
      email: 'x@',
      phone: 'casa',
      lastName: 'Verdi',
    });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.body).toContain('Scrivi almeno il nome.');
    expect(wrong.body).toContain('value="Verdi"');
    const added = await desk.post(`${base}/people`, {
      firstName: 'Carla',
      lastName: 'Verdi',
      email: 'Carla.Verdi@example.org',
      phone: '+39 333 1234567',
      locale: 'en',
      form: 'neutral',
    });
    const { body } = await desk.get(added.headers.location as string);
    expect(body).toContain('<h1>Carla Verdi</h1>');
    expect(body).toContain('mailto:carla.verdi@example.org');
    expect(body).toContain('In inglese, senza genere');
    expect(body).toContain('tel:+393331234567');
    const again = await desk.post(`${base}/people`, { firstName: 'C', email: 'carla.verdi@example.org' });
    expect(again.headers.location).toContain('said=there');
    await service.settle();
    expect(service.inbox.messages).toEqual([]);
  });

  test('shows what she answered, where she was, which mails she got, and who may read it', async () => {
    const anna = await makeMember(service.db, chapter.id, { firstName: 'Ada', lastName: 'Bassi' });
    const event = await makeEvent(service.deps, chapter.id, { title: 'Cena d’inverno', guestsAllowed: 1 });
    await service.settle();
    await answerInvitation(service.deps, {
      eventId: event.id,
      personId: anna.id,
      answer: 'yes',
      guests: [{ name: 'Ugo' }],
      source: 'link',
    });
    await service.settle();
    await service.db
      .insertInto('preferences')
      .values({ chapterId: chapter.id, personId: anna.id, topic: 'reminder' })
      .execute();
    const { body } = await desk.get(`${base}/people/${anna.id}`);
    expect(body).toContain('Cena d’inverno');
    expect(body).toContain('Viene, con un’ospite');
    expect(body).toContain('Conferma');
    expect(body).toContain('Consegnata');
    expect(body).toContain('Tutte, tranne: promemoria');
    await attend(event.id, anna.id, 'room');
    const after = await desk.get(`${base}/people/${anna.id}`);
    expect(after.body).toContain('Una volta in presenza');
  });

  test('has notes with date and author, that only her coordinators see and can delete', async () => {
    const person = await makeMember(service.db, chapter.id, { firstName: 'Nora' });
    const path = `${base}/people/${person.id}`;
    expect((await desk.post(`${path}/notes`, { text: '  ' })).statusCode).toBe(400);
    await desk.post(`${path}/notes`, { text: 'Cerca soci.\n<b>Presto</b>' });
    const { body } = await desk.get(path);
    expect(body).toContain('Cerca soci.\n&lt;b&gt;Presto');
    expect(body).toContain('Anna Ricci, 16 novembre 2026');
    const exported = await desk.get(`${path}/export`);
    expect(exported.headers['content-disposition']).toContain('attachment');
    expect(exported.json().notes).toMatchObject([{ chapter: 'bologna', text: 'Cerca soci.\n<b>Presto</b>' }]);

    const note = await service.db
      .selectFrom('personNotes')
      .select('id')
      .where('personId', '=', person.id)
      .executeTakeFirstOrThrow();
    const other = await makeMember(service.db, chapter.id);
    expect((await desk.post(`${base}/people/${other.id}/notes/${note.id}/deletion`)).statusCode).toBe(404);
    await desk.post(`${path}/notes/${note.id}/deletion`);
    expect((await desk.get(path)).body).not.toContain('Cerca soci');
  });

  test('is erased only after the question was answered', async () => {
    const person = await makeMember(service.db, chapter.id, { firstName: 'Via', lastName: 'Subito' });
    const path = `${base}/people/${person.id}`;
    await desk.post(`${path}/notes`, { text: 'Una nota su Via' });
    expect((await desk.get(`${path}/erasure`)).body).toContain('Cancellare Via Subito?');
    expect((await desk.post(`${path}/erasure`)).statusCode).toBe(400);
    const done = await desk.post(`${path}/erasure`, { sure: 'yes' });
    expect((await desk.get(done.headers.location as string)).body).toContain('I suoi dati non ci sono più.');
    expect((await desk.get(path)).statusCode).toBe(404);
    const notes = await service.db
      .selectFrom('personNotes')
      .select('id')
      .where('personId', '=', person.id)
      .execute();
    expect(notes).toEqual([]);
    expect(
      (await desk.post(`${base}/people/${chapter.coordinator.id}/erasure`, { sure: 'yes' })).body,
    ).toContain('prima si passano le consegne');
  });
});

describe('a failing address', () => {
  test('is said plainly in the list, on her page and at the event, until it is corrected', async () => {
    const lost = await makeMember(service.db, chapter.id, { firstName: 'Persa', email: 'persa@example.org' });
    service.inbox.hooks = { rcpt: (to) => (to === 'persa@example.org' ? 550 : undefined) };
    const event = await makeEvent(service.deps, chapter.id, { title: 'Colazione' });
    await service.settle();
    service.inbox.hooks = {};
    const path = `${base}/people/${lost.id}`;
    expect(await listed('?filter=unreachable')).toEqual(['Persa Prova']);
    expect((await desk.get(path)).body).toContain('Correggi l’indirizzo');
    expect((await desk.get(`/desk/events/${event.id}`)).body).toContain('La mail non arriva');

    const fields = { firstName: 'Persa', lastName: 'Prova', email: 'trovata@example.org' };
    const saved = await desk.post(path, fields);
    const { body } = await desk.get(saved.headers.location as string);
    expect(body).toContain('I link che ha già ricevuto continuano a funzionare');
    expect(body).not.toContain('Correggi l’indirizzo');
    expect(await listed('?filter=unreachable')).toEqual([]);
    expect((await desk.get(`/desk/events/${event.id}`)).body).not.toContain('La mail non arriva');

    // The old list pasted again finds her, and makes nobody new.
    await desk.post(`${base}/members`, { people: 'Persa Prova, persa@example.org' });
    const rows = await service.db
      .selectFrom('people')
      .select('email')
      .where('firstName', '=', 'Persa')
      .execute();
    expect(rows).toEqual([{ email: 'trovata@example.org' }]);
  });

  test('a refusal that was under way when the address changed is not held against the new one', async () => {
    const person = await makeMember(service.db, chapter.id, {
      firstName: 'Cambio',
      email: 'prima@example.org',
    });
    const event = await makeEvent(service.deps, chapter.id, { title: 'Brunch' });
    await service.settle();
    await service.worker.stop();
    await answerInvitation(service.deps, {
      eventId: event.id,
      personId: person.id,
      answer: 'yes',
      source: 'link',
    });
    const claims = await claimDeliveries(service.db, { limit: 50, leaseSeconds: 30, now: service.clock() });
    const claim = claims.find(({ personId }) => personId === person.id);
    await desk.post(`${base}/people/${person.id}`, { firstName: 'Cambio', email: 'dopo@example.org' });
    const refused = { kind: 'failed', response: '550 5.1.1 no such user' } as const;
    expect(await settleDelivery(service.db, claim!, refused, service.clock())).toBe(false);
    expect(await listed('?filter=unreachable')).toEqual([]);
  });

  test('links stop where the earlier address was not hers', async () => {
    const person = await makeMember(service.db, chapter.id, { firstName: 'Errata' });
    const epoch = async () =>
      (
        await service.db
          .selectFrom('people')
          .select('linkEpoch')
          .where('id', '=', person.id)
          .executeTakeFirstOrThrow()
      ).linkEpoch;
    await desk.post(`${base}/people/${person.id}`, { firstName: 'Errata', email: 'giusta@example.org' });
    expect(await epoch()).toBe(1);
    const fields = { firstName: 'Errata', email: 'giustissima@example.org', notHers: 'yes' };
    await desk.post(`${base}/people/${person.id}`, fields);
    expect(await epoch()).toBe(2);
  });
});

describe('another chapter', () => {
  test('its people do not exist at this desk', async () => {
    const other = await makeChapter(service.db, { slug: 'genova' });
    const stranger = await makeMember(service.db, other.id, { firstName: 'Estranea' });
    const path = `${base}/people/${stranger.id}`;
    for (const page of ['', '/edit', '/export', '/erasure', '/merge']) {
      expect([page, (await desk.get(path + page)).statusCode]).toEqual([page, 404]);
      expect([page, (await desk.get(path.replace('bologna', 'genova') + page)).statusCode]).toEqual([
        page,
        404,
      ]);
    }
    const fields = { firstName: 'Mia', email: 'mia@example.org', text: 'x', sure: 'yes' };
    for (const form of ['', '/notes', '/erasure', '/merge']) {
      expect([form, (await desk.post(path + form, fields)).statusCode]).toEqual([form, 404]);
    }
    const row = await service.db
      .selectFrom('people')
      .selectAll()
      .where('id', '=', stranger.id)
      .executeTakeFirst();
    expect(row).toMatchObject({ firstName: 'Estranea', email: stranger.email, erasedAt: null });
  });

  test('of a person who belongs to both, each sees her own part, and her name and address stay as they are', async () => {
    const other = await makeChapter(service.db, { slug: 'parma' });
    const both = await makeMember(service.db, other.id, { firstName: 'Doppia', lastName: 'Vita' });
    await desk.post(`${base}/people`, { firstName: 'X', email: both.email as string });
    const away = await makeEvent(service.deps, other.id, { title: 'Incontro segreto' });
    await service.db
      .insertInto('personNotes')
      .values({ personId: both.id, chapterId: other.id, text: 'Nota di Parma' })
      .execute();
    await service.db
      .insertInto('attendance')
      .values({
        eventId: away.id,
        personId: both.id,
        chapterId: other.id,
        mode: 'room',
        recordedAt: service.clock(),
      })
      .execute();
    const path = `${base}/people/${both.id}`;
    const { body } = await desk.get(path);
    expect(body).toContain('Doppia Vita');
    expect(body).not.toContain('Incontro segreto');
    expect(body).not.toContain('Nota di Parma');
    expect(body).toContain('Non è ancora venuta a un incontro.');
    const text = JSON.stringify((await desk.get(`${path}/export`)).json());
    expect(text).not.toContain('Incontro segreto');
    expect(text).not.toContain('Nota di Parma');
    expect(text).not.toContain('parma');

    const tried = await desk.post(path, { firstName: 'Mia', email: 'mia@example.org' });
    expect(tried.statusCode).toBe(409);
    expect((await desk.post(`${path}/erasure`, { sure: 'yes' })).statusCode).toBe(409);
    const row = await service.db
      .selectFrom('people')
      .selectAll()
      .where('id', '=', both.id)
      .executeTakeFirst();
    expect(row).toMatchObject({ firstName: 'Doppia', email: both.email, erasedAt: null });
  });
});
