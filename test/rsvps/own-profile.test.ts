import { beforeEach, describe, expect, test } from 'vitest';
import { saveProfile } from '../../server/own-page/profile.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let anna: Awaited<ReturnType<typeof makeMember>>;

beforeEach(async () => {
  chapter = await makeChapter(site.db);
  anna = await makeMember(site.db, chapter.id, { firstName: 'Anna', lastName: 'Rinaldi' });
});

const get = async (path: string) => (await site.server.inject({ url: path })).body;
const invited = async () =>
  site.linkOf((await makeEvent(site.deps, chapter.id, { guestsAllowed: 1 })).id, anna.id);
const kept = () =>
  site.db.selectFrom('profiles').selectAll().where('personId', '=', anna.id).executeTakeFirst();
const boxOf = (page: string) => /<input type="checkbox" name="visible"[^>]*>/.exec(page)?.[0];

describe('at her yes', () => {
  test('she is asked for one line first, and finds it again at the next event', async () => {
    const path = await invited();
    expect(await get(path)).not.toContain('name="askMe"');
    await site.post(path, { answer: 'yes' });
    const asked = await get(path);
    expect(asked.indexOf('name="askMe"')).toBeGreaterThan(0);
    expect(asked.indexOf('name="askMe"')).toBeLessThan(asked.indexOf('name="work"'));
    const saved = await site.post(`${path}/profile`, { askMe: 'api in città', seeks: 'Un orto' });
    expect(saved.headers.location).toBe(`${path}?done=told#profile`);
    const next = await invited();
    await site.post(next, { answer: 'yes' });
    expect(await get(next)).toContain('value="api in città"');
  });

  test('no contact of hers stands on a page that may be passed on, and what the form lacks stays', async () => {
    await saveProfile(site.deps, anna.id, {
      ...{ askMe: '', work: '', seeks: '', offers: '', website: 'https://anna.example' },
      ...{ visible: false, welcomes: true, contacts: ['website'] },
    });
    await site.db.updateTable('people').set({ phone: '+39 333 765' }).where('id', '=', anna.id).execute();
    const path = await invited();
    await site.post(path, { answer: 'yes' });
    await site.post(`${path}/profile`, { askMe: 'api', website: 'https://other.example', contact: 'phone' });
    expect(await kept()).toMatchObject({
      ...{ askMe: 'api', website: 'https://anna.example', contacts: ['website'], welcomes: true },
    });
    const page = await get(path);
    for (const secret of ['anna.example', '333 765', anna.email as string, '/me/'])
      expect(page).not.toContain(secret);
  });

  test('what is too long is said beside it, with her words, and nothing is kept', async () => {
    const path = await invited();
    await site.post(path, { answer: 'yes' });
    const refused = await site.post(`${path}/profile`, {
      ...{ askMe: 'x'.repeat(121), work: 'Orafa', visible: ['0', '1'] },
    });
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('bastano 120 caratteri');
    expect(refused.body).toContain('value="Orafa"');
    expect(boxOf(refused.body)).toContain('checked');
    expect(await kept()).toBeUndefined();
    expect(boxOf(await get(path))).not.toContain('checked');
  });

  test('from another site, or by a wrong link, nothing is taken', async () => {
    const path = await invited();
    const foreign = await site.post(`${path}/profile`, { askMe: 'x' }, { origin: 'https://evil.example' });
    expect(foreign.statusCode).toBe(403);
    expect((await site.post('/r/nonsense/profile', { askMe: 'x' })).statusCode).toBe(404);
    expect((await site.post('/r/nonsense/own-page', {})).statusCode).toBe(404);
    expect(await kept()).toBeUndefined();
  });
});

describe('her next answer', () => {
  test('begins with what she said last to her name being seen, and takes nothing for granted', async () => {
    const first = await invited();
    expect(boxOf(await get(first))).not.toContain('checked');
    await site.post(first, { answer: 'yes' });
    await site.post(`${first}/profile`, { visible: ['0', '1'] });
    const second = await invited();
    expect(boxOf(await get(second))).toContain('checked');
    // Until she has answered, she is not seen there.
    const seen = await site.db
      .selectFrom('invitations')
      .select('visible')
      .where('personId', '=', anna.id)
      .orderBy('id')
      .execute();
    expect(seen.map(({ visible }) => visible)).toEqual([true, false]);
    await site.post(second, { answer: 'yes', visible: '0' });
    expect(boxOf(await get(await invited()))).not.toContain('checked');
  });
});

test('the link to her own page is asked for with one tap, goes to her mailbox, and stands nowhere else', async () => {
  const path = await invited();
  const asked = await site.post(`${path}/own-page`, {});
  expect(asked.headers.location).toBe(`${path}?done=mailed`);
  expect(await get(`${path}?done=mailed`)).toContain('Ti abbiamo mandato il link');
  const mails = await site.db
    .selectFrom('mailings')
    .select('template')
    .where('personId', '=', anna.id)
    .where('template', '=', 'my_page')
    .execute();
  expect(mails).toHaveLength(1);
});
