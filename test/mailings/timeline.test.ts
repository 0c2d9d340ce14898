import { expect, test } from 'vitest';
import { cancelEvent, changeEvent, publishEvent } from '../../server/events/service.ts';
import { endEvents, runDueMailing, runOverdueMailings } from '../../server/mailings/due.ts';
import { changeMailing } from '../../server/mailings/service.ts';
import { replaceTimeline } from '../../server/mailings/timeline.ts';
import type { TimelineRule } from '../../server/mailings/timing.ts';
import { lockEvent } from '../../server/rsvps/queries.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';

const database = useDatabase();
const actor = { kind: 'system' } as const;

function world(now: string) {
  const clock = testClock(now);
  return { clock, deps: testDeps(database.db, clock) };
}

async function mailingsOf(eventId: string) {
  const rows = await database.db
    .selectFrom('mailings')
    .selectAll()
    .where('eventId', '=', eventId)
    .where('audience', 'is not', null)
    .orderBy('dueAt')
    .orderBy('kind')
    .execute();
  return rows;
}

const said = (rows: Awaited<ReturnType<typeof mailingsOf>>) =>
  rows.map((row) => `${row.dueAt.toISOString().slice(0, 16)} ${row.kind} ${row.audience} ${row.state}`);

// 26 November 2026 is a Thursday; Bologna is an hour ahead of UTC.
const thursday = { startsAt: new Date('2026-11-26T17:30:00Z'), endsAt: new Date('2026-11-26T19:30:00Z') };

test('publication plans the default timeline at the wall-clock hours of the event', async () => {
  const { deps } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, { ...thursday, format: 'hybrid' });
  expect(said(await mailingsOf(event.id))).toEqual([
    '2026-11-10T09:00 invitation invited planned',
    '2026-11-19T09:00 chase unanswered planned',
    '2026-11-25T09:00 reminder going planned',
    '2026-11-26T16:30 reminder going_online planned',
    '2026-11-27T09:00 thanks going planned',
    '2026-11-27T09:00 thanks_attended attended planned',
    '2026-11-27T09:00 thanks_declined declined planned',
    '2026-11-27T09:00 thanks_missed missed planned',
    '2026-11-29T09:00 feedback attended planned',
  ]);
});

test('a late publication leaves out the steps whose moment is over', async () => {
  const { deps } = world('2026-11-25T12:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  const kinds = (await mailingsOf(event.id)).map((row) => row.kind);
  expect(kinds).toEqual([
    'invitation',
    'thanks',
    'thanks_attended',
    'thanks_declined',
    'thanks_missed',
    'feedback',
  ]);
});

test('a coordinator who publishes at night can have the invitations leave in the morning', async () => {
  const { deps } = world('2026-11-10T22:00:00Z');
  const chapter = await makeChapter(database.db);
  const draft = await makeEvent(deps, chapter.id, { ...thursday, draft: true });
  const invitationsAt = new Date('2026-11-11T07:00:00Z');
  await publishEvent(deps, draft.id, { actor, invitationsAt });
  const [invitation] = await mailingsOf(draft.id);
  expect(said([invitation!])).toEqual(['2026-11-11T07:00 invitation invited planned']);
  // A later change of the event leaves the invitation where she put it.
  await changeEvent(deps, draft.id, { description: 'Porta un libro' }, { actor, notify: true });
  expect((await mailingsOf(draft.id))[0]?.dueAt).toEqual(invitationsAt);
});

test('a move takes what is planned along, and makes an alarm that rang for the old moment do nothing', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  const reminder = (await mailingsOf(event.id)).find((row) => row.kind === 'reminder')!;
  await changeEvent(
    deps,
    event.id,
    { startsAt: new Date('2026-12-03T17:30:00Z'), endsAt: new Date('2026-12-03T19:30:00Z') },
    { actor, notify: true },
  );
  const moved = (await mailingsOf(event.id)).filter((row) => row.kind === 'reminder');
  expect(said(moved)).toEqual(['2026-12-02T09:00 reminder going planned']);
  clock.set('2026-11-25T09:00:00Z');
  expect(await runDueMailing(deps, { mailingId: reminder.id, revision: reminder.revision })).toBe('stale');
});

test('an event that is postponed after its reminder gets another one', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  clock.set('2026-11-25T09:00:00Z');
  await runOverdueMailings(deps);
  await changeEvent(
    deps,
    event.id,
    { startsAt: new Date('2026-12-03T17:30:00Z'), endsAt: new Date('2026-12-03T19:30:00Z') },
    { actor, notify: true },
  );
  const reminders = (await mailingsOf(event.id)).filter((row) => row.kind === 'reminder');
  expect(said(reminders)).toEqual([
    '2026-11-25T09:00 reminder going done',
    '2026-12-02T09:00 reminder going planned',
  ]);
  const chases = (await mailingsOf(event.id)).filter((row) => row.kind === 'chase');
  expect(chases).toHaveLength(1);
});

test('a step that a move puts into the past is missed and says so', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  clock.set('2026-11-18T09:00:00Z');
  await changeEvent(
    deps,
    event.id,
    { startsAt: new Date('2026-11-20T17:30:00Z'), endsAt: new Date('2026-11-20T19:30:00Z') },
    { actor, notify: false },
  );
  const chase = (await mailingsOf(event.id)).find((row) => row.kind === 'chase');
  expect([chase?.state, chase?.reason]).toEqual(['missed', 'moved']);
});

test('a second move before the first update has left tells of the place that people know', async () => {
  const { deps } = world('2026-11-10T22:30:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  await changeEvent(deps, event.id, { venueName: 'Sala Rossa' }, { actor, notify: true });
  await changeEvent(deps, event.id, { venueName: 'Sala Verde' }, { actor, notify: true });
  const updates = (await mailingsOf(event.id)).filter((row) => row.kind === 'update');
  expect(updates.map((row) => row.state).sort()).toEqual(['cancelled', 'planned']);
  const planned = updates.find((row) => row.state === 'planned')!;
  expect(planned.data).toMatchObject({ old: { venueName: 'Enoteca Storica' } });
  // It waits out the night.
  expect(planned.dueAt.toISOString()).toBe('2026-11-11T07:00:00.000Z');
});

test('an event that is moved back before the update has left troubles nobody', async () => {
  const { deps } = world('2026-11-10T22:30:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  await changeEvent(deps, event.id, { venueName: 'Sala Rossa' }, { actor, notify: true });
  await changeEvent(deps, event.id, { venueName: 'Enoteca Storica' }, { actor, notify: true });
  const updates = (await mailingsOf(event.id)).filter((row) => row.kind === 'update');
  expect(updates.map((row) => row.state)).toEqual(['cancelled']);
});

test('whoever expects an event tomorrow morning hears at night that it is put off by a week', async () => {
  const { deps } = world('2026-11-25T22:30:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, {
    startsAt: new Date('2026-11-26T06:30:00Z'),
    endsAt: new Date('2026-11-26T07:30:00Z'),
  });
  const aWeekLater = { startsAt: new Date('2026-12-03T06:30:00Z'), endsAt: new Date('2026-12-03T07:30:00Z') };
  await changeEvent(deps, event.id, aWeekLater, { actor, notify: true });
  const update = (await mailingsOf(event.id)).find((row) => row.kind === 'update');
  expect(update?.dueAt).toEqual(deps.clock());
});

test('an event that was over by the clock and is put off tells those who were coming', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  clock.set('2026-11-26T20:00:00Z');
  await endEvents(deps);
  const put = { startsAt: new Date('2026-12-03T17:30:00Z'), endsAt: new Date('2026-12-03T19:30:00Z') };
  expect(await changeEvent(deps, event.id, put, { actor, notify: true })).toMatchObject({
    ok: true,
    event: { state: 'published', movedAt: deps.clock() },
  });
  expect((await mailingsOf(event.id)).filter((row) => row.kind === 'update')).toHaveLength(1);
});

test('a reminder that falls due while its event is being put off does not leave for the old day', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  const reminder = (await mailingsOf(event.id)).find((row) => row.kind === 'reminder')!;
  clock.set('2026-11-25T09:00:00Z');
  let moving: Promise<unknown> = Promise.resolve();
  await database.db.transaction().execute(async (trx) => {
    await trx.updateTable('mailings').set({ state: 'sending' }).where('id', '=', reminder.id).execute();
    const put = { startsAt: new Date('2026-12-03T17:30:00Z'), endsAt: new Date('2026-12-03T19:30:00Z') };
    moving = changeEvent(deps, event.id, put, { actor, notify: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
  });
  await moving;
  const reminders = (await mailingsOf(event.id)).filter((row) => row.kind === 'reminder');
  expect(said(reminders)).toEqual([
    '2026-11-25T09:00 reminder going cancelled',
    '2026-12-02T09:00 reminder going planned',
  ]);
});

test('a cancellation calls off all that was planned and tells those who heard of it and had not declined', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const [anna, bea, carla] = await makeMembers(database.db, chapter.id, 3);
  const event = await makeEvent(deps, chapter.id, thursday);
  await runOverdueMailings(deps);
  // Everybody's invitation has left but Carla's, who thus knows of nothing.
  await database.db
    .updateTable('deliveries')
    .set({ state: 'sent' })
    .where('eventId', '=', event.id)
    .where('personId', '<>', carla!.id)
    .execute();
  await answerInvitation(deps, { eventId: event.id, personId: anna!.id, answer: 'yes', source: 'link' });
  await answerInvitation(deps, { eventId: event.id, personId: bea!.id, answer: 'no', source: 'link' });
  await cancelEvent(deps, event.id, { actor, reason: 'neve', notify: true });
  const rows = await mailingsOf(event.id);
  expect(rows.filter((row) => row.state === 'planned').map((row) => row.kind)).toEqual(['cancellation']);
  clock.set('2026-11-10T09:01:00Z');
  await runOverdueMailings(deps);
  const told = await database.db
    .selectFrom('deliveries')
    .select('personId')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'cancellation')
    .execute();
  expect(told.map((row) => row.personId).sort()).toEqual([anna!.id, chapter.coordinator.id].sort());
});

test('a held mailing stays until it is let go, and a skipped one does not come back with a change', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  const rows = await mailingsOf(event.id);
  const chase = rows.find((row) => row.kind === 'chase')!;
  const reminder = rows.find((row) => row.kind === 'reminder')!;
  expect(await changeMailing(deps, event.id, [chase.id], 'hold', { kind: 'system' })).toEqual({ ok: true });
  expect(await changeMailing(deps, event.id, [reminder.id], 'skip', { kind: 'system' })).toEqual({
    ok: true,
  });
  await changeEvent(deps, event.id, { venueName: 'Sala Rossa' }, { actor, notify: false });
  clock.set('2026-11-25T10:00:00Z');
  await runOverdueMailings(deps);
  const after = (await mailingsOf(event.id)).filter((row) => row.kind === 'chase' || row.kind === 'reminder');
  expect(after.map((row) => [row.kind, row.state])).toEqual([
    ['chase', 'held'],
    ['reminder', 'cancelled'],
  ]);
  const other = await makeEvent(deps, chapter.id, thursday);
  expect(await changeMailing(deps, other.id, [chase.id], 'release', actor)).toEqual({
    ok: false,
    reason: 'not_found',
  });
});

test('a chase spares those invited within two days, a reminder those who said yes within twelve hours', async () => {
  const { deps, clock } = world('2026-11-18T10:00:00Z');
  const chapter = await makeChapter(database.db);
  const [anna, bea] = await makeMembers(database.db, chapter.id, 2);
  const event = await makeEvent(deps, chapter.id, thursday);
  await answerInvitation(deps, { eventId: event.id, personId: anna!.id, answer: 'yes', source: 'link' });
  clock.set('2026-11-19T09:00:00Z');
  await runOverdueMailings(deps);
  clock.set('2026-11-25T01:00:00Z');
  await answerInvitation(deps, { eventId: event.id, personId: bea!.id, answer: 'yes', source: 'link' });
  clock.set('2026-11-25T09:00:00Z');
  await runOverdueMailings(deps);
  const rows = await database.db
    .selectFrom('deliveries')
    .select(['kind', 'personId'])
    .where('eventId', '=', event.id)
    .where('kind', 'in', ['chase', 'reminder'])
    .execute();
  expect(rows).toEqual([{ kind: 'reminder', personId: anna!.id }]);
});

test('a reminder to everybody invited reaches those who have not answered', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const [anna, bea] = await makeMembers(database.db, chapter.id, 2);
  const event = await makeEvent(deps, chapter.id, { ...thursday, draft: true });
  await changeEvent(
    deps,
    event.id,
    {},
    {
      actor,
      notify: false,
      timeline: [
        { kind: 'reminder', anchor: 'start', offset: '-P1D', localTime: '10:00', audience: 'invited' },
      ],
    },
  );
  await publishEvent(deps, event.id, { actor });
  await answerInvitation(deps, { eventId: event.id, personId: anna!.id, answer: 'yes', source: 'link' });
  clock.set('2026-11-25T09:00:00Z');
  await runOverdueMailings(deps);
  const rows = await database.db
    .selectFrom('deliveries')
    .select('personId')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'reminder')
    .execute();
  expect(rows.map((row) => row.personId).sort()).toEqual([anna!.id, bea!.id, chapter.coordinator.id].sort());
});

test('a timeline of its own replaces what was planned, and an exact offset leaves to the second', async () => {
  const { deps } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  const rules: TimelineRule[] = [
    { kind: 'reminder', anchor: 'publish', offset: 'PT2S', audience: 'going' },
    { kind: 'reminder', anchor: 'start', offset: '-P3D', localTime: '09:15', audience: 'maybe' },
  ];
  await database.db.transaction().execute(async (trx) => {
    const locked = (await lockEvent(trx, event.id))!;
    await replaceTimeline(trx, deps, locked, rules, deps.clock());
  });
  const rows = await mailingsOf(event.id);
  expect(rows.filter((row) => row.state === 'planned').map((row) => row.dueAt.toISOString())).toEqual([
    '2026-11-10T09:00:02.000Z',
    '2026-11-23T08:15:00.000Z',
  ]);
  expect(rows.filter((row) => row.state === 'cancelled')).toHaveLength(8);
});

test('a mailing that could not leave before the start is missed, not sent late', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  clock.set('2026-11-26T18:00:00Z');
  await runOverdueMailings(deps);
  const rows = await mailingsOf(event.id);
  expect(rows.filter((row) => row.state === 'missed').map((row) => row.kind)).toEqual([
    'invitation',
    'chase',
    'reminder',
  ]);
});

test('an invitation rule that is edited after the invitations left invites nobody twice', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  await makeMembers(database.db, chapter.id, 2);
  const event = await makeEvent(deps, chapter.id, thursday);
  await runOverdueMailings(deps);
  const rules: TimelineRule[] = [
    { kind: 'invitation', anchor: 'publish', offset: 'PT1H', audience: 'invited' },
  ];
  await database.db.transaction().execute(async (trx) => {
    const locked = (await lockEvent(trx, event.id))!;
    await replaceTimeline(trx, deps, locked, rules, deps.clock());
  });
  clock.set('2026-11-10T10:00:01Z');
  await runOverdueMailings(deps);
  const invited = await database.db
    .selectFrom('deliveries')
    .select('personId')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'invitation')
    .execute();
  expect(invited).toHaveLength(3);
});

test('a mailing held back until the event has begun is missed, and says so', async () => {
  const { deps, clock } = world('2026-11-10T09:00:00Z');
  const chapter = await makeChapter(database.db);
  const event = await makeEvent(deps, chapter.id, thursday);
  const reminder = (await mailingsOf(event.id)).find((row) => row.kind === 'reminder')!;
  await changeMailing(deps, event.id, [reminder.id], 'hold', { kind: 'system' });
  clock.set('2026-11-26T17:31:00Z');
  await endEvents(deps);
  const after = (await mailingsOf(event.id)).find((row) => row.id === reminder.id);
  expect([after?.state, after?.reason]).toEqual(['missed', 'too_late']);
});
