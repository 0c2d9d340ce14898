import { beforeAll, expect, test } from 'vitest';
import { type AtDesk, sessionOf, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
let bologna: Chapter;
let admin: AtDesk;
let adminId: string;

beforeAll(async () => {
  bologna = await makeChapter(service.db, { slug: 'bologna' });
  for (let i = 0; i < 40; i += 1) await makeChapter(service.db, { slug: `gruppo-${i}` });
  const person = await makeMember(service.db, bologna.id, { firstName: 'Paola', lastName: 'Neri' });
  adminId = person.id;
  await service.db.insertInto('networkAdministrators').values({ personId: adminId }).execute();
  admin = await signedIn(service, adminId);
});

async function mailTo(email: string) {
  await service.settle();
  const mail = service.inbox.messages.filter(({ to }) => to === email).at(-1);
  const parsed = await mail?.parsed();
  return { subject: parsed?.subject ?? '', text: parsed?.text ?? '' };
}

async function enter(text: string) {
  const path = /http\S+?(\/sign-in\/[\w.-]+)/.exec(text)?.[1] as string;
  return sessionOf(await service.server.inject({ method: 'POST', url: path }));
}

test('an administrator without a chapter begins with all of them, a page at a time, and finds one by name', async () => {
  const home = await admin.get('/desk/');
  expect([home.statusCode, home.headers.location]).toEqual([303, '/desk/network']);
  const first = await admin.get('/desk/network');
  expect(first.body.match(/<li><a href="\/desk\/chapters\//g)).toHaveLength(30);
  expect(first.body).toContain('Pagina dopo');
  const second = await admin.get('/desk/network?page=2');
  expect(second.body.match(/<li><a href="\/desk\/chapters\//g)).toHaveLength(11);
  expect(second.body).toContain('Pagina prima');
  const found = await admin.get('/desk/network?q=gruppo-7');
  expect(found.body.match(/<li><a href="\/desk\/chapters\//g)).toHaveLength(1);
  expect((await admin.get('/desk/network?q=%25&page=zero')).body).toContain('Nessun gruppo');
});

test('she steps into any chapter, and stays in it while she looks around', async () => {
  const event = await makeEvent(service.deps, bologna.id, {});
  const there = await admin.get('/desk/chapters/bologna/');
  expect(there.statusCode).toBe(200);
  expect(there.body).toContain(`/desk/events/${event.id}`);
  expect(there.body).toContain('href="/desk/chapters/bologna/members"');
  const members = await admin.get('/desk/chapters/bologna/members');
  expect(members.body).toContain('href="/desk/chapters/bologna/"');
  expect((await admin.get('/desk/chapters/bologna/more')).body).toContain('href="/desk/network"');
  const coordinator = await signedIn(service, bologna.coordinator.id);
  expect((await coordinator.get('/desk/chapters/bologna/more')).body).not.toContain('href="/desk/network"');
  expect((await coordinator.get('/desk/network')).statusCode).toBe(404);
});

test('she makes a chapter with its coordinator, who gets a warm mail and is let in by it', async () => {
  const fields = { chapter: 'Forlì', slug: '', timeZone: 'Europe/Rome', firstName: 'Ida', lastName: 'Blu' };
  const wrong = await admin.post('/desk/network/chapters', { ...fields, email: 'ida@' });
  expect(wrong.statusCode).toBe(400);
  expect(wrong.body).toContain('value="Forlì"');
  const email = 'ida@example.org';
  expect((await admin.post('/desk/network/chapters', { ...fields, slug: 'bologna', email })).statusCode).toBe(
    409,
  );
  expect((await admin.post('/desk/network/chapters', { ...fields, email })).statusCode).toBe(303);
  const mail = await mailTo(email);
  expect(mail.subject).toBe('Il gruppo di Forlì ora è anche tuo');
  expect(mail.text).toContain('Paola Neri ti ha chiesto di coordinare');
  const cookie = await enter(mail.text);
  const home = await service.server.inject({ url: '/desk/', headers: { cookie } });
  expect(home.body).toContain('Ciao Ida');
  expect(home.body).toContain('Le prime persone');
});

test('administrators are added and removed, also by themselves; the last one stays', async () => {
  const list = '/desk/network/administrators';
  const last = await admin.post(`${list}/${adminId}/removal`);
  expect(last.statusCode).toBe(409);
  expect(last.body).toContain('Una rete ha sempre almeno una persona');
  const added = await admin.post(list, { firstName: 'Rita', lastName: 'Levi', email: 'rita@example.org' });
  expect(added.statusCode).toBe(303);
  const mail = await mailTo('rita@example.org');
  expect(mail.text).toContain('Paola Neri ti ha chiesto di amministrare');
  const cookie = await enter(mail.text);
  expect((await service.server.inject({ url: '/desk/network', headers: { cookie } })).statusCode).toBe(200);
  expect((await admin.post(list, { firstName: 'R', email: 'rita@example.org' })).statusCode).toBe(409);
  const rita = await service.db
    .selectFrom('people')
    .select('id')
    .where('email', '=', 'rita@example.org')
    .executeTakeFirstOrThrow();
  expect((await admin.post(`${list}/${bologna.coordinator.id}/removal`)).statusCode).toBe(404);
  expect((await admin.post(`${list}/${rita.id}/removal`)).statusCode).toBe(303);
  expect((await service.server.inject({ url: '/desk/network', headers: { cookie } })).statusCode).toBe(303);
});

test('of two who remove each other at the same moment one stays', async () => {
  const other = await makeMember(service.db, bologna.id, { firstName: 'Sara' });
  await service.db.insertInto('networkAdministrators').values({ personId: other.id }).execute();
  const hers = await signedIn(service, other.id);
  const answers = await Promise.all([
    admin.post(`/desk/network/administrators/${other.id}/removal`),
    hers.post(`/desk/network/administrators/${adminId}/removal`),
  ]);
  expect(answers.filter(({ statusCode }) => statusCode === 303).length).toBeGreaterThan(0);
  expect(await service.db.selectFrom('networkAdministrators').select('personId').execute()).toHaveLength(1);
});
