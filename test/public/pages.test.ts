import { beforeAll, describe, expect, test } from 'vitest';
import { cancelEvent } from '../../server/events/service.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
});

const read = (path: string, headers = {}) =>
  site.server.inject({ url: path, headers: { accept: 'text/html', 'accept-language': 'it', ...headers } });
const make = (details: Parameters<typeof makeEvent>[2]) => makeEvent(site.deps, chapter.id, details);

const linkMails = (email: string) =>
  site.db
    .selectFrom('deliveries as d')
    .innerJoin('mailings as m', 'm.id', 'd.mailingId')
    .innerJoin('people as p', 'p.id', 'd.personId')
    .select(['m.template', 'm.kind', 'm.eventId', 'p.id', 'p.firstName', 'p.lastName'])
    .where('p.email', '=', email)
    .where('m.template', '=', 'personal_link')
    .execute();

describe('the home page', () => {
  test('names the network and its chapters', async () => {
    const page = await read('/');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<h1>Rete di prova</h1>');
    expect(page.body).toContain('href="/c/bologna"');
  });

  test('speaks the language of the browser', async () => {
    const page = await read('/', { 'accept-language': 'en-GB' });
    expect(page.body).toContain('<html lang="en">');
    expect(page.body).toContain('Our groups');
    expect(page.headers.vary).toContain('accept-language');
  });
});

describe('an event’s page', () => {
  test('of a public event shows it, with a card and data for search engines', async () => {
    const event = await make({
      title: 'Aperitivo & "amiche"',
      access: 'public',
      description: 'Un **calice** insieme.',
    });
    const page = await read(`/e/${event.id}`);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<meta property="og:title" content="Aperitivo &amp; &quot;amiche&quot;">');
    expect(page.body).toMatch(
      /og:description" content="giovedì 26 novembre, 10:00–12:00, Enoteca Storica[^"]*Un calice insieme\.">/,
    );
    expect(page.body).toContain(`<meta property="og:url" content="${site.url}/e/${event.id}">`);
    expect(page.body).toContain(`<meta property="og:image" content="${site.url}/assets/card.png?v=`);
    expect(page.body).not.toContain('noindex');
    const [, json = ''] = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(page.body) ?? [];
    expect(JSON.parse(json)).toMatchObject({
      '@type': 'Event',
      name: 'Aperitivo & "amiche"',
      startDate: event.startsAt.toISOString(),
      eventStatus: 'https://schema.org/EventScheduled',
      location: { '@type': 'Place', name: 'Enoteca Storica' },
    });
  });

  test('nothing that a coordinator writes ends the script or loads a picture', async () => {
    const event = await make({
      access: 'public',
      title: '</script><script>alert(1)</script>',
      description: '<!-- <script> ![x](https://evil.example/a.png) [qui](javascript:alert(1))',
    });
    const { body } = await read(`/e/${event.id}`);
    expect(body.match(/<script/g)).toHaveLength(1);
    expect(body).not.toMatch(/<img|href="javascript/);
  });

  test('never shows the join link', async () => {
    const event = await make({
      access: 'public',
      format: 'online',
      joinUrl: 'https://meet.example.org/secret',
    });
    const all = (await read(`/e/${event.id}`)).body + (await read(`/e/${event.id}.ics`)).body;
    expect(all).not.toContain('meet.example.org');
    expect(all).toContain('BEGIN:VEVENT');
  });

  test('with access by link is there for whoever has the address, and for no search engine', async () => {
    const event = await make({ access: 'link', title: 'Cena d’inverno' });
    const page = await read(`/e/${event.id}`);
    expect(page.body).toContain('Cena d’inverno');
    expect(page.body).toContain('noindex');
    expect((await read('/c/bologna')).body).not.toContain('Cena d’inverno');
  });

  test('for members only is a door without a name on it', async () => {
    const event = await make({ access: 'members', title: 'Riunione riservata' });
    const page = await read(`/e/${event.id}`);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Un incontro del gruppo di Bologna');
    expect(page.body).not.toMatch(/Riunione|Enoteca|novembre/);
    expect((await read(`/e/${event.id}.ics`)).statusCode).toBe(404);
  });

  test('of a draft, of an unknown event or of nonsense is 404', async () => {
    const draft = await make({ access: 'public', draft: true });
    for (const id of [draft.id, '01934f2e-7b6a-7cc3-98a5-1d2e3f405162', 'x', `${draft.id}.ics`]) {
      const page = await read(`/e/${id}`);
      expect({ id, status: page.statusCode }).toEqual({ id, status: 404 });
      expect(page.body).toContain('Questa pagina non c’è');
    }
  });

  test('once cancelled says why, and gives out no links', async () => {
    const event = await make({ access: 'public' });
    await cancelEvent(site.deps, event.id, { actor: { kind: 'system' }, reason: 'Neve.', notify: false });
    const page = await read(`/e/${event.id}`);
    expect(page.body).toContain('L’incontro è annullato');
    expect(page.body).toContain('Neve.');
    expect(page.body).not.toContain('<form');
    expect(page.body).toContain('EventCancelled');
    expect((await read(`/e/${event.id}.ics`)).body).toContain('STATUS:CANCELLED');
  });
});

describe('asking for a link of one’s own', () => {
  test('a newcomer gets one where the event is open, and nothing is booked', async () => {
    const elena = await makeMember(site.db, chapter.id, { firstName: 'Elena', lastName: 'Poli' });
    const event = await make({ access: 'link' });
    const fields = { name: 'Sara Neri', email: ' Sara@Example.org ', invitedBy: 'elena poli', website: '' };
    const page = await site.post(`/e/${event.id}/link`, fields, { 'accept-language': 'en' });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Now look at your mail');
    expect(await linkMails('sara@example.org')).toMatchObject([
      { kind: 'invitation', eventId: event.id, firstName: 'Sara', lastName: 'Neri' },
    ]);
    const [invitation] = await site.db
      .selectFrom('invitations')
      .selectAll()
      .where('eventId', '=', event.id)
      .where('source', '=', 'link')
      .execute();
    expect(invitation).toMatchObject({ invitedBy: 'elena poli', invitedByPersonId: elena.id });
    expect(await site.db.selectFrom('rsvps').selectAll().where('eventId', '=', event.id).execute()).toEqual(
      [],
    );
  });

  test('the answer is the same page for everybody, word for word', async () => {
    const [open, closed] = [await make({ access: 'link' }), await make({ access: 'members' })];
    const member = await makeMember(site.db, chapter.id, { firstName: 'Vera', email: 'vera@example.org' });
    await site.db
      .insertInto('invitations')
      .values({
        eventId: closed.id,
        personId: member.id,
        chapterId: chapter.id,
        source: 'member',
        calendarUid: 'v',
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    for (const event of [open, closed]) {
      const ask = async (email: string, more = {}) =>
        (await site.post(`/e/${event.id}/link`, { name: 'Qualcuna', email, ...more })).body;
      const pages = [
        await ask('vera@example.org'),
        await ask('nessuno@example.org'),
        await ask('bot@example.org', { website: 'x' }),
      ];
      expect(new Set(pages).size).toBe(1);
    }
    expect(await linkMails('vera@example.org')).toHaveLength(2);
    // The open event took in whoever asked; the members' one only who was invited; a machine gets nothing anywhere.
    expect(await linkMails('nessuno@example.org')).toMatchObject([{ eventId: open.id }]);
    expect(await linkMails('bot@example.org')).toEqual([]);
    expect(
      await site.db.selectFrom('people').select('id').where('email', '=', 'bot@example.org').execute(),
    ).toEqual([]);
  });

  test('asking again at once sends no second mail, and nobody’s mailbox is flooded', async () => {
    const events = [];
    for (let i = 0; i < 8; i += 1) events.push(await make({ access: 'link' }));
    for (const event of events) {
      for (let i = 0; i < 2; i += 1)
        await site.post(
          `/e/${event.id}/link`,
          { name: 'Ida', email: 'ida@example.org' },
          { 'x-forwarded-for': '1' },
        );
    }
    expect(await linkMails('ida@example.org')).toHaveLength(6);
  });

  test('a closed or cancelled event sends nothing, and says the same', async () => {
    const event = await make({ access: 'link', answersCloseAt: new Date('2026-11-16T09:00:00+01:00') });
    const page = await site.post(`/e/${event.id}/link`, { name: 'Lia', email: 'lia@example.org' });
    expect(page.body).toContain('Ora guarda la posta');
    expect(
      await site.db.selectFrom('people').select('id').where('email', '=', 'lia@example.org').execute(),
    ).toEqual([]);
  });

  test('somebody who had herself erased is not brought back by a form', async () => {
    const event = await make({ access: 'link' });
    await site.db
      .insertInto('suppressions')
      .values({ addressHash: site.deps.links.addressHashes('gone@example.org')[0]!, reason: 'erased' })
      .execute();
    const page = await site.post(`/e/${event.id}/link`, { name: 'Gina', email: 'gone@example.org' });
    expect(page.body).toContain('Ora guarda la posta');
    expect(
      await site.db.selectFrom('people').select('id').where('email', '=', 'gone@example.org').execute(),
    ).toEqual([]);
  });

  test('who wants no invitations still gets the link she asked for', async () => {
    const event = await make({ access: 'link' });
    const person = await makeMember(site.db, chapter.id, { firstName: 'Rita', email: 'rita@example.org' });
    await site.db
      .insertInto('preferences')
      .values({ personId: person.id, chapterId: chapter.id, topic: 'invitation' })
      .execute();
    await site.post(`/e/${event.id}/link`, { name: 'Rita', email: 'rita@example.org' });
    expect(await linkMails('rita@example.org')).toMatchObject([{ kind: 'confirmation' }]);
  });

  test('a field that does not hold is marked, with the words kept', async () => {
    const event = await make({ access: 'link' });
    const page = await site.post(`/e/${event.id}/link`, { name: '', email: 'sara@', invitedBy: 'Elena' });
    expect(page.statusCode).toBe(400);
    expect(page.body).toContain('Scrivi il tuo nome.');
    expect(page.body).toContain('non sembra completo');
    expect(page.body).toMatch(/value="sara@"[^>]*aria-invalid="true"/);
    expect(page.body).toContain('value="Elena"');
  });

  test('from another site it is refused', async () => {
    const event = await make({ access: 'link' });
    const page = await site.post(
      `/e/${event.id}/link`,
      { name: 'X', email: 'x@example.org' },
      { origin: 'https://evil.example' },
    );
    expect(page.statusCode).toBe(403);
    expect(await linkMails('x@example.org')).toEqual([]);
  });

  test('whose forwarded link led there is filled in', async () => {
    const event = await make({ access: 'link' });
    expect((await read(`/e/${event.id}?from=Anna%20R.%22%3E`)).body).toContain('value="Anna R.&quot;&gt;"');
  });
});

describe('a chapter’s page', () => {
  test('lists public events to come, soonest first, and only those', async () => {
    const milan = await makeChapter(site.db, { slug: 'milano' });
    const day = (iso: string) => ({
      startsAt: new Date(iso),
      endsAt: new Date(new Date(iso).getTime() + 3_600_000),
    });
    const inMilan = (details: Parameters<typeof makeEvent>[2]) =>
      makeEvent(site.deps, milan.id, { access: 'public', ...details });
    await inMilan({ title: 'Secondo', ...day('2026-12-10T18:00:00+01:00') });
    await inMilan({ title: 'Primo', ...day('2026-12-01T18:00:00+01:00') });
    await inMilan({ title: 'Riservato', access: 'members' });
    await inMilan({ title: 'Bozza', draft: true });
    const { body } = await read('/c/milano');
    expect([...body.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title)).toEqual(['Primo', 'Secondo']);
    expect(body).toContain('href="webcal:');
    for (const feed of ['calendar.ics', 'feed.atom']) {
      const { body: text } = await read(`/c/milano/${feed}`);
      expect(text).toContain('Primo');
      expect(text).not.toMatch(/Riservato|Bozza/);
    }
  });

  test('without any says so kindly', async () => {
    await makeChapter(site.db, { slug: 'pavia' });
    const page = await read('/c/pavia');
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Per ora nessun incontro aperto');
    expect((await read('/c/pavia/calendar.ics')).body).toContain('BEGIN:VCALENDAR');
    expect((await read('/c/pavia/feed.atom')).body).toContain('<feed');
  });

  test('that there is not is 404', async () => {
    for (const path of ['/c/atlantide', '/c/atlantide/calendar.ics', '/c/atlantide/feed.atom', '/c/%00']) {
      expect((await read(path)).statusCode).toBe(404);
    }
  });

  test('has a feed that any reader can parse, whatever a title contains', async () => {
    const rimini = await makeChapter(site.db, { slug: 'rimini' });
    const event = await makeEvent(site.deps, rimini.id, {
      access: 'public',
      title: 'Tè & <b>biscotti</b> \u0007 ]]>',
      description: 'Con *amiche*',
    });
    const feed = await read('/c/rimini/feed.atom');
    expect(feed.headers['content-type']).toContain('application/atom+xml');
    expect(feed.body).toContain(`<id>urn:uuid:${event.id}</id>`);
    expect(feed.body).toContain('<title>Tè &amp; &lt;b&gt;biscotti&lt;/b&gt;  ]]&gt;</title>');
    expect(feed.body).toContain('&lt;em&gt;amiche&lt;/em&gt;');
    expect(feed.body).toMatch(/<updated>2026-11-16T09:00:00.000Z<\/updated>/);
  });
});

describe('the privacy notice', () => {
  test('is the product’s own until the network writes one', async () => {
    expect((await read('/privacy')).body).toContain('<strong>Rete di prova</strong> sa di te');
    expect((await read('/privacy', { 'accept-language': 'en' })).body).toContain('What we keep');
    await site.db
      .updateTable('networks')
      .set({ privacyNotice: '# La nostra\n\nCi teniamo. <script>' })
      .execute();
    const own = (await read('/privacy')).body;
    expect(own).toContain('<h2>La nostra</h2>');
    expect(own).not.toContain('<script>');
  });
});

describe('a page that is not there, or breaks', () => {
  test('is a friendly page for people, and a problem for programs', async () => {
    const page = await read('/nowhere');
    expect(page.statusCode).toBe(404);
    expect(page.body).toContain('Questa pagina non c’è');
    const program = await site.server.inject({ url: '/nowhere', headers: { accept: 'application/json' } });
    expect(program.headers['content-type']).toContain('application/problem+json');
  });

  test('files are kept for ever under an address that changes with them', async () => {
    const { body } = await read('/');
    const [css = ''] = /\/assets\/[0-9a-f]{6}\/ritrovo\.css\?v=[\w-]+/.exec(body) ?? [];
    const sheet = await read(css);
    expect(sheet.headers['content-type']).toContain('text/css');
    expect(sheet.headers['cache-control']).toContain('immutable');
    expect((await read(`${css}x`)).headers['cache-control']).toBe('no-cache');
    for (const path of [
      '/assets/zzzzzz/ritrovo.css',
      '/assets/none.css',
      '/assets/..%2f..%2fpackage.json',
      '/assets/b4472e/mark.svg',
    ]) {
      expect((await read(path)).statusCode).toBe(404);
    }
  });
});
