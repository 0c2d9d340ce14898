import { beforeEach, expect, test } from 'vitest';
import { saveText } from '../../server/texts/service.ts';
import { type AtDesk, signedIn } from '../desk/at-desk.ts';
import { makeEvening } from '../introductions/acquaintances.ts';
import { lastMail, linksOf, mailsTo, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2031-11-20T17:30:00+01:00' });
const { feedbackLinkOf } = linkPaths(() => service.deps);

type Member = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Record<'giulia' | 'marta' | 'sara', Member>;
let event: { id: string };
let desk: AtDesk;
let hub: string;

beforeEach(async () => {
  const { db, deps, clock } = service;
  clock.set('2031-11-20T17:30:00+01:00');
  service.inbox.hooks = {};
  chapter = await makeChapter(db);
  const make = (firstName: string, lastName: string, more: object = {}) =>
    makeMember(db, chapter.id, { firstName, lastName, ...more });
  people = {
    giulia: await make('Giulia', 'Amati'),
    marta: await make('Marta', 'Berti', { locale: 'en' }),
    sara: await make('Sara', 'Costa'),
  };
  event = await makeEvening(deps, chapter.id, Object.values(people), {});
  clock.set('2031-11-20T22:00:00+01:00');
  await service.settle();
  await db.updateTable('events').set({ roomCompleteAt: clock() }).where('id', '=', event.id).execute();
  service.inbox.clear();
  desk = await signedIn(service, chapter.coordinator.id);
  hub = `/desk/events/${event.id}/follow-up`;
});

const nextMorning = () => service.travel('2031-11-21T10:00:30+01:00');
const thanksOf = (person: Member) => lastMail(service, person.email as string, 'thanks_attended');
const consent = (person: Member, inPhotos: boolean) =>
  service.db
    .updateTable('invitations')
    .set({ inPhotos })
    .where('eventId', '=', event.id)
    .where('personId', '=', person.id)
    .execute();
const pageOf = async (person: Member) =>
  (await service.server.inject(await feedbackLinkOf(event.id, person.id))).body;

test('a line stands in her mail as it was written, and in nobody else’s', async () => {
  const text = 'La tua *storia* mi piace.\n[clicca](https://evil.example) {{ links.answer }}';
  await desk.post(`${hub}/lines/${people.giulia.id}`, { text });
  await desk.post(`${hub}/lines/${people.marta.id}`, { text: 'Come again!' });
  await nextMorning();
  const mail = await thanksOf(people.giulia).parsed();
  expect(mail.text).toContain(text);
  expect(mail.html).toContain(
    'La tua *storia* mi piace.<br>[clicca](https://evil.example) {{ links.answer }}',
  );
  expect((await linksOf(thanksOf(people.giulia))).some(({ url }) => url.includes('evil'))).toBe(false);
  expect(await wordsOf(thanksOf(people.marta))).toContain('Come again!');
  expect(await wordsOf(thanksOf(people.sara))).not.toMatch(/storia|Come again/);
});

test('a line can be changed until it has left, and not after', async () => {
  const line = `${hub}/lines/${people.giulia.id}`;
  await desk.post(line, { text: 'Prima' });
  await desk.post(line, { text: 'Seconda' });
  expect((await desk.post(line, { text: 'x'.repeat(501) })).statusCode).toBe(400);
  await nextMorning();
  expect(await wordsOf(thanksOf(people.giulia))).toContain('Seconda');
  const late = await desk.post(line, { text: 'Terza' });
  expect(late.statusCode).toBe(409);
  expect(late.body).toContain('La sua mail è già partita');
  const page = (await desk.get(hub)).body;
  expect(page).toContain('Seconda');
  expect(page).toContain('Partita con la sua mail.');
  expect((await desk.post(`${hub}/lines/${chapter.id}`, { text: 'x' })).statusCode).toBe(404);
});

test('a line that is put right while mail leaves is not sent as it was', async () => {
  await desk.post(`${hub}/lines/${people.sara.id}`, { text: 'Cara Sarah' });
  let isChanged = false;
  service.inbox.hooks = {
    rcpt: async (to) => {
      if (isChanged || to !== people.sara.email) return undefined;
      isChanged = true;
      await service.db
        .updateTable('thanksLines')
        .set({ text: 'Cara Sara' })
        .where('personId', '=', people.sara.id)
        .execute();
      return undefined;
    },
  };
  await nextMorning();
  expect(isChanged).toBe(true);
  expect(mailsTo(service, people.sara.email as string, 'thanks_attended')).toHaveLength(1);
  expect(await wordsOf(thanksOf(people.sara))).toContain('Cara Sara');
  expect(await wordsOf(thanksOf(people.sara))).not.toContain('Sarah');
});

test('her line and the photos are not lost in a chapter’s own older words', async () => {
  const words = {
    subject: 'Grazie!',
    body: 'Ciao {{ person.firstName }},\ngrazie.\n\n{% if next %}Il prossimo:\n\n{{ next.title }}\n\n{% endif %}[Racconta]({{ links.feedback }} "button")\n\nA presto,\n{{ coordinator.firstName }}',
  };
  const saved = await saveText(
    service.deps,
    { chapterId: chapter.id, eventId: null, kind: 'thanks_attended', locale: 'it' },
    words,
    { actor: { kind: 'system' } },
  );
  expect(saved).toMatchObject({ ok: true });
  await desk.post(`${hub}/lines/${people.giulia.id}`, { text: 'Una riga per te.' });
  await desk.post(`${hub}/links`, { kind: 'link', url: 'https://example.org/a', title: 'Il libro' });
  await nextMorning();
  const { text } = await thanksOf(people.giulia).parsed();
  expect(text).toMatch(/grazie\.\s+Una riga per te\.\s+/);
  expect(text).toContain('- Il libro: https://example.org/a');
});

test('in a photo only she is named who says that she may be, and as long as she says so', async () => {
  await consent(people.giulia, true);
  await consent(people.marta, true);
  const person = [people.giulia.id, people.marta.id, people.sara.id];
  await desk.post(`${hub}/links`, {
    kind: 'photo',
    url: 'https://foto.example.org/1',
    title: 'Il gruppo',
    person,
  });
  expect(await pageOf(people.sara)).toContain('Nella foto: Giulia A. e Marta B.');
  expect((await desk.get(hub)).body).not.toMatch(/Nella foto:[^<]*Sara/);

  await consent(people.giulia, false);
  expect(await pageOf(people.sara)).toContain('Nella foto: Marta B.');
  expect((await desk.get(hub)).body).not.toMatch(/Nella foto:[^<]*Giulia/);

  // And one who takes it back while her name is on its way.
  let isBack = false;
  service.inbox.hooks = {
    rcpt: async (to) => {
      if (isBack || to !== people.sara.email) return undefined;
      isBack = true;
      await consent(people.marta, false);
      return undefined;
    },
  };
  await nextMorning();
  expect(isBack).toBe(true);
  const words = await wordsOf(thanksOf(people.sara));
  expect(words).toContain('Il gruppo');
  expect(words).not.toContain('Marta');
});

test('a link leads to the secure web, and says where', async () => {
  for (const url of [
    'http://example.org',
    'javascript:alert(1)',
    'https://a:b@example.org',
    'https://localhost',
    '',
  ]) {
    const refused = await desk.post(`${hub}/links`, { kind: 'link', url, title: 'x' });
    expect([refused.statusCode, url]).toEqual([400, url]);
  }
  expect(
    (await desk.post(`${hub}/links`, { kind: 'link', url: 'example.org/album', title: 'L’album' }))
      .statusCode,
  ).toBe(303);
  expect(await pageOf(people.sara)).toContain('href="https://example.org/album"');
});

test('who brought somebody is asked to thank her, by name, in her own thanks', async () => {
  const { db } = service;
  await db
    .updateTable('invitations')
    .set({ invitedByPersonId: people.giulia.id })
    .where('eventId', '=', event.id)
    .where('personId', '=', people.sara.id)
    .execute();
  const of = { eventId: event.id, personId: people.giulia.id, chapterId: chapter.id, position: 0 };
  await db
    .insertInto('rsvpGuests')
    .values({ ...of, name: 'Lia Verdi' })
    .execute();
  await nextMorning();
  expect(await wordsOf(thanksOf(people.giulia))).toContain('Grazie di aver portato Sara:');
  expect(await wordsOf(thanksOf(people.marta))).not.toContain('bringing');
});

test('a newcomer’s thanks are her own, in her language, and tell her how to stay in touch', async () => {
  const { db } = service;
  await db
    .updateTable('invitations')
    .set({ source: 'link' })
    .where('eventId', '=', event.id)
    .where('personId', 'in', [people.marta.id, people.sara.id])
    .execute();
  await nextMorning();
  const sara = await wordsOf(thanksOf(people.sara));
  expect(sara).toContain('è stato bello conoscerti');
  expect(sara).toContain('Per restare in contatto');
  expect((await linksOf(thanksOf(people.sara))).map(({ url }) => url)).toContain(
    service.deps.links.url(`/c/${chapter.slug}`),
  );
  expect(await wordsOf(thanksOf(people.marta))).toContain('It takes little to stay in touch');
  expect(await wordsOf(thanksOf(people.giulia))).toContain('è stato bello rivederti');
});
