import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

/** How often the service waits for the database: what many do in the same minute may not grow by the way. */

const site = useSite('2026-11-16T10:00:00+01:00');
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let members: Awaited<ReturnType<typeof makeMembers>>;
let trips = 0;

const { query } = pg.Client.prototype;
beforeEach(() => {
  pg.Client.prototype.query = function counting(this: pg.Client, ...given: unknown[]) {
    trips += 1;
    return query.apply(this, given as never);
  } as typeof query;
});
afterEach(() => {
  pg.Client.prototype.query = query;
});

beforeAll(async () => {
  chapter = await makeChapter(site.db, { slug: 'bologna' });
  members = await makeMembers(site.db, chapter.id, 3);
});

async function tripsOf(ask: () => Promise<{ statusCode: number }>, status: number): Promise<number> {
  trips = 0;
  expect((await ask()).statusCode).toBe(status);
  return trips;
}
const read = (url: string) => site.server.inject({ url, headers: { accept: 'text/html' } });
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const post = (url: string, payload: string) =>
  site.server.inject({ method: 'POST', url, headers: form, payload });

test('an answer goes to the database twice: for the lock with what it depends on, and to be written', async () => {
  const event = await makeEvent(site.deps, chapter.id, { seatsRoom: 2 });
  const path = await site.linkOf(event.id, members[0]!.id);
  for (const answer of ['yes', 'no', 'yes']) {
    expect(await tripsOf(() => post(path, `note=&visible=0&answer=${answer}`), 303)).toBe(2);
  }
  // Full now, with somebody who waits: another who waits goes no longer way.
  const says = (index: number) =>
    answerInvitation(site.deps, {
      eventId: event.id,
      personId: members[index]!.id,
      answer: 'yes',
      source: 'link',
    });
  expect(await says(1)).toMatchObject({ state: 'going' });
  const waiting = await site.linkOf(event.id, members[2]!.id);
  expect(await tripsOf(() => post(waiting, 'answer=yes'), 303)).toBe(2);
});

test('the event’s page asks once, a member’s own once before her answer and three times after it', async () => {
  const event = await makeEvent(site.deps, chapter.id, { access: 'public' });
  const path = await site.linkOf(event.id, members[0]!.id);
  expect(await tripsOf(() => read(`/e/${event.id}`), 200)).toBe(1);
  expect(await tripsOf(() => read(path), 200)).toBe(1);
  await post(path, 'answer=yes');
  expect(await tripsOf(() => read(path), 200)).toBe(3);
});
