import { beforeAll, describe, expect, test } from 'vitest';
import { makeChapter, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
});

async function subscriber() {
  const person = await makeMember(site.db, chapter.id);
  const url = site.deps.links.unsubscribeUrl({
    personId: person.id,
    chapterId: chapter.id,
    topic: 'reminder',
  });
  const optedOut = async () =>
    (await site.db.selectFrom('preferences').select('topic').where('personId', '=', person.id).execute()).map(
      ({ topic }) => topic,
    );
  return { person, path: new URL(url).pathname, optedOut };
}

const read = (path: string) => site.server.inject({ url: path, headers: { accept: 'text/html' } });

describe('a mail program’s own button', () => {
  test('is answered at once, without a redirect, and stops that kind of mail alone', async () => {
    const { path, optedOut } = await subscriber();
    const answer = await site.post(path, { 'List-Unsubscribe': 'One-Click' }, { accept: '*/*' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.location).toBeUndefined();
    expect(await optedOut()).toEqual(['reminder']);
    expect((await site.post(path, { 'List-Unsubscribe': 'One-Click' })).statusCode).toBe(200);
    expect(await optedOut()).toEqual(['reminder']);
  });

  test('may send a multipart form', async () => {
    const { path, optedOut } = await subscriber();
    const answer = await site.server.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      payload: '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    });
    expect(answer.statusCode).toBe(200);
    expect(await optedOut()).toEqual(['reminder']);
  });

  test('a link opened by a scanner stops nothing', async () => {
    const { path, optedOut } = await subscriber();
    for (const method of ['GET', 'HEAD'] as const) {
      expect(
        (await site.server.inject({ method, url: `${path}?List-Unsubscribe=One-Click` })).statusCode,
      ).toBe(200);
    }
    expect(await optedOut()).toEqual([]);
  });
});

describe('the page', () => {
  test('says what stops and from whom, then that it is done, and takes it back', async () => {
    const { path, optedOut } = await subscriber();
    const page = await read(path);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['x-robots-tag']).toBe('noindex');
    expect(page.body).toContain('Dal gruppo di Bologna non ti arriveranno più: promemoria degli incontri.');
    expect((await site.post(path, { choice: 'stop' })).headers.location).toBe(path);
    expect(await optedOut()).toEqual(['reminder']);
    expect((await read(path)).body).toContain('Fatto');
    expect((await site.post(path, { choice: 'resume' })).statusCode).toBe(303);
    expect(await optedOut()).toEqual([]);
  });

  test('of an erased person is done already, and brings nobody back', async () => {
    const { person, path, optedOut } = await subscriber();
    await site.db
      .updateTable('people')
      .set({ erasedAt: new Date(), email: null })
      .where('id', '=', person.id)
      .execute();
    const page = await read(path);
    expect(page.body).toContain('Fatto');
    expect(page.body).not.toContain('<form');
    expect((await site.post(path, { 'List-Unsubscribe': 'One-Click' })).statusCode).toBe(200);
    expect(await optedOut()).toEqual([]);
  });

  test('a forged link is 404, another site’s form 403, a form that says nothing 400', async () => {
    const { path, optedOut } = await subscriber();
    for (const wrong of ['/u/x', `${path}x`, `${path.slice(0, -1)}`, path.replace('.', 'A.')]) {
      expect((await read(wrong)).statusCode).toBe(404);
      expect((await site.post(wrong, { 'List-Unsubscribe': 'One-Click' })).statusCode).toBe(404);
    }
    expect((await site.post(path, { choice: 'stop' }, { origin: 'https://evil.example' })).statusCode).toBe(
      403,
    );
    expect((await site.post(path, { choice: 'perhaps' })).statusCode).toBe(400);
    expect(await optedOut()).toEqual([]);
  });
});
