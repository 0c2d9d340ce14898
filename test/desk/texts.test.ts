import { beforeAll, describe, expect, test } from 'vitest';
import { templateFile } from '../../server/mail/template-files.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let jane: Awaited<ReturnType<typeof makeMember>>;
let desk: AtDesk;
const texts = '/desk/chapters/bologna/texts';

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  jane = await makeMember(service.db, chapter.id, { firstName: 'Jane', locale: 'en' });
  desk = await signedIn(service, chapter.coordinator.id);
});

type Words = { subject: string; body: string };
const original = (kind: 'invitation' | 'reminder', locale: 'it' | 'en'): Words => templateFile(kind, locale);

/** The editor's form: what is not given is as the original. */
function fields(
  kind: 'invitation' | 'reminder',
  given: { it?: Partial<Words>; en?: Partial<Words> },
  base: { it?: string; en?: string } = {},
): Record<string, string> {
  const of = (locale: 'it' | 'en') => ({ ...original(kind, locale), ...given[locale] });
  return {
    subject_it: of('it').subject,
    body_it: of('it').body,
    base_it: base.it ?? '',
    subject_en: of('en').subject,
    body_en: of('en').body,
    base_en: base.en ?? '',
  };
}

const button = '[Vengo]({{ links.yes }} "button")';
const mailTo = async (address: string | null) => {
  const found = service.inbox.messagesTo(address as string).at(-1);
  if (!found) throw new Error(`no mail to ${address}`);
  return found.parsed();
};

test('her own words leave in the language that she wrote them in, and the original in the other', async () => {
  const saved = await desk.post(
    `${texts}/invitation`,
    fields('invitation', {
      it: {
        subject: 'Ci vediamo {{ event.whenShort }}?',
        body: `Cara {{ person.firstName }}, vieni!\r\n\r\n${button}`,
      },
    }),
  );
  expect(saved.headers.location).toContain('done=textSaved');
  expect((await desk.get(texts)).body).toContain('Testo tuo: Italiano');
  await makeEvent(service.deps, chapter.id);
  await service.settle();
  const own = await mailTo(giulia.email);
  expect(own.subject).toMatch(/^Ci vediamo gio 26 nov, \d\d:00\?$/);
  expect(own.text).toContain('Cara Giulia, vieni!\n\nVengo: http');
  expect(own.html).toContain('Cara Giulia, vieni!');
  expect((await mailTo(jane.email)).subject).toContain('will you be there?');
});

test('the words of an event stand before those of its group, and those before the network’s', async () => {
  await service.db.insertInto('networkAdministrators').values({ personId: chapter.coordinator.id }).execute();
  const word = (text: string) => ({
    it: { subject: text, body: `${text}\n\n${button}` },
    en: { subject: `${text} en`, body: `x\n\n${button}` },
  });
  const other = await makeChapter(service.db, { slug: 'torino' });
  await makeMember(service.db, other.id, { firstName: 'Elsa', email: 'elsa@example.org' });
  await desk.post('/desk/network/texts/chase', fields('invitation', word('rete')));
  const event = await makeEvent(service.deps, chapter.id);
  const elsewhere = await makeEvent(service.deps, other.id);
  // The invitations leave first: several connections keep no order.
  await service.settle();
  const subjects = async (mine: { id: string }) => {
    await service.db
      .updateTable('mailings')
      .set({ dueAt: service.clock() })
      .where('eventId', '=', mine.id)
      .where('kind', '=', 'chase')
      .execute();
    await service.db
      .updateTable('invitations')
      .set({ createdAt: new Date('2026-11-01') })
      .where('eventId', '=', mine.id)
      .execute();
    await service.settle();
  };
  await subjects(elsewhere);
  expect((await mailTo('elsa@example.org')).subject).toBe('rete');

  const chapterPage = await desk.get(`${texts}/chase`);
  expect(chapterPage.body).toContain('Questo è il testo della rete.');
  await desk.post(`${texts}/chase`, fields('invitation', word('gruppo')));
  await desk.post(
    `/desk/events/${event.id}/texts/chase`,
    fields('invitation', { ...word('gruppo'), it: word('incontro').it, en: word('gruppo').en }),
  );
  await subjects(event);
  expect((await mailTo(giulia.email)).subject).toBe('incontro');
  expect((await mailTo(jane.email)).subject).toBe('gruppo en');
});

describe('saving', () => {
  test.each([
    [
      'an unknown variable',
      { body: `Ciao\n{{ event.titel }}\n\n${button}` },
      'Riga 2: «event.titel» non esiste in questa mail. Volevi dire «event.title»?',
    ],
    ['a missing button', { body: 'Vieni!' }, 'Manca il pulsante'],
    ['an empty subject', { subject: ' ' }, 'Scrivi un oggetto'],
    [
      'a bracket that does not close',
      { body: `{{ person.firstName\n\n${button}` },
      'si apre e non si chiude',
    ],
    ['an if without its end', { body: `{% if person.newcomer %}x\n\n${button}` }, 'si apre e non si chiude'],
    [
      'a tag that is not allowed',
      { body: `{% for a in b %}x{% endfor %}\n\n${button}` },
      '«for» qui non si può usare',
    ],
    ['a text that is too long', { body: 'x'.repeat(20_001) }, 'al massimo 20000 caratteri'],
    ['HTML', { body: `<script>alert(1)</script>\n\n${button}` }, 'è HTML'],
    [
      'a link that runs something',
      { body: `[x](javascript:alert(1))\n\n${button}` },
      'deve cominciare con https://',
    ],
  ])('refuses %s, says in which line and keeps what was typed', async (_, it, said) => {
    const refused = await desk.post(
      `${texts}/reminder`,
      fields('reminder', { it: { ...original('reminder', 'it'), ...it } }),
    );
    expect(refused.statusCode).toBe(400);
    expect(unescaped(refused.body)).toContain(said);
    if ('body' in it) expect(unescaped(refused.body)).toContain(`>\n${it.body}</textarea>`);
    expect(
      await service.db.selectFrom('texts').select('id').where('kind', '=', 'reminder').execute(),
    ).toEqual([]);
  });

  test('the same words as the original are none of one’s own', async () => {
    const same = await desk.post(`${texts}/reminder`, fields('reminder', {}));
    expect(same.headers.location).toContain('done=textSame');
    expect(
      await service.db.selectFrom('texts').select('id').where('kind', '=', 'reminder').execute(),
    ).toEqual([]);
  });

  test('what somebody else has saved meanwhile is shown, and overwritten only when she says so', async () => {
    const mine = fields('reminder', { it: { subject: 'mio' } });
    await desk.post(`${texts}/reminder`, fields('reminder', { it: { subject: 'suo' } }));
    const late = await desk.post(`${texts}/reminder`, mine);
    expect(late.statusCode).toBe(409);
    expect(late.body).toContain('qualcun’altra ha salvato');
    const base = /name="base_it" value="([^"]+)"/.exec(late.body)?.[1] as string;
    expect((await desk.post(`${texts}/reminder`, { ...mine, base_it: base })).statusCode).toBe(303);
    const page = await desk.get(`${texts}/reminder`);
    expect(page.body).toContain('value="mio"');
    expect(page.body).toMatch(/<del>.*<\/del>/s);

    await desk.post(`${texts}/reminder/original`, { locale: 'it' });
    const back = await desk.get(`${texts}/reminder`);
    expect(back.body).not.toContain('value="mio"');
    const [earlier] = [...back.body.matchAll(/name="text" value="([^"]+)"/g)].map(
      (found) => found[1] as string,
    );
    await desk.post(`${texts}/reminder/restoration`, { text: earlier as string });
    expect((await desk.get(`${texts}/reminder`)).body).toContain('value="mio"');
    const done = await service.db
      .selectFrom('auditLog')
      .select(['action', 'actorId', 'detail'])
      .where('action', 'like', 'text.%')
      .where((w) => w('detail', '@>', JSON.stringify({ kind: 'reminder' })))
      .execute();
    expect(done.map(({ action }) => action)).toEqual([
      'text.changed',
      'text.changed',
      'text.dropped',
      'text.changed',
    ]);
    expect(done.every(({ actorId }) => actorId === chapter.coordinator.id)).toBe(true);
  });
});

test('a test of words that are not saved comes to her alone, marked, and counts for nothing', async () => {
  const event = await makeEvent(service.deps, chapter.id);
  await service.settle();
  const before = service.inbox.messages.length;
  for (const kind of ['thanks_missed', 'thanks_missed', 'cancellation'] as const) {
    const asked = await desk.post(`${texts}/${kind}/test`, {
      ...fields('invitation', {
        it: { subject: 'Solo per me {{ event.title }}', body: 'x {{ person.firstName }}' },
      }),
      locale: 'it',
      person: giulia.id,
      event: event.id,
    });
    expect(asked.body).toContain('La prova sta arrivando');
    expect(asked.body).toContain('Solo per me {{ event.title }}');
  }
  await service.settle();
  const sent = service.inbox.messages.slice(before);
  expect(sent.map(({ to }) => to)).toEqual(Array(3).fill(chapter.coordinator.email));
  expect(await Promise.all(sent.map(async (mail) => (await mail.parsed()).subject))).toEqual(
    Array(3).fill('[Prova] Solo per me Aperitivo di rete'),
  );
  expect(sent.map((mail) => mail.raw.toString()).join()).not.toContain('text/calendar');
});

describe('the preview', () => {
  const look = (more: Record<string, string>) =>
    desk.post(`${texts}/invitation/preview`, {
      ...fields('invitation', {
        it: { subject: 'Per {{ person.firstName }}', body: `Ciao {{ person.firstName }}\n\n${button}` },
      }),
      locale: 'it',
      ...more,
    });

  test('is the mail of the member that she chose, in a document that may run nothing, and hides her link', async () => {
    const event = await makeEvent(service.deps, chapter.id);
    const page = await look({ person: giulia.id, event: event.id });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Ciao Giulia');
    expect(page.headers['content-security-policy']).toContain('sandbox');
    expect(page.body).toContain('/r/***?a=yes');
    const text = await look({ person: 'example', event: 'example', as: 'text' });
    expect(text.body).toContain('Ciao Giulia');
    expect(text.body).toContain('<pre');
  });

  test('says what is wrong where the text cannot be written', async () => {
    const page = await look({ body_it: '{{ nope }}' });
    expect(page.body).toContain('«nope» non esiste');
  });

  test('shows nobody of another group, and nothing of its events', async () => {
    const other = await makeChapter(service.db);
    const stranger = await makeMember(service.db, other.id, { firstName: 'Estranea' });
    const event = await makeEvent(service.deps, other.id);
    expect((await look({ person: stranger.id })).statusCode).toBe(404);
    expect((await look({ event: event.id })).statusCode).toBe(404);
  });
});

const unescaped = (html: string) =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
