import { beforeAll, beforeEach, expect, test } from 'vitest';
import { markPresent } from '../../server/attendance/service.ts';
import { cancelEvent } from '../../server/events/service.ts';
import { useService } from '../support/app.ts';
import { hours } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00+01:00' });
const actor = { kind: 'system' } as const;
const start = '2026-11-18T18:30:00+01:00';
const during = '2026-11-18T20:00:00+01:00';
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
const headers = { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'it' };

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
});
beforeEach(async () => {
  service.clock.set('2026-11-16T10:00:00+01:00');
  // So many links a day go to one person.
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia', lastName: 'Rinaldi' });
});

/** An evening whose invitations have left, at a moment of it or after it. */
async function evening(access: 'members' | 'link' | 'public', at = during) {
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date(start), access });
  await service.settle();
  await service.travel(at);
  service.inbox.clear();
  return event;
}

const page = async (eventId: string) => (await service.server.inject({ url: `/e/${eventId}`, headers })).body;
async function ask(eventId: string, fields: Record<string, string>) {
  const payload = new URLSearchParams(fields).toString();
  return service.server.inject({ method: 'POST', url: `/e/${eventId}/link`, headers, payload });
}
/** The mails that came to an address, once everything has left. */
async function mailsTo(address: string | null) {
  await service.settle();
  return service.inbox.messages.filter((mail) => mail.to === address);
}
async function pageIn(mail: { parsed(): Promise<{ text?: string | undefined }> } | undefined) {
  const [, path] = /http:\/\/localhost:3000(\/f\/[\w.-]+)/.exec((await mail?.parsed())?.text ?? '') ?? [];
  if (!path) throw new Error('no link in the mail');
  return path;
}

test('from the start on, whoever is invited writes her address and gets her own page by mail', async () => {
  const event = await evening('members');
  expect(await page(event.id)).toContain('Eri qui?');
  expect((await ask(event.id, { email: giulia.email ?? '' })).statusCode).toBe(200);
  const mails = await mailsTo(giulia.email);
  expect(mails).toHaveLength(1);
  // She waits for it: no list that it could be left with.
  expect(mails[0]?.header('X-Ritrovo-Kind')).toBe('confirmation');
  expect(mails[0]?.header('List-Unsubscribe')).toBeUndefined();
  const own = await pageIn(mails[0]);
  expect((await service.server.inject({ url: own })).body).toContain('C’eri?');
});

test('asked again at once, it comes once; a day later again', async () => {
  const event = await evening('members');
  await ask(event.id, { email: giulia.email ?? '' });
  await ask(event.id, { email: giulia.email ?? '' });
  expect(await mailsTo(giulia.email)).toHaveLength(1);
  service.clock.advance(hours(26));
  await service.settle();
  service.inbox.clear();
  await ask(event.id, { email: giulia.email ?? '' });
  expect((await mailsTo(giulia.email)).map((mail) => mail.header('X-Ritrovo-Kind'))).toContain(
    'confirmation',
  );
});

test('nobody learns who is invited: the answer is the same, and a stranger gets nothing for an event of members', async () => {
  const event = await evening('members');
  const known = await ask(event.id, { email: giulia.email ?? '' });
  const unknown = await ask(event.id, { email: 'chi@example.org' });
  expect(unknown.body).toBe(known.body);
  expect(await mailsTo('chi@example.org')).toEqual([]);
});

test('where the event is open a stranger gives her name, is invited, and says that she was there', async () => {
  const event = await evening('link');
  await ask(event.id, { email: 'ospite@example.org' });
  expect(await mailsTo('ospite@example.org')).toEqual([]);
  await ask(event.id, { email: 'ospite@example.org', name: 'Sara Neri' });
  const [mail] = await mailsTo('ospite@example.org');
  // What somebody typed into a form is not said to whose address it is.
  expect((await mail?.parsed())?.text).not.toContain('Sara');
  const own = await pageIn(mail);
  await service.server.inject({ method: 'POST', url: own, headers, payload: 'presence=room' });
  const there = await service.db
    .selectFrom('attendance')
    .innerJoin('people', 'people.id', 'attendance.personId')
    .select(['people.firstName', 'attendance.walkIn', 'attendance.device'])
    .where('attendance.eventId', '=', event.id)
    .execute();
  expect(there).toEqual([{ firstName: 'Sara', walkIn: true, device: 'self' }]);
});

test('somebody whom the door added gets hers too', async () => {
  const event = await evening('members');
  const zita = await makeMember(service.db, (await makeChapter(service.db)).id, { firstName: 'Zita' });
  expect((await ask(event.id, { email: zita.email ?? '' })).statusCode).toBe(200);
  expect(await mailsTo(zita.email)).toEqual([]);
  await service.db
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId: zita.id,
      chapterId: chapter.id,
      source: 'walk_in',
      calendarUid: zita.id,
    })
    .execute();
  await markPresent(service.deps, { eventId: event.id, personId: zita.id, mode: 'room' }, actor);
  service.clock.advance(hours(1));
  await ask(event.id, { email: zita.email ?? '' });
  expect(await mailsTo(zita.email)).toHaveLength(1);
});

test.each([
  ['before the start', '2026-11-18T18:00:00+01:00', false],
  ['at the start', start, true],
  ['the day after', '2026-11-19T10:00:00+01:00', true],
  ['a week after the end', '2026-11-25T20:30:00+01:00', true],
  ['later', '2026-11-25T20:31:00+01:00', false],
])('%s the page asks who was there: %s, %s', async (_name, at, asks) => {
  const event = await evening('public', at);
  expect((await page(event.id)).includes('Eri qui?')).toBe(asks);
  await ask(event.id, { email: giulia.email ?? '', name: 'Giulia' });
  const asked = (await mailsTo(giulia.email)).filter(
    (mail) => mail.header('X-Ritrovo-Kind') === 'confirmation',
  );
  expect(asked).toHaveLength(asks ? 1 : 0);
});

test('an event that was called off asks nobody', async () => {
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date(start), access: 'public' });
  await cancelEvent(service.deps, event.id, { actor, reason: null, notify: false });
  await service.travel(during);
  expect(await page(event.id)).not.toContain('Eri qui?');
  service.inbox.clear();
  await ask(event.id, { email: giulia.email ?? '', name: 'Giulia' });
  expect(await mailsTo(giulia.email)).toEqual([]);
});
