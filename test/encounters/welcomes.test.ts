import { beforeAll, beforeEach, expect, test } from 'vitest';
import { findExpected } from '../../server/desk/door/door-queries.ts';
import { listNewcomers } from '../../server/encounters/newcomers.ts';
import { findRound } from '../../server/encounters/round.ts';
import { chooseHost, releaseHost } from '../../server/encounters/welcomes.ts';
import { letBeSeen } from '../../server/people/consents.ts';
import { exportPerson } from '../../server/people/export.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const actor = { kind: 'system' } as const;
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let eventId: string;
let sara: Person;
let elena: Person;
let carla: Person;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
});

beforeEach(async () => {
  const event = await makeEvent(service.deps, chapter.id, {
    startsAt: new Date(service.clock().getTime() + 5 * 86_400_000),
  });
  eventId = event.id;
  [sara, elena, carla] = (await Promise.all(
    ['Sara', 'Elena', 'Carla'].map((firstName) => makeMember(service.db, chapter.id, { firstName })),
  )) as [Person, Person, Person];
  for (const person of [elena, carla]) {
    await service.db
      .insertInto('profiles')
      .values({ personId: person.id, welcomes: true, updatedAt: service.clock() })
      .execute();
  }
  const of = { eventId, chapterId: chapter.id };
  await service.db
    .insertInto('invitations')
    .values([
      { ...of, personId: sara.id, source: 'link', calendarUid: `${eventId}-sara` },
      { ...of, personId: elena.id, source: 'member', calendarUid: `${eventId}-elena` },
      { ...of, personId: carla.id, source: 'member', calendarUid: `${eventId}-carla` },
    ])
    .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doNothing())
    .execute();
  for (const { id: personId } of [sara, elena, carla])
    await answerInvitation(service.deps, { eventId, personId, answer: 'yes', visible: true, source: 'link' });
  await service.settle();
});

const choose = (host: Person, newcomer = sara) =>
  chooseHost(service.deps, { eventId, newcomerId: newcomer.id, hostId: host.id, actor });
const release = () => releaseHost(service.deps, { eventId, newcomerId: sara.id, actor });
const beSeen = (person: Person, visible: boolean) =>
  service.db.transaction().execute((trx) =>
    letBeSeen(trx, {
      ...{ eventId, personId: person.id, chapterId: chapter.id, visible },
      ...{ source: 'own_page', now: service.clock() },
    }),
  );
/** The subjects of the mails about a choice that reached somebody. */
const mailed = (person: Person) =>
  service.inbox.messages
    .filter(({ to }) => to === person.email)
    .map((mail) => mail.header('subject') ?? '')
    .filter((subject) => /accogli/.test(subject)).length;

test('both hear of each other once, however often she taps', async () => {
  expect(await Promise.all([choose(elena), choose(elena), choose(elena)])).toEqual(
    Array(3).fill({ ok: true }),
  );
  await service.settle();
  expect([mailed(sara), mailed(elena), mailed(carla)]).toEqual([1, 1, 0]);
});

test.each([
  ['it was taken back', () => release()],
  ['who welcomes takes her name back', () => beSeen(elena, false)],
  ['the newcomer takes her name back', () => beSeen(sara, false)],
  [
    'who welcomes does not come',
    () => answerInvitation(service.deps, { eventId, personId: elena.id, answer: 'no', source: 'link' }),
  ],
  [
    'she no longer welcomes',
    () =>
      service.db.updateTable('profiles').set({ welcomes: false }).where('personId', '=', elena.id).execute(),
  ],
] as const)('no mail leaves once %s', async (_, happens) => {
  // As late as it can be: the mail is written, and its first byte is about to leave.
  let happened: Promise<unknown> | undefined;
  service.inbox.hooks.data = async () => {
    happened ??= happens();
    await happened;
    return undefined;
  };
  await choose(elena);
  await service.settle();
  service.inbox.hooks = {};
  expect(happened).toBeDefined();
  expect([mailed(sara), mailed(elena)]).toEqual([0, 0]);
});

test('nobody is chosen who may not be named, does not offer it, or is new herself; what was chosen stays', async () => {
  await choose(elena);
  await beSeen(carla, false);
  expect(await choose(carla)).toEqual({ ok: false, reason: 'stale' });
  await beSeen(carla, true);
  await service.db
    .updateTable('profiles')
    .set({ welcomes: false })
    .where('personId', '=', carla.id)
    .execute();
  expect(await choose(carla)).toEqual({ ok: false, reason: 'stale' });
  expect(await choose(sara)).toEqual({ ok: false, reason: 'stale' });
  expect(await choose(elena, carla)).toEqual({ ok: false, reason: 'stale' });
  const [newcomer] = await listNewcomers(service.db, eventId);
  expect(newcomer?.host).toMatchObject({ firstName: 'Elena', stands: true });
});

test('another choice takes the place of the first, whose mails stay unsent', async () => {
  let chosen: Promise<unknown> | undefined;
  service.inbox.hooks.data = async () => {
    chosen ??= choose(carla);
    await chosen;
    return undefined;
  };
  await choose(elena);
  await service.settle();
  service.inbox.hooks = {};
  await service.settle();
  expect([mailed(sara), mailed(elena), mailed(carla)]).toEqual([1, 0, 1]);
});

test('somebody seen before, or of the group, is no newcomer', async () => {
  const atTheDoor = async () =>
    (await findExpected(service.db, { id: eventId, chapterId: chapter.id }))
      .filter(({ isNew }) => isNew)
      .map(({ firstName }) => firstName);
  expect((await listNewcomers(service.db, eventId)).map(({ firstName }) => firstName)).toEqual(['Sara']);
  expect(await atTheDoor()).toEqual(['Sara']);
  await service.db
    .insertInto('pastPresence')
    .values({
      personId: sara.id,
      chapterId: chapter.id,
      firstAt: service.clock(),
      lastAt: service.clock(),
    })
    .execute();
  expect(await listNewcomers(service.db, eventId)).toEqual([]);
  expect(await atTheDoor()).toEqual([]);
});

test('two rows that are one woman: nobody welcomes herself; a copy of her data names nobody else', async () => {
  await choose(elena);
  const copy = await exportPerson(service.db, sara.id, { forHerself: true });
  expect(copy?.welcomes).toMatchObject([{ eventId, welcomes: false }]);
  expect(JSON.stringify(copy)).not.toContain(elena.id);
  const merged = await mergePeople(service.deps, {
    keptId: elena.id,
    goneId: sara.id,
    reach: { chapterIds: [chapter.id], isAdministrator: true },
    chapterId: chapter.id,
    actor,
  });
  expect(merged).toMatchObject({ ok: true });
  expect(
    await service.db.selectFrom('welcomes').selectAll().where('eventId', '=', eventId).execute(),
  ).toEqual([]);
});

test('in the round who comes for the first time is not among the first three; who is not seen is counted alone', async () => {
  const more = await Promise.all(
    ['Zita', 'Vera', 'Ugo'].map((firstName) => makeMember(service.db, chapter.id, { firstName })),
  );
  for (const [index, { id: personId }] of more.entries()) {
    await service.db
      .insertInto('invitations')
      .values({
        eventId,
        chapterId: chapter.id,
        personId,
        source: 'member',
        calendarUid: `${eventId}-${index}`,
      })
      .execute();
    await answerInvitation(service.deps, {
      eventId,
      personId,
      answer: 'yes',
      visible: index < 2,
      source: 'link',
    });
  }
  await service.db.updateTable('people').set({ firstName: 'Ada' }).where('id', '=', sara.id).execute();
  const { speakers, more: others } = await findRound(service.db, eventId);
  expect(speakers.map(({ firstName }) => firstName)).toEqual(['Carla', 'Elena', 'Vera', 'Ada', 'Zita']);
  expect(others).toBe(1);
});
