import { beforeEach, describe, expect, test } from 'vitest';
import { cancelEvent } from '../../server/events/service.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { days, minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { problemsOf } from '../support/ical-lines.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
const actor = { kind: 'system' } as const;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;

beforeEach(async () => {
  chapter = await makeChapter(site.db);
  giulia = await makeMember(site.db, chapter.id, { firstName: 'Giulia', lastName: 'Marchetti' });
});

const feedPath = async (id = giulia.id) => {
  const row = await site.db
    .selectFrom('people')
    .select(['id as personId', 'linkEpoch', 'feedEpoch'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return new URL(site.deps.links.feedUrl(row)).pathname;
};
const ownPath = () => new URL(site.deps.links.ownPageUrl({ personId: giulia.id, linkEpoch: 1 })).pathname;
const get = (url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  site.server.inject({ method, url, headers });
const read = async (url: string) => {
  const { statusCode, body } = await get(url);
  expect(statusCode).toBe(200);
  expect(problemsOf(body)).toEqual([]);
  return body.replaceAll('\r\n ', '');
};
const summaries = (text: string) => [...text.matchAll(/^SUMMARY:(.*)$/gm)].map(([, words]) => words?.trim());
const answer = (eventId: string, personId: string, said: 'yes' | 'no' | 'maybe', mode?: 'room' | 'online') =>
  answerInvitation(site.deps, { eventId, personId, answer: said, source: 'link', ...(mode && { mode }) });

describe('her calendar', () => {
  test('holds what she comes to, may come to or waits for, in all her chapters, and says which', async () => {
    const elsewhere = await makeChapter(site.db);
    await site.db
      .insertInto('memberships')
      .values({ chapterId: elsewhere.id, personId: giulia.id, role: 'member', source: 'test' })
      .execute();
    const day = (n: number) => ({ startsAt: new Date(site.clock().getTime() + days(n)), maybeAllowed: true });
    const make = (n: number, title: string, more = {}) =>
      makeEvent(site.deps, (n === 2 ? elsewhere : chapter).id, { title, ...day(n), ...more });
    const [going, may, full, no] = [
      await make(1, 'Uno; "due", tre 🌷'),
      await make(2, 'Due'),
      await make(3, 'Tre', { seatsRoom: 1 }),
      await make(4, 'Quattro'),
    ];
    await make(5, 'Mai risposto');
    await answer(full.id, chapter.coordinator.id, 'yes');
    const invited = { eventId: full.id, personId: chapter.coordinator.id, chapterId: chapter.id };
    await site.db
      .insertInto('invitations')
      .values({ ...invited, source: 'member', calendarUid: 'c@x' })
      .onConflict((c) => c.doNothing())
      .execute();
    await answer(full.id, chapter.coordinator.id, 'yes');
    await answer(going.id, giulia.id, 'yes');
    await answer(may.id, giulia.id, 'maybe');
    await answer(full.id, giulia.id, 'yes');
    await answer(no.id, giulia.id, 'no');
    const text = await read(await feedPath());
    expect(summaries(text)).toEqual(['Uno\\; "due"\\, tre 🌷', 'Due (forse)', 'Tre (in lista d’attesa)']);
    expect([...text.matchAll(/^STATUS:(\w+)/gm)].map(([, status]) => status)).toEqual([
      'CONFIRMED',
      'TENTATIVE',
      'TENTATIVE',
    ]);
    expect(text).toContain('NAME:I miei incontri · Rete di prova');
    await cancelEvent(site.deps, going.id, { actor, reason: null, notify: true });
    expect(await read(await feedPath())).toContain('STATUS:CANCELLED');
    await answer(may.id, giulia.id, 'no');
    expect(summaries(await read(await feedPath()))).not.toContain('Due (forse)');
  });

  test('names nobody else, and answers for nobody', async () => {
    const event = await makeEvent(site.deps, chapter.id, { guestsAllowed: 2 });
    const elena = await makeMember(site.db, chapter.id, { firstName: 'Elenissima', lastName: 'Polissima' });
    const invited = { eventId: event.id, personId: elena.id, chapterId: chapter.id, source: 'member' };
    await site.db
      .insertInto('invitations')
      .values({ ...invited, visible: true, calendarUid: 'e@x' })
      .execute();
    await answer(event.id, elena.id, 'yes');
    const guests = [{ name: 'Sara Ospitissima' }];
    await answerInvitation(site.deps, {
      eventId: event.id,
      personId: giulia.id,
      answer: 'yes',
      guests,
      source: 'link',
    });
    const text = await read(await feedPath());
    expect(summaries(text)).toHaveLength(1);
    expect(text).not.toMatch(
      /Elenissima|Polissima|Ospitissima|Anna|Ricci|Giulia|Marchetti|mailto:|ATTENDEE|ORGANIZER/,
    );
    expect(text).not.toMatch(/\/(r|me|f|cal)\//);
    expect(text).toContain(`/e/${event.id}`);
  });

  test('has the link to join only where she is confirmed online', async () => {
    const event = await makeEvent(site.deps, chapter.id, {
      format: 'hybrid',
      joinUrl: 'https://meet.example.org/x',
      maybeAllowed: true,
    });
    const path = await feedPath();
    const shows = async () => (await read(path)).includes('meet.example.org');
    await answer(event.id, giulia.id, 'maybe', 'online');
    expect(await shows()).toBe(false);
    await answer(event.id, giulia.id, 'yes', 'room');
    expect(await shows()).toBe(false);
    await answer(event.id, giulia.id, 'yes', 'online');
    expect(await shows()).toBe(true);
    expect(await read(path)).toMatch(/^CONFERENCE;.*https:\/\/meet\.example\.org\/x/m);
    await answer(event.id, giulia.id, 'no');
    expect(await shows()).toBe(false);
  });

  test('is sent again only when it changed, by GET and by HEAD, however often a calendar asks', async () => {
    const event = await makeEvent(site.deps, chapter.id);
    await answer(event.id, giulia.id, 'yes');
    const path = await feedPath();
    const first = await get(path);
    const etag = first.headers.etag as string;
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(first.headers).toMatchObject({
      'cache-control': 'private, no-cache',
      'content-type': 'text/calendar; charset=utf-8',
      'x-robots-tag': 'noindex',
    });
    const head = await get(path, {}, 'HEAD');
    expect([head.statusCode, head.headers.etag, head.body]).toEqual([200, etag, '']);
    for (let times = 0; times < 120; times += 1) {
      site.clock.advance(1000);
      const again = await get(path, { 'if-none-match': etag }, times % 2 ? 'GET' : 'HEAD');
      expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag]);
    }
    site.clock.advance(minutes(1));
    await answer(event.id, giulia.id, 'no');
    expect((await get(path, { 'if-none-match': etag })).statusCode).toBe(200);
  });
});

describe('its address', () => {
  test('stands on her own page, and gives way to another by itself', async () => {
    const path = await feedPath();
    const page = await get(ownPath(), { accept: 'text/html' });
    expect(page.body).toContain(`value="${site.url}${path}"`);
    expect(page.body).toContain(`href="${site.url.replace('http:', 'webcal:')}${path}"`);
    expect((await site.post(`${ownPath()}/calendar`, {})).statusCode).toBe(303);
    expect((await get(path)).statusCode).toBe(404);
    expect((await get(ownPath())).statusCode).toBe(200);
    const next = await feedPath();
    expect(next).not.toBe(path);
    await read(next);
    // Another address is asked for with a POST alone, and from no other site.
    expect((await get(`${ownPath()}/calendar`)).statusCode).toBe(404);
    const foreign = await site.post(`${ownPath()}/calendar`, {}, { origin: 'https://evil.example' });
    expect(foreign.statusCode).toBe(403);
    await read(next);
  });

  test('stops with all her links, and opens nothing else', async () => {
    const path = await feedPath();
    const token = path.split('/')[2] as string;
    for (const other of [`/me/${token}`, `/r/${token}`, `/f/${token}`])
      expect((await get(other)).statusCode).toBe(404);
    const wrong = await get('/cal/AAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBB/calendar.ics');
    for (const broken of [token.slice(0, -1), token.slice(0, 22), `${token}x`, `x${token}`]) {
      const { statusCode, body } = await get(`/cal/${broken}/calendar.ics`);
      expect([statusCode, body], broken).toEqual([404, wrong.body]);
    }
    const own = ownPath().split('/')[2] as string;
    expect((await get(`/cal/${own}/calendar.ics`)).statusCode).toBe(404);
    await site.db.updateTable('people').set({ linkEpoch: 2 }).where('id', '=', giulia.id).execute();
    expect((await get(path)).statusCode).toBe(404);
  });

  test('of one who was merged opens hers who stayed, until she renews it; of one who was erased, nothing', async () => {
    const twin = await makeMember(site.db, chapter.id, { firstName: 'Giulia' });
    const event = await makeEvent(site.deps, chapter.id);
    await answer(event.id, giulia.id, 'yes');
    const old = await feedPath(twin.id);
    const pair = { keptId: giulia.id, goneId: twin.id };
    const reach = { chapterIds: [chapter.id], isAdministrator: true };
    const merged = await mergePeople(site.deps, { ...pair, reach, chapterId: chapter.id, actor });
    expect(merged).toEqual({ ok: true });
    expect(summaries(await read(old))).toEqual(['Aperitivo di rete']);
    await site.post(`${ownPath()}/calendar`, {});
    expect((await get(old)).statusCode).toBe(404);
    const hers = await feedPath();
    await erasePerson(site.deps, giulia.id, { kind: 'person', id: giulia.id });
    expect((await get(hers)).statusCode).toBe(404);
    expect((await get(await feedPath())).statusCode).toBe(404);
  });
});
