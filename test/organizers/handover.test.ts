import { describe, expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { type AtDesk, sessionOf, signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { days } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const now = '2026-11-16T10:00:00Z';
const service = useService({ now });
type Person = Awaited<ReturnType<typeof makeMember>>;

let count = 0;
/** Anna's chapter, and Marta, who belongs to it. */
async function group() {
  service.clock.set(now);
  count += 1;
  const chapter = await makeChapter(service.db, { slug: `gruppo-${count}` });
  const marta = await makeMember(service.db, chapter.id, { firstName: 'Marta', lastName: 'Ferri' });
  const base = `/desk/chapters/${chapter.slug}`;
  return { chapter, marta, base, anna: await signedIn(service, chapter.coordinator.id) };
}

async function mailTo(person: { email: string | null }) {
  await service.settle();
  const mail = service.inbox.messages.filter(({ to }) => to === person.email).at(-1);
  const parsed = await mail?.parsed();
  return { subject: parsed?.subject ?? '', text: parsed?.text ?? '', from: mail?.header('from') ?? '' };
}

async function enter(text: string) {
  const path = /http\S+?(\/sign-in\/[\w.-]+)/.exec(text)?.[1] as string;
  return sessionOf(await service.server.inject({ method: 'POST', url: path }));
}

const sees = async (cookie: string, path: string) =>
  (await service.server.inject({ url: path, headers: { cookie } })).statusCode;

const handTo = (desk: AtDesk, base: string, person: Person, date = '2026-12-10') =>
  desk.post(`${base}/coordinators`, { who: person.id, how: 'handover', date });

async function takeBackAction(desk: AtDesk, base: string): Promise<string> {
  const { body } = await desk.get(`${base}/coordinators`);
  return /action="([^"]+\/handovers\/[^"]+)"/.exec(body)?.[1] as string;
}

describe('a handover', () => {
  test('lets both act until its day, and then the rights of the one who goes end by themselves', async () => {
    const { chapter, marta, base, anna } = await group();
    expect((await handTo(anna, base, marta)).statusCode).toBe(303);

    const toMarta = await mailTo(marta);
    expect(toMarta.subject).toBe('Anna ti passa le consegne: Bologna');
    expect(toMarta.text).toContain('giovedì 10 dicembre');
    const toAnna = await mailTo(chapter.coordinator);
    expect(toAnna.subject).toBe('Hai passato le consegne: Bologna');
    expect(toAnna.text).toContain('Marta Ferri');
    expect(toAnna.text).not.toContain('/sign-in/');

    const cookie = await enter(toMarta.text);
    const page = await anna.get(`${base}/coordinators`);
    expect(page.body).toContain('Anna Ricci passa le consegne a Marta Ferri');
    // The last minute of the day, in Bologna.
    service.clock.set('2026-12-10T22:59:00Z');
    expect(await sees(cookie, `${base}/members`)).toBe(200);
    expect((await anna.get(`${base}/members`)).statusCode).toBe(200);
    service.clock.set('2026-12-10T23:00:00Z');
    expect(await sees(cookie, `${base}/members`)).toBe(200);
    expect((await anna.get(`${base}/members`)).statusCode).toBe(303);
    const before = service.inbox.messages.length;
    await service.server.inject({
      method: 'POST',
      url: '/sign-in',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `email=${encodeURIComponent(chapter.coordinator.email as string)}`,
    });
    await service.settle();
    expect(service.inbox.messages.length).toBe(before);
    // She belongs to the group as before.
    const roles = await service.db
      .selectFrom('memberships')
      .select('role')
      .where('chapterId', '=', chapter.id)
      .where('personId', '=', chapter.coordinator.id)
      .where((where) => where.or([where('endsAt', 'is', null), where('endsAt', '>', service.clock())]))
      .execute();
    expect(roles).toEqual([{ role: 'member' }]);
  });

  test('leaves history and the sender’s address as they were; until its day the one who goes signs', async () => {
    const { chapter, marta, base, anna } = await group();
    const sara = await makeMember(service.db, chapter.id, { firstName: 'Sara' });
    const past = await makeEvent(service.deps, chapter.id, { title: 'Già visto' });
    const before = await mailTo(sara);
    await handTo(anna, base, marta, '2026-11-20');
    await makeEvent(service.deps, chapter.id, { title: 'Nel frattempo' });
    const meanwhile = await mailTo(sara);
    expect(meanwhile.subject).toContain('Nel frattempo');
    expect(meanwhile.from).toBe(before.from);
    service.clock.set('2026-11-21T10:00:00Z');
    await makeEvent(service.deps, chapter.id, { title: 'Dopo' });
    const after = await mailTo(sara);
    expect(after.subject).toContain('Dopo');
    const address = (from: string) => /<(.+)>/.exec(from)?.[1];
    expect(address(after.from)).toBe(address(before.from));
    expect(before.from).toContain('Anna');
    expect(after.from).toContain('Marta');
    const desk = await signedIn(service, marta.id);
    expect((await desk.get(`/desk/events/${past.id}`)).statusCode).toBe(200);
  });

  test('can be taken back before its day, and then nothing has changed', async () => {
    const { chapter, marta, base, anna } = await group();
    await handTo(anna, base, marta);
    const cookie = await enter((await mailTo(marta)).text);
    const action = await takeBackAction(anna, base);
    expect((await anna.post(action)).statusCode).toBe(303);
    expect((await mailTo(marta)).text).toContain('per ora continua Anna Ricci');
    expect((await mailTo(chapter.coordinator)).text).toContain('continua con te');
    expect(await sees(cookie, `${base}/members`)).toBe(303);
    expect((await anna.post(action)).statusCode).toBe(404);
    service.clock.advance(days(60));
    const again = await signedIn(service, chapter.coordinator.id);
    expect((await again.get(`${base}/members`)).statusCode).toBe(200);
  });

  test('cannot be taken back once its day is over, nor by another group', async () => {
    const { marta, base, anna } = await group();
    await handTo(anna, base, marta, '2026-11-17');
    const action = await takeBackAction(anna, base);
    const other = await group();
    const id = action.split('/').at(-1);
    expect((await other.anna.post(action)).statusCode).toBe(404);
    expect((await other.anna.post(`${other.base}/coordinators/handovers/${id}`)).statusCode).toBe(404);
    service.clock.set('2026-11-18T10:00:00Z');
    const desk = await signedIn(service, marta.id);
    expect((await desk.post(action)).statusCode).toBe(404);
  });

  test('to somebody who is not in the group yet takes her name and her address', async () => {
    const { base, anna } = await group();
    const fields = { who: 'new', how: 'handover', date: '2026-12-01', firstName: 'Ida', lastName: 'Blu' };
    const wrong = await anna.post(`${base}/coordinators`, { ...fields, email: 'ida@' });
    expect(wrong.statusCode).toBe(400);
    expect(wrong.body).toContain('value="ida@"');
    const email = `ida-${count}@example.org`;
    expect((await anna.post(`${base}/coordinators`, { ...fields, email })).statusCode).toBe(303);
    const cookie = await enter((await mailTo({ email })).text);
    expect(await sees(cookie, `${base}/members`)).toBe(200);
  });

  test('two at the same moment are one', async () => {
    const { chapter, marta, base, anna } = await group();
    const sara = await makeMember(service.db, chapter.id, { firstName: 'Sara' });
    const answers = await Promise.all([handTo(anna, base, marta), handTo(anna, base, sara)]);
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([303, 409]);
  });

  test('needs a day that is not over, and somebody else of this group who can sign in', async () => {
    const { chapter, marta, base, anna } = await group();
    const other = await group();
    expect((await handTo(anna, base, marta, '2026-11-15')).statusCode).toBe(409);
    expect((await handTo(anna, base, marta, 'domani')).statusCode).toBe(400);
    expect((await anna.post(`${base}/coordinators`, { how: 'together' })).statusCode).toBe(400);
    const herself = { who: chapter.coordinator.id, how: 'handover', date: '2026-12-10' };
    expect((await anna.post(`${base}/coordinators`, herself)).statusCode).toBe(409);
    expect((await handTo(anna, base, other.marta)).statusCode).toBe(404);
    const silent = await makeMember(service.db, chapter.id, { firstName: 'Lia', email: null });
    expect((await handTo(anna, base, silent)).statusCode).toBe(409);
    const { length } = await service.db
      .selectFrom('handovers')
      .select('id')
      .where('chapterId', '=', chapter.id)
      .execute();
    expect(length).toBe(0);
  });
});

describe('a second coordinator', () => {
  test('is found by a part of her name, gets a warm mail, and can leave again; the last one cannot', async () => {
    const { chapter, marta, base, anna } = await group();
    const found = await anna.get(`${base}/coordinators/new?q=ferr`);
    expect(found.body).toContain('Marta Ferri');
    expect((await anna.get(`${base}/coordinators/new?q=nessuna%25`)).body).not.toContain('Marta Ferri');
    const together = { who: marta.id, how: 'together' };
    expect((await anna.post(`${base}/coordinators`, together)).statusCode).toBe(303);
    const mail = await mailTo(marta);
    expect(mail.subject).toBe('Il gruppo di Bologna ora è anche tuo');
    expect(mail.text).toContain('Anna Ricci ti ha chiesto di coordinare');
    expect((await anna.post(`${base}/coordinators`, together)).statusCode).toBe(409);

    // A coordinator ends nobody’s part but her own.
    expect((await anna.post(`${base}/coordinators/${marta.id}/departure`)).statusCode).toBe(404);
    const hers = await signedIn(service, marta.id);
    expect((await hers.post(`${base}/coordinators/${marta.id}/departure`)).statusCode).toBe(303);
    expect((await hers.get(`${base}/members`)).statusCode).toBe(303);
    const last = await anna.post(`${base}/coordinators/${chapter.coordinator.id}/departure`);
    expect(last.statusCode).toBe(409);
    expect(last.body).toContain('Un gruppo ha sempre almeno una persona');
    expect((await anna.get(`${base}/members`)).statusCode).toBe(200);
  });

  test('whoever takes over cannot leave before the day, because nobody would be left', async () => {
    const { marta, base, anna } = await group();
    await handTo(anna, base, marta);
    const hers = await signedIn(service, marta.id);
    expect((await hers.post(`${base}/coordinators/${marta.id}/departure`)).statusCode).toBe(409);
  });

  test('who was made one through the API stands on the page', async () => {
    const { chapter, marta, base, anna } = await group();
    const { secret } = await createToken(service.db, { name: 'test', chapterId: null, now: service.clock() });
    const response = await service.server.inject({
      method: 'POST',
      url: `/api/v1/chapters/${chapter.slug}/members`,
      headers: { authorization: `Bearer ${secret}` },
      payload: { email: marta.email, firstName: 'Marta', role: 'coordinator' },
    });
    expect(response.statusCode).toBe(200);
    expect((await anna.get(`${base}/coordinators`)).body).toContain('Marta Ferri');
  });
});
