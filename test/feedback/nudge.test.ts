import { beforeEach, expect, test } from 'vitest';
import { completeAttendance, markPresent } from '../../server/attendance/service.ts';
import { changeMailing } from '../../server/mailings/service.ts';
import { setOptedOut } from '../../server/public/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';

const service = useService({ now: '2026-11-16T10:00:00+01:00' });
const { feedbackLinkOf } = linkPaths(() => service.deps);
const actor = { kind: 'system' } as const;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Awaited<ReturnType<typeof makeMembers>>;
let eventId: string;

/** Four who come, one of whom is not seen, on a Wednesday; the thanks leave on Thursday, the one nudge on Saturday. */
beforeEach(async () => {
  service.clock.set('2026-11-16T10:00:00+01:00');
  chapter = await makeChapter(service.db);
  people = await makeMembers(service.db, chapter.id, 4);
  const event = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date('2026-11-18T18:30:00+01:00'),
  });
  eventId = event.id;
  await service.settle();
  for (const { id } of people)
    await answerInvitation(service.deps, { eventId, personId: id, answer: 'yes', source: 'link' });
  await service.travel('2026-11-18T21:00:00+01:00');
  for (const { id } of people.slice(0, 3))
    await markPresent(service.deps, { eventId, personId: id, mode: 'room' }, actor);
});

const close = () => completeAttendance(service.deps, { eventId, mode: 'room' }, actor);
const thanks = () => service.travel('2026-11-19T10:01:00+01:00');
async function saturday() {
  await service.travel('2026-11-21T10:01:00+01:00');
  return nudged();
}
/** Who got the mail, as numbers, each as often as she got it. */
const nudged = () =>
  service.inbox.messages
    .filter((mail) => mail.header('X-Ritrovo-Kind') === 'feedback')
    .map((mail) => people.findIndex(({ email }) => email === mail.to))
    .filter((at) => at >= 0)
    .sort();
async function save(number: number, fields: Record<string, string>) {
  return service.server.inject({
    method: 'POST',
    url: await feedbackLinkOf(eventId, people[number]?.id as string),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  });
}

test('three days later those who were there and said nothing are reminded once, and nobody else', async () => {
  await close();
  await thanks();
  await save(0, { 'feedback-tap': 'yes' });
  expect(await saturday()).toEqual([1, 2]);
  const [mail] = service.inbox.messages.filter((one) => one.header('X-Ritrovo-Kind') === 'feedback');
  expect(mail?.header('List-Unsubscribe')).toContain('/u/');
  const text = (await mail?.parsed())?.text ?? '';
  expect(text).toContain('/f/');
  expect(text).toContain('non te lo chiedo più');
  await service.travel('2026-11-27T10:00:00+01:00');
  expect(nudged()).toEqual([1, 2]);
});

test('whatever she saved there counts: who only consents, or only wishes, is not told apart', async () => {
  await close();
  await thanks();
  await save(0, { named: 'yes' });
  await save(1, { wishes: 'yes', named: 'yes' });
  expect(await saturday()).toEqual([2]);
});

test('who opened the page and saved nothing has said nothing', async () => {
  await close();
  await thanks();
  await service.server.inject({ url: await feedbackLinkOf(eventId, people[0]?.id as string) });
  expect(await saturday()).toEqual([0, 1, 2]);
});

test('as long as nobody has said who came, nobody is reminded', async () => {
  await thanks();
  expect(await saturday()).toEqual([]);
});

test('who says something while the mails leave gets none', async () => {
  await close();
  await thanks();
  // The server is told to whom, and waits for the body.
  let said: Promise<undefined> | undefined;
  service.inbox.hooks.rcpt = () => {
    said ??= (async () => {
      for (const number of [0, 1]) await save(number, { 'feedback-scale': '4' });
      return undefined;
    })();
    return said;
  };
  const got = await saturday();
  service.inbox.hooks = {};
  expect(got).toEqual([2]);
});

test('without thanks there is nothing to be reminded of', async () => {
  await close();
  const { id } = await service.db
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', eventId)
    .where('kind', '=', 'thanks_attended')
    .executeTakeFirstOrThrow();
  await changeMailing(service.deps, eventId, [id], 'skip', actor);
  await thanks();
  expect(await saturday()).toEqual([]);
});

test('who wants no such questions gets none', async () => {
  await close();
  await thanks();
  const of = { personId: people[0]?.id as string, chapterId: chapter.id, topic: 'feedback' } as const;
  await setOptedOut(service.deps, of, true);
  expect(await saturday()).toEqual([1, 2]);
});

test('a second mailing of the kind reaches nobody twice', async () => {
  await close();
  await thanks();
  await service.db
    .insertInto('mailings')
    .values({
      chapterId: chapter.id,
      eventId,
      kind: 'feedback',
      template: 'feedback',
      audience: 'attended',
      cause: `again:${eventId}`,
      dueAt: new Date('2026-11-22T10:00:00+01:00'),
      state: 'planned',
    })
    .execute();
  expect(await saturday()).toEqual([0, 1, 2]);
  await service.travel('2026-11-22T10:01:00+01:00');
  expect(nudged()).toEqual([0, 1, 2]);
});
