import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { days, hours, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const start = '2026-10-20T10:00:00Z';
const service = useService({ now: start });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let elsewhere: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let sara: Awaited<ReturnType<typeof makeMember>>;
let jane: Awaited<ReturnType<typeof makeMember>>;
let desk: AtDesk;
const base = '/desk/chapters/bologna/messages';

beforeAll(async () => {
  const { db } = service;
  chapter = await makeChapter(db, { slug: 'bologna' });
  elsewhere = await makeChapter(db, { slug: 'milano' });
  giulia = await makeMember(db, chapter.id, { firstName: 'Giulia', lastName: 'Rossi' });
  sara = await makeMember(db, chapter.id, { firstName: 'Sara', lastName: 'Bianchi' });
  jane = await makeMember(db, chapter.id, { firstName: 'Jane', locale: 'en' });
  await makeMember(db, chapter.id, { firstName: 'Paola', email: null });
  desk = await signedIn(service, chapter.coordinator.id);
});
afterEach(async () => {
  service.inbox.hooks = {};
  service.inbox.clear();
  service.clock.set(start);
  await service.db.deleteFrom('preferences').execute();
});

const fields = (more: Record<string, string> = {}) => ({
  subject: 'Ci ritroviamo a gennaio',
  body: 'Ciao {{ firstName }},\n\necco **le date**: https://example.org/date',
  audience: 'members',
  eventId: '',
  who: 'going',
  ...more,
});
/** Writes a draft through the form, and gives its page. */
async function draft(more: Record<string, string> = {}): Promise<string> {
  const made = await desk.post(base, fields(more));
  expect(made.statusCode).toBe(303);
  return String(made.headers.location).replace(/\?.*/, '');
}
const sendNow = async (path: string) => {
  const sent = await desk.post(`${path}/sending`, { when: 'asked' });
  expect(sent.headers.location).toBe(`${path}?done=leaves`);
  await service.settle();
};
const to = (address: string | null) => service.inbox.messagesTo(address as string);
const idOf = (path: string) => path.split('/').at(-1) as string;
const optOut = (personId: string) =>
  service.db
    .insertInto('preferences')
    .values({ personId, chapterId: chapter.id, topic: 'announcement' })
    .execute();

describe('a message to the whole group', () => {
  test('leaves for everybody with an address, by her own name, with a foot in her language', async () => {
    const path = await draft();
    const page = await desk.get(path);
    expect(page.body).toContain('Parte a 4 persone; di una non abbiamo la mail');
    expect(page.body).toContain('Come arriva');
    await sendNow(path);
    expect(service.inbox.messages).toHaveLength(4);
    const [mail] = to(giulia.email);
    const parsed = await mail?.parsed();
    expect(parsed?.subject).toBe('Ci ritroviamo a gennaio');
    expect(parsed?.text).toContain('Ciao Giulia,');
    expect(parsed?.html).toContain('<strong>le date</strong>');
    expect(parsed?.html).toContain('href="https://example.org/date"');
    expect(parsed?.text).toContain('Tutti i messaggi del gruppo: http');
    expect(mail?.header('List-ID')).toContain('<bologna.');
    expect(mail?.header('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
    expect(mail?.header('X-Ritrovo-Kind')).toBe('announcement');
    expect(mail?.header('Reply-To')).toContain(chapter.coordinator.email as string);
    const english = await to(jane.email)[0]?.parsed();
    expect(english?.text).toContain('Ciao Jane,');
    expect(english?.text).toContain('No more messages to the group, please');
    const after = await desk.get(path);
    expect(after.body).toContain('Partito');
    expect(after.body).toContain('arrivato a 4 persone');
    expect((await desk.get(base)).body).toContain('arrivato a 4 persone');
  });

  test('does not reach whoever wants none, also if she says so while it is on its way', async () => {
    await optOut(sara.id);
    const path = await draft();
    expect((await desk.get(path)).body).toContain('Parte a 3 persone; una non riceve i messaggi del gruppo');
    service.inbox.hooks = { rcpt: (address) => (address === jane.email ? 451 : undefined) };
    await sendNow(path);
    service.inbox.hooks = {};
    const [mail] = to(giulia.email);
    const link = /<([^>]+)>/.exec(mail?.header('List-Unsubscribe') ?? '')?.[1] as string;
    expect(to(sara.email)).toEqual([]);
    await optOut(jane.id);
    service.clock.advance(minutes(2));
    await service.settle();
    expect(to(jane.email)).toEqual([]);
    expect((await desk.get(path)).body).toContain('2 persone non li ricevono');
    // Hers alone, and messages alone: her invitations go on.
    const one = await service.server.inject({
      method: 'POST',
      url: new URL(link).pathname,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'List-Unsubscribe=One-Click',
    });
    expect(one.statusCode).toBe(200);
    const gone = await service.db
      .selectFrom('preferences')
      .select('topic')
      .where('personId', '=', giulia.id)
      .execute();
    expect(gone).toEqual([{ topic: 'announcement' }]);
  });

  test('names who did not get it, with what the server said, also on the first page', async () => {
    service.inbox.hooks = {
      rcpt: (address) => (address === giulia.email ? { code: 550, text: '5.1.1 no <such> user' } : undefined),
    };
    const path = await draft();
    await sendNow(path);
    const page = await desk.get(path);
    expect(page.body).toContain('A una persona non arriva');
    expect(page.body).toMatch(/Giulia Rossi.*La mail non arriva.*no &lt;such&gt; user/s);
    expect((await desk.get(base)).body).toContain('Non è arrivato a tutti');
    expect((await desk.get('/desk/')).body).toContain(`href="${path}"`);
  });

  test('leaves out who was erased or left the group after it was planned', async () => {
    const { db, deps } = service;
    const erased = await makeMember(db, chapter.id, { firstName: 'Via' });
    const left = await makeMember(db, chapter.id, { firstName: 'Lontana' });
    const path = await draft();
    await desk.post(`${path}/sending`, { when: 'later', date: '2026-10-21', time: '10:00' });
    await erasePerson(deps, erased.id, { kind: 'system' });
    await db
      .updateTable('memberships')
      .set({ endsAt: service.clock() })
      .where('personId', '=', left.id)
      .execute();
    await service.travel('2026-10-21T08:00:00Z');
    expect(to(giulia.email)).toHaveLength(1);
    expect(to(left.email)).toEqual([]);
    expect(to(erased.email)).toEqual([]);
  });

  test('is asked about once more at night, and can wait for the morning', async () => {
    service.clock.set('2026-10-20T21:30:00Z');
    const path = await draft();
    const asked = await desk.post(`${path}/sending`, { when: 'asked' });
    expect(asked.statusCode).toBe(200);
    expect(asked.body).toContain('È tardi');
    expect((await desk.post(`${path}/sending`, { when: 'morning' })).statusCode).toBe(303);
    await service.settle();
    expect(service.inbox.messages).toEqual([]);
    await service.travel('2026-10-21T06:00:00Z');
    expect(to(giulia.email)).toHaveLength(1);
  });
});

describe('a planned message', () => {
  test('keeps to the chapter’s own clock when the clocks change', async () => {
    const path = await draft();
    // Summer time ends on 25 October: ten o'clock is an hour later on the day after.
    const planned = await desk.post(`${path}/sending`, { when: 'later', date: '2026-10-26', time: '10:00' });
    expect(planned.headers.location).toBe(`${path}?done=planned`);
    expect((await desk.get(path)).body).toContain('Parte lunedì 26 ottobre alle 10:00');
    await service.travel('2026-10-26T08:59:00Z');
    expect(service.inbox.messages).toEqual([]);
    await service.travel('2026-10-26T09:00:00Z');
    expect(to(giulia.email)).toHaveLength(1);
  });

  test('cannot be planned for an hour that the clocks skip, nor for the past, and what was typed stays', async () => {
    service.clock.set('2026-03-20T10:00:00Z');
    const path = await draft();
    const skipped = await desk.post(`${path}/sending`, { when: 'later', date: '2026-03-29', time: '02:30' });
    expect(skipped.statusCode).toBe(400);
    expect(skipped.body).toContain('quest’ora non c’è');
    expect(skipped.body).toContain('value="2026-03-29"');
    const past = await desk.post(`${path}/sending`, { when: 'later', date: '2026-03-19', time: '10:00' });
    expect(past.body).toContain('è già passato');
    expect((await desk.post(`${path}/sending`, { when: 'later', date: '', time: '' })).statusCode).toBe(400);
    expect((await desk.get(path)).body).toContain('Manda ora');
  });

  test('is moved, held, let go, changed and taken back; it leaves once, with its last words', async () => {
    const path = await draft();
    await desk.post(`${path}/sending`, { when: 'later', date: '2026-10-21', time: '10:00' });
    await desk.post(`${path}/sending`, { when: 'later', date: '2026-10-22', time: '10:00' });
    await service.travel('2026-10-21T09:00:00Z');
    expect(service.inbox.messages).toEqual([]);
    await desk.post(`${path}/mailing`, { change: 'hold' });
    await service.travel('2026-10-22T09:00:00Z');
    expect(service.inbox.messages).toEqual([]);
    expect((await desk.get(path)).body).toContain('È in pausa');
    await desk.post(`${path}/mailing`, { change: 'draft' });
    expect((await desk.get(path)).body).toContain('Manda ora');
    const saved = await desk.post(path, fields({ subject: 'Cambio di programma' }));
    expect(saved.headers.location).toBe(`${path}?done=saved`);
    await sendNow(path);
    await desk.post(`${path}/sending`, { when: 'now' });
    await service.settle();
    expect(await Promise.all(to(giulia.email).map(async (mail) => (await mail.parsed()).subject))).toEqual([
      'Cambio di programma',
    ]);
    // What has left can neither be changed nor taken back.
    for (const [to, form] of [
      [path, fields()],
      [`${path}/mailing`, { change: 'draft' }],
      [`${path}/mailing`, { change: 'hold' }],
      [`${path}/removal`, {}],
    ] as const) {
      expect((await desk.post(to, form)).headers.location).toBe(`${path}?problem=left`);
    }
    expect((await desk.get(`${path}?problem=left`)).body).toContain('già partito');
  });

  test('that is just leaving can be stopped: whom it has not reached, it does not reach', async () => {
    service.inbox.hooks = { rcpt: (address) => (address === giulia.email ? 451 : undefined) };
    const path = await draft();
    await sendNow(path);
    expect((await desk.get(path)).body).toContain('Ferma l’invio');
    service.inbox.hooks = {};
    const stopped = await desk.post(`${path}/mailing`, { change: 'stop' });
    expect(stopped.headers.location).toBe(`${path}?done=stopped`);
    service.clock.advance(hours(1));
    await service.settle();
    expect(to(giulia.email)).toEqual([]);
    expect(to(sara.email)).toHaveLength(1);
    expect((await desk.get(path)).body).toContain('Fermato a metà');
  });

  test('reaches nobody twice when the button is pressed twice or its alarm rings twice', async () => {
    const path = await draft();
    await Promise.all([1, 2, 3].map(() => desk.post(`${path}/sending`, { when: 'now' })));
    await Promise.all([service.settle(), service.settle()]);
    await service.settle();
    expect(to(giulia.email)).toHaveLength(1);
    const rows = await service.db
      .selectFrom('mailings')
      .select('id')
      .where('messageId', '=', idOf(path))
      .execute();
    expect(rows).toHaveLength(1);
  });
});

describe('an audience', () => {
  test('by how long she has been here and when she was last seen', async () => {
    const { db } = service;
    const nuova = await makeMember(db, chapter.id, { firstName: 'Nuova' });
    await db
      .updateTable('memberships')
      .set({ startsAt: new Date(service.clock().getTime() - days(10)) })
      .where('personId', '=', nuova.id)
      .execute();
    const seen = await makeEvent(service.deps, chapter.id, { title: 'Pranzo di maggio' });
    await db
      .updateTable('events')
      .set({ startsAt: new Date('2026-09-01T10:00:00Z'), endsAt: new Date('2026-09-01T12:00:00Z') })
      .where('id', '=', seen.id)
      .execute();
    await db
      .insertInto('attendance')
      .values({
        eventId: seen.id,
        personId: giulia.id,
        chapterId: chapter.id,
        mode: 'room',
        recordedAt: service.clock(),
      })
      .execute();
    const count = async (audience: string) =>
      (await desk.get(`${base}/count?audience=${audience}&eventId=&who=going`)).json().text;
    expect(await count('newcomers')).toBe('Parte a una persona');
    // The coordinator, Sara and Jane; Paola has no address.
    expect(await count('unseen')).toBe('Parte a 3 persone; di una non abbiamo la mail');
    await sendNow(await draft({ audience: 'newcomers' }));
    expect(service.inbox.messages.map((mail) => mail.to)).toEqual([nuova.email]);
    await db.deleteFrom('deliveries').where('personId', '=', nuova.id).execute();
    await db.deleteFrom('memberships').where('personId', '=', nuova.id).execute();
    await db.deleteFrom('attendance').execute();
  });

  test('by her answer to an event is asked again as it leaves, and carries her own button', async () => {
    const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-11-26T17:30:00Z') });
    await service.settle();
    service.inbox.clear();
    const path = await draft({
      subject: '{{ event.title }}: ci sei?',
      body: 'Ciao {{ firstName }},\n\n{{ event.when }}, {{ event.place }}\n\n[Rispondi]({{ links.answer }} "button")',
      audience: 'event',
      eventId: event.id,
      who: 'unanswered',
    });
    await desk.post(`${path}/sending`, { when: 'later', date: '2026-10-21', time: '10:00' });
    await answerInvitation(service.deps, {
      eventId: event.id,
      personId: giulia.id,
      answer: 'yes',
      source: 'link',
    });
    await service.settle();
    service.inbox.clear();
    await service.travel('2026-10-21T08:00:00Z');
    expect(to(giulia.email)).toEqual([]);
    const mail = await to(sara.email)[0]?.parsed();
    expect(mail?.subject).toBe('Aperitivo di rete: ci sei?');
    expect(mail?.text).toContain('giovedì 26 novembre, dalle 18:30 alle 20:30, Enoteca Storica');
    expect(mail?.html).toMatch(/href="[^"]+\/r\/[\w-]+\.[\w-]{22}"/);
  });

  test('is asked once more before the first byte leaves: an answer or a departure meanwhile takes her out', async () => {
    const { db, deps, clock, inbox } = service;
    const leaving = await makeMember(db, chapter.id, { firstName: 'Partente' });
    const event = await makeEvent(deps, chapter.id, { startsAt: new Date('2026-11-26T17:30:00Z') });
    await service.settle();
    inbox.clear();
    inbox.hooks = {
      rcpt: (address) => (address === giulia.email || address === leaving.email ? 451 : undefined),
    };
    const path = await draft({ audience: 'event', eventId: event.id, who: 'unanswered' });
    await sendNow(path);
    expect(to(sara.email)).toHaveLength(1);
    inbox.hooks = {};
    await answerInvitation(deps, { eventId: event.id, personId: giulia.id, answer: 'no', source: 'link' });
    await db.updateTable('memberships').set({ endsAt: clock() }).where('personId', '=', leaving.id).execute();
    inbox.clear();
    clock.advance(minutes(2));
    await service.settle();
    const kinds = inbox.messages.map((mail) => mail.header('X-Ritrovo-Kind'));
    expect(kinds).not.toContain('announcement');
    expect((await desk.get(path)).body).toContain('2 non servivano più');
  });

  test('of people picked from a list names only those whom the chapter may write to', async () => {
    const stranger = await makeMember(service.db, elsewhere.id, { firstName: 'Altra' });
    const foreign = await makeEvent(service.deps, elsewhere.id);
    const event = await makeEvent(service.deps, chapter.id);
    const select = (eventId: string, personId: string[]) =>
      desk.post(`${base}/selection`, { eventId, personId });
    const before = await service.db.selectFrom('messages').select('id').execute();
    expect((await select(event.id, [giulia.id, stranger.id])).statusCode).toBe(404);
    expect((await select(foreign.id, [giulia.id])).statusCode).toBe(404);
    expect((await select('', [giulia.id, 'x'])).statusCode).toBe(404);
    expect((await select(event.id, [])).headers.location).toContain('problem=nobody');
    expect(await service.db.selectFrom('messages').select('id').execute()).toEqual(before);

    await service.settle();
    service.inbox.clear();
    const page = (await desk.get(`/desk/events/${event.id}`)).body;
    expect(page).toContain(`${base}/new?event=${event.id}&amp;who=unanswered`);
    const made = await select(event.id, [giulia.id, sara.id, giulia.id]);
    const edit = made.headers.location as string;
    expect((await desk.get(edit)).body).toContain('Giulia Rossi e Sara Bianchi');
    const path = edit.replace('/edit', '');
    // A draft without words cannot leave.
    expect((await desk.post(`${path}/sending`, { when: 'now' })).headers.location).toBe(
      `${path}?problem=incomplete`,
    );
    await desk.post(path, fields({ audience: 'people' }));
    await sendNow(path);
    expect(service.inbox.messages.map((mail) => mail.to).sort()).toEqual([giulia.email, sara.email].sort());
  });
});

describe('her words', () => {
  test.each([
    ['an empty subject', { subject: ' ' }, 'Scrivi l’oggetto'],
    ['an empty message', { body: '' }, 'Scrivi il messaggio'],
    ['an insert that does not exist', { body: 'Ciao\n{{ nome }}' }, 'Alla riga 2 c’è un inserto'],
    ['an insert of an event without one', { body: '{{ event.title }}' }, 'va alle persone di un incontro'],
    ['her answer without an event', { body: '[x]({{ links.answer }})' }, 'va alle persone di un incontro'],
    ['a brace too many', { body: 'Ciao {{ firstName' }, 'non riusciamo a leggere'],
    ['a tag that is not allowed', { body: '{% for x in y %}{% endfor %}' }, 'non riusciamo a leggere'],
    ['an audience that is none', { audience: 'all' }, 'Scegli a chi va'],
    ['an event that was not chosen', { audience: 'event' }, 'Scegli l’incontro'],
  ])('with %s are kept and not saved', async (_, wrong, said) => {
    const before = await service.db.selectFrom('messages').select('id').execute();
    const answer = await desk.post(base, fields(wrong));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(said);
    expect(answer.body).toContain('subject' in wrong ? 'le date' : 'Ci ritroviamo a gennaio');
    expect(await service.db.selectFrom('messages').select('id').execute()).toEqual(before);
  });

  test('hold no markup of others: a name is never a link, and HTML stays text', async () => {
    const nasty = await makeMember(service.db, chapter.id, { firstName: '[x](https://evil.example)' });
    const path = await draft({ body: 'Ciao {{ firstName }}, <script>alert(1)</script>' });
    await sendNow(path);
    const html = String((await to(nasty.email)[0]?.parsed())?.html);
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('href="https://evil.example');
    await service.db.deleteFrom('memberships').where('personId', '=', nasty.id).execute();
  });

  test('to somebody without a name leave no gap', async () => {
    const nameless = await makeMember(service.db, chapter.id, {
      firstName: '',
      email: 'nameless@example.org',
    });
    await sendNow(await draft());
    expect((await to(nameless.email)[0]?.parsed())?.text).toMatch(/^Ciao,/);
    await service.db.deleteFrom('memberships').where('personId', '=', nameless.id).execute();
  });

  test('come to her alone as a test, marked as one', async () => {
    const path = await draft();
    await desk.post(`${path}/test-mail`);
    await service.settle();
    expect(service.inbox.messages.map((mail) => mail.to)).toEqual([chapter.coordinator.email]);
    expect((await service.inbox.messages[0]?.parsed())?.subject).toBe('[Prova] Ci ritroviamo a gennaio');
    expect((await desk.get(path)).body).toContain('Manda ora');
  });
});

test('a draft that is thrown away can be fetched back', async () => {
  const path = await draft({ subject: 'Da buttare' });
  const thrown = await desk.post(`${path}/removal`);
  const list = await desk.get(thrown.headers.location as string);
  expect(list.body).toContain('La bozza è stata buttata');
  expect(list.body).not.toContain('Da buttare');
  expect((await desk.post(`${path}/sending`, { when: 'now' })).statusCode).toBe(404);
  await desk.post(`${path}/removal`, { restore: 'yes' });
  expect((await desk.get(base)).body).toContain('Da buttare');
});

test('another chapter’s message does not exist, and nothing about it changes', async () => {
  const path = await draft();
  const stranger = await signedIn(service, elsewhere.coordinator.id);
  const theirs = `/desk/chapters/milano/messages/${idOf(path)}`;
  const of = () =>
    service.db.selectFrom('messages').selectAll().where('id', '=', idOf(path)).executeTakeFirstOrThrow();
  const before = await of();
  for (const page of [theirs, `${theirs}/edit`, `${theirs}/mail`, path]) {
    expect((await stranger.get(page)).statusCode).toBe(404);
  }
  for (const [to, form] of [
    [theirs, fields()],
    [`${theirs}/sending`, { when: 'now' }],
    [`${theirs}/mailing`, { change: 'hold' }],
    [`${theirs}/removal`, {}],
    [`${theirs}/test-mail`, {}],
    [`${path}/sending`, { when: 'now' }],
  ] as const) {
    expect((await stranger.post(to, form)).statusCode, to).toBe(404);
  }
  const event = await makeEvent(service.deps, chapter.id);
  const foreign = { audience: 'event', eventId: event.id, who: 'going' };
  expect((await stranger.post('/desk/chapters/milano/messages', fields(foreign))).statusCode).toBe(404);
  const count = `count?audience=event&who=going&eventId=${event.id}`;
  expect((await stranger.get(`/desk/chapters/milano/messages/${count}`)).statusCode).toBe(404);
  const named = `count?audience=people&message=${idOf(path)}`;
  expect((await stranger.get(`/desk/chapters/milano/messages/${named}`)).statusCode).toBe(404);
  expect(await of()).toEqual(before);
  await service.settle();
});
