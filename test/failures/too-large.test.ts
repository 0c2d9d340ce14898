import { beforeAll, expect, test } from 'vitest';
import { createToken } from '../../server/api/tokens.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { checksums } from '../support/checksum.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
const members = '/desk/chapters/bologna/members';
let paths: Record<'answer' | 'link' | 'unsubscribe' | 'desk', string>;
let cookie: string;
let authorization: string;
let eventId: string;

beforeAll(async () => {
  const chapter = await makeChapter(site.db, { slug: 'bologna' });
  const giulia = await makeMember(site.db, chapter.id);
  const event = await makeEvent(site.deps, chapter.id, { access: 'link' });
  eventId = event.id;
  const unsubscribe = site.deps.links.unsubscribeUrl({
    personId: giulia.id,
    chapterId: chapter.id,
    topic: 'reminder',
  });
  paths = {
    answer: await site.linkOf(event.id, giulia.id),
    link: `/e/${event.id}/link`,
    unsubscribe: new URL(unsubscribe).pathname,
    desk: `/desk/events/${event.id}`,
  };
  cookie = `ritrovo_desk=${await createSession(site.db, chapter.coordinator.id, site.clock())}`;
  authorization = `Bearer ${(await createToken(site.db, { name: 'a test', chapterId: null, now: site.clock() })).secret}`;
});

const kilobytes = (count: number) => 'x'.repeat(count * 1024);

test('a form over its limit is a friendly 413, on a member’s page as at the desk, and nothing changes', async () => {
  const before = await checksums(site.db);
  for (const [name, path] of Object.entries(paths)) {
    const answer = await site.post(path, { answer: 'yes', choice: 'stop', note: kilobytes(65) }, { cookie });
    expect(answer.statusCode, name).toBe(413);
    expect(answer.headers['content-type'], name).toContain('text/html');
    expect(answer.body, name).toContain('È troppo lungo');
  }
  const list = await site.post(members, { people: kilobytes(513) }, { cookie });
  expect(list.statusCode).toBe(413);
  expect(await checksums(site.db)).toEqual(before);
});

test('a mail program’s own button takes a small form alone', async () => {
  const boundary = 'b';
  const body = (filler: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--${boundary}--\r\n${filler}`;
  const send = (filler: string) =>
    site.server.inject({
      method: 'POST',
      url: paths.unsubscribe,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      payload: body(filler),
    });
  expect((await send(kilobytes(17))).statusCode).toBe(413);
  expect(await site.db.selectFrom('preferences').select('topic').execute()).toEqual([]);
  expect((await send('')).statusCode).toBe(200);
});

test('a call of the API over its limit is 413 as problem+json', async () => {
  const before = await checksums(site.db);
  const answer = await site.server.inject({
    method: 'PATCH',
    url: `/api/v1/events/${eventId}`,
    headers: { authorization },
    payload: { description: kilobytes(257) },
  });
  expect(answer.statusCode).toBe(413);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(answer.json()).toMatchObject({ status: 413, title: 'Payload Too Large' });
  expect(await checksums(site.db)).toEqual(before);
});

test('a thousand pasted members are not too large', async () => {
  const csrf = /name="_csrf" value="([^"]+)"/.exec(
    (await site.server.inject({ url: members, headers: { cookie } })).body,
  )?.[1] as string;
  const people = Array.from(
    { length: 1000 },
    (_, index) => `Maria Giovanna Dell’Acqua ${index}, mariagiovanna.${index}@example.org`,
  ).join('\n');
  const answer = await site.post(`${members}/preview`, { _csrf: csrf, people }, { cookie });
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toContain('1000 persone nuove');
});
