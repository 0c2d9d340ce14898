import { beforeEach, describe, expect, test } from 'vitest';
import { formBody } from '../desk/at-desk.ts';
import { lastMail, linkIn, mailsTo } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2031-11-10T10:00:00+01:00' });
const { ownLinkOf, linkOf } = linkPaths(() => service.deps);
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let path: string;

beforeEach(async () => {
  chapter = await makeChapter(service.db);
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia', lastName: 'Marchetti' });
  path = ownLinkOf(giulia);
});

const get = (url: string) => service.server.inject({ url, headers: { accept: 'text/html' } });
const post = (url: string, fields: Record<string, string | string[]> = {}, headers = {}) =>
  service.server.inject({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
    payload: formBody(fields),
  });
const stopped = async () =>
  (
    await service.db
      .selectFrom('preferences')
      .select(['chapterId', 'topic'])
      .where('personId', '=', giulia.id)
      .orderBy('topic')
      .execute()
  ).map(({ chapterId, topic }) => `${chapterId}|${topic}`);
const epochOf = async (id: string) =>
  (await service.db.selectFrom('people').select('linkEpoch').where('id', '=', id).executeTakeFirstOrThrow())
    .linkEpoch;

describe('the mails she gets', () => {
  const all = ['invitation', 'reminder', 'thanks', 'feedback', 'introduction', 'announcement'];
  const wanted = (...topics: string[]) => topics.map((topic) => `${chapter.id}|${topic}`);

  test('are chosen with one form, by group and by kind, and taken back', async () => {
    expect((await get(path)).body.match(/name="wanted"[^>]* checked/g)).toHaveLength(6);
    const chosen = wanted(...all.filter((topic) => topic !== 'thanks' && topic !== 'announcement'));
    expect((await post(`${path}/mails`, { chapter: chapter.id, wanted: chosen })).statusCode).toBe(303);
    expect(await stopped()).toEqual(wanted('announcement', 'thanks'));
    expect((await get(path)).body.match(/name="wanted"[^>]* checked/g)).toHaveLength(4);
    await post(`${path}/mails`, { chapter: chapter.id, wanted: wanted(...all) });
    expect(await stopped()).toEqual([]);
  });

  test('of a group that was not on the form stay as they are, and nobody stops those of a group that never wrote', async () => {
    const guestOf = await makeChapter(service.db);
    const strange = await makeChapter(service.db);
    await service.db
      .insertInto('preferences')
      .values({ chapterId: guestOf.id, personId: giulia.id, topic: 'invitation' })
      .execute();
    await post(`${path}/mails`, { chapter: [chapter.id, strange.id, 'x'], wanted: wanted(...all) });
    expect(await stopped()).toEqual([`${guestOf.id}|invitation`]);
  });
});

describe('what we know of her', () => {
  test('says where it came from, how much there is, and for how long', async () => {
    await service.db
      .updateTable('people')
      .set({ source: 'import', createdAt: service.clock() })
      .where('id', '=', giulia.id)
      .execute();
    await service.db
      .insertInto('formerAddresses')
      .values({ email: `prima-${giulia.id}@example.org`, personId: giulia.id })
      .execute();
    await service.db.updateTable('networks').set({ keepNotesDays: 45 }).execute();
    await makeEvent(service.deps, chapter.id);
    await service.settle();
    const page = (await get(path)).body;
    expect(page).toContain('vengono da un elenco che chi coordina ha caricato');
    expect(page).toContain('Fai parte del gruppo di Bologna');
    expect(page).toContain('Un invito a un incontro');
    expect(page).toContain(`prima-${giulia.id}@example.org`);
    expect(page).toContain('45 giorni dopo l’incontro');
    await service.db.updateTable('networks').set({ keepNotesDays: 30 }).execute();
  });

  test('comes as a file that no cache keeps, with her wishes in it, by her link alone', async () => {
    await post(path, { work: 'Apicoltrice' });
    const file = await get(`${path}/data.json`);
    expect(file.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-disposition': 'attachment; filename="ritrovo.json"',
    });
    expect(file.json()).toMatchObject({
      person: { firstName: 'Giulia' },
      profile: { work: 'Apicoltrice' },
      wishes: [],
    });
    expect((await get(`${ownLinkOf({ ...giulia, linkEpoch: 2 })}/data.json`)).statusCode).toBe(404);
  });
});

describe('a new link', () => {
  test('stops all that came before, and comes by mail at once, although she has just asked for one', async () => {
    const event = await makeEvent(service.deps, chapter.id);
    await service.settle();
    const answer = await linkOf(event.id, giulia.id);
    await post('/me', { email: giulia.email as string });
    await service.settle();
    expect((await get(`${path}/link`)).body).toContain('smettono di funzionare');
    expect(await epochOf(giulia.id)).toBe(1);
    const done = await post(`${path}/link`);
    expect(done.body).toContain('I link di prima non aprono più niente');
    for (const old of [path, answer, `${path}/data.json`]) expect((await get(old)).statusCode).toBe(404);
    // Sent twice, it is a link that opens nothing.
    expect((await post(`${path}/link`)).statusCode).toBe(404);
    expect(await epochOf(giulia.id)).toBe(2);
    await service.settle();
    expect(mailsTo(service, giulia.email as string, 'sign_in')).toHaveLength(2);
    const fresh = await linkIn(lastMail(service, giulia.email as string, 'sign_in'), 'Apri la tua pagina');
    expect((await get(new URL(fresh).pathname)).statusCode).toBe(200);
    const log = await service.db
      .selectFrom('auditLog')
      .select(['action', 'actorId', 'detail'])
      .where('subjectId', '=', giulia.id)
      .execute();
    expect(log).toEqual([{ action: 'person.links_renewed', actorId: giulia.id, detail: {} }]);
  });

  test('stops the one of a row that was merged into hers, too', async () => {
    const gone = await makeMember(service.db, chapter.id, { firstName: 'Giulia', email: null });
    await service.db
      .insertInto('mergedPeople')
      .values({
        id: gone.id,
        keptId: giulia.id,
        firstName: 'Giulia',
        lastName: 'Prova',
        linkEpoch: 1,
        mergedAt: service.clock(),
      })
      .execute();
    await service.db
      .updateTable('people')
      .set({ erasedAt: service.clock() })
      .where('id', '=', gone.id)
      .execute();
    expect((await get(ownLinkOf(gone))).statusCode).toBe(200);
    await post(`${path}/link`);
    expect((await get(ownLinkOf(gone))).statusCode).toBe(404);
  });

  test('is not given to whom no mail could bring it, since she would never come back', async () => {
    const ugo = await makeMember(service.db, chapter.id, { firstName: 'Ugo', email: null });
    const refused = await post(`${ownLinkOf(ugo)}/link`);
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toContain('Non abbiamo un tuo indirizzo');
    expect((await get(ownLinkOf(ugo))).statusCode).toBe(200);
  });
});

describe('erasing everything', () => {
  test('takes a page that is read and a tick, and leaves a page that does not know her', async () => {
    expect((await get(`${path}/erasure`)).body).toContain('non si può tornare indietro');
    expect((await post(`${path}/erasure`)).statusCode).toBe(400);
    expect(
      (await post(`${path}/erasure`, { sure: 'yes' }, { origin: 'https://evil.example' })).statusCode,
    ).toBe(403);
    expect((await get(path)).statusCode).toBe(200);
    const gone = await post(`${path}/erasure`, { sure: 'yes' });
    expect(gone.statusCode).toBe(200);
    expect(gone.body).toContain('Tutto cancellato');
    expect(gone.body).not.toMatch(/Giulia|Marchetti|\/me\//);
    expect((await get(path)).statusCode).toBe(404);
    const row = await service.db
      .selectFrom('people')
      .select(['firstName', 'email', 'erasedAt'])
      .where('id', '=', giulia.id)
      .executeTakeFirst();
    expect(row).toEqual({ firstName: '', email: null, erasedAt: service.clock() });
    const log = await service.db
      .selectFrom('auditLog')
      .select(['action', 'actor', 'actorId'])
      .where('subjectId', '=', giulia.id)
      .execute();
    expect(log).toEqual([{ action: 'person.erased', actor: 'person', actorId: giulia.id }]);
  });

  test('is refused to the last coordinator and the last administrator, with what to do first', async () => {
    const last = await post(`${ownLinkOf(chapter.coordinator)}/erasure`, { sure: 'yes' });
    expect(last.statusCode).toBe(409);
    expect(last.body).toContain('Il gruppo di Bologna resterebbe');
    await service.db.insertInto('networkAdministrators').values({ personId: giulia.id }).execute();
    const alone = await post(`${path}/erasure`, { sure: 'yes' });
    expect(alone.statusCode).toBe(409);
    expect(alone.body).toContain('l’unica persona che amministra');
    await service.db.deleteFrom('networkAdministrators').where('personId', '=', giulia.id).execute();
    expect((await post(`${path}/erasure`, { sure: 'yes' })).statusCode).toBe(200);
  });
});
