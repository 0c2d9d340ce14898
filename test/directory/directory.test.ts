import { beforeEach, describe, expect, test } from 'vitest';
import { type DirectoryField, directoryFields } from '../../server/directory/rules.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { signedIn } from '../desk/at-desk.ts';
import { makeChapter, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
type Chapter = Awaited<ReturnType<typeof makeChapter>>;
type Member = Awaited<ReturnType<typeof makeMember>>;
let chapter: Chapter;
let elsewhere: Chapter;
let giulia: Member;
let reader: Member;

/** What each field shows of her, in words that nothing else on the page has. */
const shows: Record<DirectoryField, string> = {
  photo: '/photos/',
  work: 'Apicoltrice',
  ask_me: 'Parlami-di-api',
  seeks: 'Cerco-un-orto',
  offers: 'Offro-del-miele',
  email: 'giulia-in-elenco@',
  phone: '333 7654321',
  website: 'miele.example',
};

beforeEach(async () => {
  const { db, clock } = site;
  chapter = await makeChapter(db);
  elsewhere = await makeChapter(db);
  const email = `giulia-in-elenco@${chapter.slug}.example`;
  giulia = await makeMember(db, chapter.id, { firstName: 'Giulia', lastName: 'D’Agnolò', email });
  reader = await makeMember(db, chapter.id, { firstName: 'Rosa' });
  await db.updateTable('people').set({ phone: '+39 333 7654321' }).where('id', '=', giulia.id).execute();
  const texts = { askMe: 'Parlami-di-api', seeks: 'Cerco-un-orto', offers: 'Offro-del-miele' };
  const website = 'https://miele.example';
  await db
    .insertInto('profiles')
    .values({ personId: giulia.id, work: 'Apicoltrice', ...texts, website, updatedAt: clock() })
    .execute();
  await db
    .insertInto('photos')
    .values({ personId: giulia.id, bytes: Buffer.from([255, 216, 255]), takenAt: clock() })
    .execute();
});

const get = (url: string) => site.server.inject({ url, headers: { accept: 'text/html' } });
const asRead = async (query = '', by: Member = reader, of: Chapter = chapter) =>
  get(site.directoryLinkOf(by, of.id) + query);
const photo = () => get(`${site.directoryLinkOf(reader, chapter.id)}/photos/${giulia.id}`);
const choose = (show: readonly string[], listed = true, of: Chapter = chapter) =>
  site.post(`${site.ownLinkOf(giulia)}/directory/${of.id}`, {
    ...(listed && { listed: 'yes' }),
    show: [...show],
  });
const shown = (body: string) => directoryFields.filter((field) => body.includes(shows[field]));
const join = (personId: string, chapterId: string, startsAt: Date) =>
  site.db
    .insertInto('memberships')
    .values({ chapterId, personId, role: 'member', source: 'test', startsAt })
    .execute();
const leave = (at: Date) =>
  site.db.updateTable('memberships').set({ endsAt: at }).where('personId', '=', giulia.id).execute();

describe('what the directory shows of a member', () => {
  test('is nothing until she says so, and each field alone once she does', async () => {
    expect((await asRead()).body).not.toContain('Giulia');
    expect((await photo()).statusCode).toBe(404);
    await choose([]);
    expect((await asRead()).body).toContain('Giulia D’Agnolò');
    for (const field of directoryFields) {
      await choose([field]);
      expect(shown((await asRead()).body), field).toEqual([field]);
      expect((await photo()).statusCode, field).toBe(field === 'photo' ? 200 : 404);
      await choose(directoryFields.filter((other) => other !== field));
      const rest = directoryFields.filter((other) => other !== field);
      expect(shown((await asRead()).body), `all but ${field}`).toEqual(rest);
    }
    await choose(directoryFields, false);
    expect((await asRead()).body).not.toContain('Giulia');
    expect((await photo()).statusCode).toBe(404);
  });

  test('is not found by words that she does not show', async () => {
    await choose(['seeks']);
    for (const field of directoryFields.filter((one) => one !== 'photo')) {
      const found = (await asRead(`?q=${encodeURIComponent(shows[field])}`)).body.includes('Giulia D’Agnolò');
      expect(found, field).toBe(field === 'seeks');
    }
  });

  test('stands in the one group that she chose it for', async () => {
    await join(giulia.id, elsewhere.id, new Date('2030-01-01T00:00:00Z'));
    const other = await makeMember(site.db, elsewhere.id, { firstName: 'Nora' });
    await choose(['work']);
    await choose(['email'], true, elsewhere);
    expect(shown((await asRead()).body)).toEqual(['work']);
    expect(shown((await asRead('', other, elsewhere)).body)).toEqual(['email']);
    expect((await asRead('', other, chapter)).statusCode).toBe(404);
  });

  test('goes the moment that she leaves, and does not come back with her unasked', async () => {
    await choose(directoryFields);
    await leave(site.clock());
    expect((await asRead()).body).not.toContain('Giulia');
    expect((await photo()).statusCode).toBe(404);
    expect((await asRead('', giulia)).statusCode).toBe(404);
    site.clock.advance(86_400_000);
    await join(giulia.id, chapter.id, site.clock());
    expect((await asRead()).body).not.toContain('Giulia');
    await choose(['work']);
    expect(shown((await asRead()).body)).toEqual(['work']);
  });

  test('goes with her when she is erased', async () => {
    await choose(directoryFields);
    expect(await erasePerson(site.deps, giulia.id, { kind: 'cli' })).toEqual({ ok: true });
    expect((await asRead()).body).not.toMatch(/Giulia|Apicoltrice/);
    expect((await photo()).statusCode).toBe(404);
    const left = await site.db
      .selectFrom('directoryEntries')
      .selectAll()
      .where('personId', '=', giulia.id)
      .execute();
    expect(left).toEqual([]);
  });

  test('of two rows of hers is what both allowed', async () => {
    const twin = await makeMember(site.db, chapter.id, { firstName: 'Giulia', lastName: 'Bis' });
    await choose(['work', 'email']);
    await site.post(`${site.ownLinkOf(twin)}/directory/${chapter.id}`, {
      listed: 'yes',
      show: ['email', 'phone'],
    });
    const merged = await mergePeople(site.deps, {
      keptId: giulia.id,
      goneId: twin.id,
      reach: { chapterIds: [], isAdministrator: true },
      chapterId: chapter.id,
      actor: { kind: 'cli' },
    });
    expect(merged).toEqual({ ok: true });
    expect(shown((await asRead()).body)).toEqual(['email']);
    // A link that she was sent under the other row opens it, too.
    expect((await asRead('', twin)).statusCode).toBe(200);
  });
});

describe('her choice', () => {
  test('is written down once for each change, and stands in her own copy', async () => {
    await choose(['work', 'email']);
    await choose(['email', 'work']);
    await choose([], false);
    const consents = await site.db
      .selectFrom('consents')
      .select(['what', 'given', 'fields', 'chapterId', 'source'])
      .where('personId', '=', giulia.id)
      .orderBy('id')
      .execute();
    const of = { what: 'directory', chapterId: chapter.id, source: 'own_page' };
    expect(consents).toEqual([
      { ...of, given: true, fields: ['work', 'email'] },
      { ...of, given: false, fields: [] },
    ]);
    await choose(['phone']);
    expect((await exportPerson(site.db, giulia.id, { forHerself: true })).directory).toMatchObject([
      { chapter: chapter.slug, shown: ['phone'] },
    ]);
  });

  test('is hers alone, for groups that she belongs to', async () => {
    expect((await choose(['work'], true, elsewhere)).statusCode).toBe(404);
    const path = `${site.ownLinkOf(giulia)}/directory/${chapter.id}`;
    expect((await site.post(path, { listed: 'yes' }, { origin: 'https://evil.example' })).statusCode).toBe(
      403,
    );
    expect((await site.post(path.replace(chapter.id, 'x'), { listed: 'yes' })).statusCode).toBe(404);
    expect(
      await site.db.selectFrom('directoryEntries').selectAll().where('personId', '=', giulia.id).execute(),
    ).toEqual([]);
  });
});

describe('who reads the directory', () => {
  test('belongs to the group, listed or not, and nobody else', async () => {
    await choose(['work']);
    expect((await asRead()).statusCode).toBe(200);
    const outsider = await makeMember(site.db, elsewhere.id, { firstName: 'Nora' });
    expect((await asRead('', outsider)).statusCode).toBe(404);
    expect((await asRead('', { ...reader, linkEpoch: 2 })).statusCode).toBe(404);
    expect((await get('/d/x.y')).statusCode).toBe(404);
    // A link of another kind with the same public part opens nothing.
    const archive = site.deps.links.archiveUrl({
      personId: reader.id,
      chapterId: chapter.id,
      linkEpoch: 1,
    });
    expect((await get(new URL(archive).pathname.replace('/m/', '/d/'))).statusCode).toBe(404);
  });

  test('finds people without accents, by name, a hundred on a page', async () => {
    await choose(['work']);
    expect((await asRead('?q=d%E2%80%99agnolo')).body).toContain('Giulia');
    expect((await asRead('?q=%25')).body).not.toContain('Giulia');
    const entries = [];
    for (let one = 0; one < 100; one += 1) {
      const { id } = await makeMember(site.db, chapter.id, { firstName: one === 0 ? 'Élena' : 'Marta' });
      entries.push({ chapterId: chapter.id, personId: id, fields: [], updatedAt: site.clock() });
    }
    await site.db.insertInto('directoryEntries').values(entries).execute();
    const first = (await asRead()).body;
    expect(first.indexOf('Élena')).toBeLessThan(first.indexOf('Giulia'));
    expect(first.match(/Marta/g)).toHaveLength(98);
    expect((await asRead('?page=2')).body.match(/Marta/g)).toHaveLength(1);
  });

  test('at the desk sees no more than the members do', async () => {
    await choose(['work']);
    const desk = await signedIn(site, chapter.coordinator.id);
    const page = await desk.get(`/desk/chapters/${chapter.slug}/directory`);
    expect(page.statusCode).toBe(200);
    expect(shown(page.body)).toEqual(['work']);
    const path = `/desk/chapters/${chapter.slug}/directory/photos/${giulia.id}`;
    expect((await desk.get(path)).statusCode).toBe(404);
    await choose(['photo']);
    expect((await desk.get(path)).headers['content-type']).toBe('image/jpeg');
    const foreign = await signedIn(site, elsewhere.coordinator.id);
    expect((await foreign.get(`/desk/chapters/${chapter.slug}/directory`)).statusCode).toBe(404);
    expect((await foreign.get(path)).statusCode).toBe(404);
  });
});
