import { beforeAll, expect, test } from 'vitest';
import { tellReturningGuests } from '../../server/joining/returning-guests.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { runRetention } from '../../server/retention/service.ts';
import { type AtDesk, formBody, signedIn } from '../desk/at-desk.ts';
import { lastMail, linkIn, mailsTo, subjectOf, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2031-11-10T10:00:00+01:00' });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
});

let askers = 0;
const nextAsker = () => {
  askers += 1;
  return askers;
};
const post = (url: string, fields: Record<string, string> = {}) =>
  service.server.inject({
    method: 'POST',
    url,
    // Each from an address of its own, but for the test of floods.
    remoteAddress: `10.1.0.${nextAsker()}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'it' },
    payload: formBody(fields),
  });
const ask = (email: string, more: Record<string, string> = {}) =>
  post('/c/bologna/join', { name: 'Sara Neri', email, line: 'Elena mi ha parlato di voi', ...more });
const requests = '/desk/chapters/bologna/requests';
const waiting = async () =>
  (await service.db.selectFrom('joinRequests').select(['id', 'state']).execute()).filter(
    ({ state }) => state === 'waiting',
  );
const pathIn = async (email: string) =>
  new URL(await linkIn(lastMail(service, email, 'sign_in'), 'Sì, sono io')).pathname;

test('nothing reaches the coordinator before the owner of the address has said so; then at once, and once', async () => {
  const coordinator = chapter.coordinator.email as string;
  const said = await ask('sara@example.org');
  expect(said.body).toContain('Ora guarda la posta');
  await service.settle();
  expect(await waiting()).toEqual([]);
  expect(mailsTo(service, coordinator, 'digest')).toEqual([]);

  // What was typed with an address reaches nobody before its owner has seen it on the page.
  const first = await wordsOf(lastMail(service, 'sara@example.org', 'sign_in'));
  expect(first).toContain('Ciao,');
  expect(first).not.toMatch(/Sara|Elena/);
  const path = await pathIn('sara@example.org');
  // A scanner that opens the link confirms nothing.
  const opened = await service.server.inject(path);
  expect(opened.body).toContain('Sì, confermo');
  expect(opened.body).toContain('Elena mi ha parlato di voi');
  expect(await waiting()).toEqual([]);
  for (let tap = 0; tap < 2; tap += 1) expect((await post(path)).statusCode).toBe(303);
  expect((await service.server.inject(path)).body).toContain('La tua richiesta è arrivata');
  await service.settle();
  expect(await waiting()).toHaveLength(1);
  expect(mailsTo(service, coordinator, 'digest')).toHaveLength(1);
  const mail = lastMail(service, coordinator, 'digest');
  expect(await wordsOf(mail)).toContain('Sara Neri vorrebbe entrare nel gruppo');
  expect(await wordsOf(mail)).toContain('“Elena mi ha parlato di voi”');
  expect(new URL(await linkIn(mail, 'Rispondi')).pathname).toBe(requests);
  expect((await desk.get('/desk/')).body).toContain('Una persona chiede di entrare');
});

test('after two days it is shown as waiting; a yes makes her a member and tells her, once', async () => {
  expect((await desk.get(requests)).body).toContain('In attesa dal');
  service.clock.advance(days(2));
  desk = await signedIn(service, chapter.coordinator.id);
  expect((await desk.get(requests)).body).toContain('In attesa da 2 giorni');
  const [request] = await waiting();
  const answers = await Promise.all(
    [1, 2].map(() => desk.post(requests, { requestId: request?.id as string, answer: 'yes' })),
  );
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 409]);
  await service.settle();
  expect(mailsTo(service, 'sara@example.org', 'sign_in')).toHaveLength(2);
  const mail = lastMail(service, 'sara@example.org', 'sign_in');
  expect(await subjectOf(mail)).toBe('Ora il gruppo di Bologna è anche tuo');
  const members = await service.db
    .selectFrom('memberships as m')
    .innerJoin('people as p', 'p.id', 'm.personId')
    .select(['m.source', 'm.role'])
    .where('p.email', '=', 'sara@example.org')
    .execute();
  expect(members).toEqual([{ source: 'request', role: 'member' }]);
});

test('a kind no carries her own words, and nobody becomes a member', async () => {
  await ask('lia@example.org', { name: 'Lia Monti', line: '' });
  await service.settle();
  await post(await pathIn('lia@example.org'));
  const [request] = await waiting();
  const words = 'Per ora siamo al completo.\nTi aspetto al prossimo aperitivo.';
  const refused = await desk.post(requests, { requestId: request?.id as string, answer: 'no', words });
  expect(refused.headers.location).toBe(`${requests}?said=declined`);
  await service.settle();
  expect(await wordsOf(lastMail(service, 'lia@example.org', 'sign_in'))).toContain(
    'Per ora siamo al completo.',
  );
  const { count } = await service.db
    .selectFrom('memberships as m')
    .innerJoin('people as p', 'p.id', 'm.personId')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('p.email', '=', 'lia@example.org')
    .executeTakeFirstOrThrow();
  expect(Number(count)).toBe(0);
});

test('the page says the same whoever asks: a member, a stranger, somebody erased, a machine', async () => {
  const member = await makeMember(service.db, chapter.id, {
    firstName: 'Giulia',
    email: 'socia.nota@example.org',
  });
  const gone = await makeMember(service.db, chapter.id, { firstName: 'Giulia', email: 'via@example.org' });
  await erasePerson(service.deps, gone.id, { kind: 'system' });
  const before = service.inbox.messages.length;
  const pages = [
    await ask(member.email as string),
    await ask('via@example.org'),
    await ask('nuova@example.org'),
    await ask('macchina@example.org', { website: 'x' }),
  ];
  expect(new Set(pages.map(({ body }) => body)).size).toBe(1);
  await service.settle();
  expect(service.inbox.messages.slice(before).map(({ to }) => to)).toEqual(['nuova@example.org']);
  // Asked again at once she gets one mail; so does an address that somebody floods.
  for (let again = 0; again < 5; again += 1) await ask('nuova@example.org');
  await service.settle();
  expect(mailsTo(service, 'nuova@example.org')).toHaveLength(1);
});

test('what is wrong is said beside what was written, and a link of somebody else opens nothing', async () => {
  const refused = await ask('non un indirizzo', { name: '' });
  expect(refused.statusCode).toBe(400);
  expect(refused.body).toContain('Scrivi come ti chiami.');
  expect(refused.body).toContain('value="non un indirizzo"');
  const path = await pathIn('nuova@example.org');
  expect((await post(`${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`)).statusCode).toBe(404);
  expect((await post(path.replace('/c/bologna/', '/c/altrove/'))).statusCode).toBe(404);
  expect(await waiting()).toEqual([]);
});

test('a request that nobody confirmed goes after a week, an answered one after a month', async () => {
  service.clock.advance(days(8));
  await runRetention(service.deps);
  const states = async () =>
    (await service.db.selectFrom('joinRequests').select('state').execute()).map(({ state }) => state).sort();
  expect(await states()).toEqual(['accepted', 'declined']);
  service.clock.advance(days(30));
  await runRetention(service.deps);
  expect(await states()).toEqual([]);
});

test('a guest who came a second time is told once how one joins, at ten on the second morning; a member is not', async () => {
  const { db, deps, clock } = service;
  const guest = await makeMember(db, (await makeChapter(db)).id, {
    firstName: 'Giulia',
    email: 'ospite@example.org',
  });
  const member = await makeMember(db, chapter.id, { firstName: 'Giulia', email: 'membro@example.org' });
  const comes = async (startsAt: string) => {
    clock.set(new Date(Date.parse(startsAt) - days(3)));
    const event = await makeEvent(deps, chapter.id, {
      startsAt: new Date(startsAt),
      endsAt: new Date(Date.parse(startsAt) + 7.2e6),
    });
    for (const { id: personId } of [guest, member]) {
      const of = { eventId: event.id, personId, chapterId: chapter.id };
      const source = personId === guest.id ? 'link' : 'member';
      await db
        .insertInto('invitations')
        .values({ ...of, source, calendarUid: `${event.id}-${personId}` })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      await db
        .insertInto('attendance')
        .values({ ...of, mode: 'room', recordedAt: new Date(startsAt) })
        .execute();
    }
  };
  const told = async (at: string) => {
    clock.set(at);
    await tellReturningGuests(deps);
    const rows = await db
      .selectFrom('mailings')
      .select('personId')
      .where('template', '=', 'join_how')
      .execute();
    return rows.map(({ personId }) => personId);
  };
  await comes('2032-02-05T18:30:00+01:00');
  expect(await told('2032-02-07T11:00:00+01:00')).toEqual([]);
  await comes('2032-03-25T18:30:00+01:00');
  expect(await told('2032-03-27T09:59:00+01:00')).toEqual([]);
  expect(await told('2032-03-27T10:00:00+01:00')).toEqual([guest.id]);
  await service.settle();
  expect(await wordsOf(lastMail(service, 'ospite@example.org', 'feedback'))).toContain(
    'Due volte non sono un caso',
  );
  await comes('2032-04-15T18:30:00+02:00');
  expect(await told('2032-04-17T10:00:00+02:00')).toEqual([guest.id]);
});

test('of what was written down after an event was summed up nothing stays either', async () => {
  const { db, deps, clock } = service;
  const { id: personId } = await makeMember(db, chapter.id, { firstName: 'Zoe' });
  const event = await makeEvent(deps, chapter.id, { startsAt: new Date(clock().getTime() + days(3)) });
  await service.settle();
  clock.advance(days(800));
  await runRetention(deps);
  await db
    .insertInto('attendance')
    .values({ eventId: event.id, chapterId: chapter.id, personId, mode: 'room', recordedAt: clock() })
    .execute();
  clock.advance(days(1));
  await runRetention(deps);
  expect(
    await db.selectFrom('attendance').select('personId').where('eventId', '=', event.id).execute(),
  ).toEqual([]);
});
