import { beforeAll, describe, expect, test } from 'vitest';
import { changeEvent } from '../../server/events/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

/** An event's line in time under a running worker: what she does to it is what arrives, and nothing twice. */
const start = '2026-11-16T10:00:00Z';
const service = useService({ now: start });
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia' });
  desk = await signedIn(service, chapter.coordinator.id);
});

/** Thursday at 18:30 in Bologna; Giulia comes, and the invitations have left. */
async function scene() {
  service.clock.set(start);
  // Nothing of an earlier test arrives in this one.
  await service.db
    .updateTable('mailings')
    .set({ state: 'cancelled', reason: 'test' })
    .where('state', 'in', ['planned', 'held'])
    .execute();
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-11-26T17:30:00Z') });
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: giulia.id,
    answer: 'yes',
    source: 'link',
    mode: 'room',
  });
  await service.settle();
  service.inbox.clear();
  const path = `/desk/events/${event.id}/mailings`;
  const find = (kind: string) =>
    service.db
      .selectFrom('mailings')
      .select(['id', 'state', 'reason', 'dueAt'])
      .where('eventId', '=', event.id)
      .where('kind', '=', kind)
      .where('audience', 'is not', null)
      .orderBy('createdAt')
      .orderBy('id')
      .execute();
  const one = async (kind: string) => {
    const [row] = await find(kind);
    if (!row) throw new Error(`no ${kind}`);
    return row;
  };
  const act = async (kind: string, change: string, fields: Record<string, string> = {}) =>
    desk.post(`${path}/${(await one(kind)).id}`, { change, ...fields });
  const subjects = async () =>
    Promise.all(
      service.inbox
        .messagesTo(giulia.email as string)
        .map(async (mail) => (await mail.parsed()).subject ?? ''),
    );
  return { event, path, find, one, act, subjects };
}
const actor = { kind: 'system' } as const;
const reminders = (subjects: string[]) => subjects.filter((subject) => subject.includes('promemoria'));

test('the line shows the past above, now in its place, and what is to come below, each against the event', async () => {
  const { path } = await scene();
  service.clock.set('2026-11-20T10:00:00Z');
  const { body } = await desk.get(path);
  const places = ['Pubblicato', 'Invito', 'Adesso', 'Promemoria', 'Si comincia', 'Fine', 'Grazie'].map(
    (word) => body.indexOf(`>${word}<`),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(body).toContain('mercoledì 25 novembre alle 10:00 · il giorno prima dell’inizio');
  expect(body).toContain('insieme alla pubblicazione');
  // Each person gets one of the four: that is one step.
  expect(body.match(/<h2>Grazie<\/h2>/g)).toHaveLength(1);
});

test('a mail that she moves leaves at its new moment and at no other, moves along with the event, and goes once', async () => {
  const { event, act, one, subjects } = await scene();
  const moved = await act('reminder', 'move', { date: '2026-11-24', time: '09:30' });
  expect(moved.headers.location).toContain('done=stepMoved');
  expect((await one('reminder')).dueAt.toISOString()).toBe('2026-11-24T08:30:00.000Z');
  // The event moves by a day, and its reminder with it.
  await changeEvent(
    service.deps,
    event.id,
    { startsAt: new Date('2026-11-27T17:30:00Z'), endsAt: new Date('2026-11-27T19:30:00Z') },
    { actor, notify: false },
  );
  expect((await one('reminder')).dueAt.toISOString()).toBe('2026-11-25T08:30:00.000Z');
  await service.travel('2026-11-25T08:31:00Z');
  expect(reminders(await subjects())).toHaveLength(1);
  await changeEvent(service.deps, event.id, { venueName: 'Altrove' }, { actor, notify: false });
  await service.travel('2026-11-26T10:00:00Z');
  expect(reminders(await subjects())).toHaveLength(1);
  const noted = await service.db
    .selectFrom('auditLog')
    .selectAll()
    .where('action', '=', 'mailing.moved')
    .where('subjectId', '=', (await one('reminder')).id)
    .execute();
  expect(noted).toMatchObject([
    { actorId: chapter.coordinator.id, detail: { to: '2026-11-24T08:30:00.000Z' } },
  ]);
});

test('a moment beyond the start, in the past or that no clock shows is refused in words, and what she typed stays', async () => {
  const { act, one } = await scene();
  const before = (await one('reminder')).dueAt;
  const late = await act('reminder', 'move', { date: '2026-11-26', time: '19:00' });
  expect(late.statusCode).toBe(409);
  expect(late.body).toContain('A quell’ora l’incontro è già cominciato');
  expect(late.body).toContain('value="19:00"');
  expect((await act('reminder', 'move', { date: '2026-11-15', time: '10:00' })).body).toContain(
    'già passato',
  );
  expect((await act('reminder', 'move', { date: '', time: '' })).statusCode).toBe(400);
  expect((await act('thanks', 'move', { date: '2026-11-26', time: '18:00' })).body).toContain(
    'Si ringrazia dopo',
  );
  expect((await one('reminder')).dueAt).toEqual(before);
});

test('in the quiet hours she is asked, and leaves it at that hour or takes the morning', async () => {
  const { act, one } = await scene();
  const asked = await act('reminder', 'move', { date: '2026-11-24', time: '22:30' });
  expect(asked.statusCode).toBe(409);
  expect(asked.body).toContain('Alle 22:30 molti dormono');
  const when = /name="when" value="([^"]+)"/.exec(asked.body)?.[1] as string;
  await act('reminder', 'move', { date: '2026-11-24', time: '22:30', when });
  expect((await one('reminder')).dueAt.toISOString()).toBe('2026-11-25T07:00:00.000Z');
  await act('reminder', 'move', { date: '2026-11-24', time: '22:30', anyHour: 'yes' });
  expect((await one('reminder')).dueAt.toISOString()).toBe('2026-11-24T21:30:00.000Z');
});

test('the quick ways move by an hour, or to tomorrow morning', async () => {
  const { act, one } = await scene();
  await act('chase', 'hour');
  expect((await one('chase')).dueAt.toISOString()).toBe('2026-11-19T10:00:00.000Z');
  await act('chase', 'morning');
  expect((await one('chase')).dueAt.toISOString()).toBe('2026-11-17T07:00:00.000Z');
});

test('across a clock change a moved mail keeps to the wall clock, and an hour that does not exist is refused', async () => {
  service.clock.set('2027-03-20T10:00:00Z');
  const desk = await signedIn(service, chapter.coordinator.id);
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2027-03-30T16:30:00Z') });
  const [reminder] = await service.db
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', event.id)
    .where('kind', '=', 'reminder')
    .execute();
  const path = `/desk/events/${event.id}/mailings/${reminder?.id}`;
  const gap = await desk.post(path, { change: 'move', date: '2027-03-28', time: '02:30' });
  expect(gap.body).toContain('Quella notte cambia l’ora');
  await desk.post(path, { change: 'move', date: '2027-03-27', time: '10:00' });
  // The event moves to the other side of the change, and the reminder stays at ten.
  await changeEvent(
    service.deps,
    event.id,
    { startsAt: new Date('2027-03-26T17:30:00Z'), endsAt: new Date('2027-03-26T19:30:00Z') },
    { actor, notify: false },
  );
  const { dueAt } = await service.db
    .selectFrom('mailings')
    .select('dueAt')
    .where('id', '=', reminder?.id as string)
    .executeTakeFirstOrThrow();
  expect(dueAt.toISOString()).toBe('2027-03-23T09:00:00.000Z');
});

describe('sending now', () => {
  test('asks with the number, sends to as many, and nothing a second time', async () => {
    const { event, act, path, subjects, one } = await scene();
    const page = await desk.get(path);
    expect(page.body).toContain('Parte subito, a una persona.');
    expect((await act('reminder', 'now', { count: '7' })).body).toContain('il numero è cambiato');
    const sent = await act('reminder', 'now', { count: '1' });
    expect(sent.headers.location).toContain('done=stepNow');
    await service.settle();
    expect(reminders(await subjects())).toHaveLength(1);
    expect((await one('reminder')).state).toBe('done');
    await changeEvent(service.deps, event.id, { venueName: 'Altrove' }, { actor, notify: false });
    await service.travel('2026-11-25T12:00:00Z');
    expect(reminders(await subjects())).toHaveLength(1);
    expect((await act('reminder', 'now', { count: '1' })).body).toContain('già partita');
  });

  test('thanks nobody before the end', async () => {
    const { act } = await scene();
    expect((await act('thanks', 'now', { count: '1' })).body).toContain('Si ringrazia dopo');
  });
});

test('what she takes out can be put back while its moment is to come', async () => {
  const { act, one, path, subjects, event } = await scene();
  await act('reminder', 'skip');
  expect((await desk.get(path)).body).toContain('Rimettila in programma');
  await changeEvent(service.deps, event.id, { venueName: 'Altrove' }, { actor, notify: false });
  expect((await one('reminder')).state).toBe('cancelled');
  await act('reminder', 'restore');
  expect((await one('reminder')).state).toBe('planned');
  await service.travel('2026-11-25T09:01:00Z');
  expect(reminders(await subjects())).toHaveLength(1);
  await act('thanks', 'skip');
  await service.travel('2026-11-28T09:01:00Z');
  expect((await desk.get(path)).body).not.toContain('Rimettila in programma');
  expect((await act('thanks', 'restore')).body).toContain('già passato');
});

test('the thanks that leave together are moved, held and taken out together', async () => {
  const { act, find } = await scene();
  await act('thanks_missed', 'move', { date: '2026-11-28', time: '11:00' });
  for (const kind of ['thanks', 'thanks_attended', 'thanks_missed', 'thanks_declined']) {
    expect((await find(kind)).map(({ dueAt }) => dueAt.toISOString())).toEqual(['2026-11-28T10:00:00.000Z']);
  }
});

test('she adds a reminder at a word or at a moment of her own, once', async () => {
  const { path, find, subjects } = await scene();
  const added = await desk.post(path, {
    step: 'reminder_going',
    moment: 'threeDaysBefore',
    date: '',
    time: '',
  });
  expect(added.headers.location).toContain('done=stepAdded');
  expect((await desk.post(path, { step: 'reminder_going', moment: 'threeDaysBefore' })).body).toContain(
    'C’è già una mail uguale',
  );
  const own = { step: 'chase_unanswered', moment: 'other', date: '2026-11-21', time: '12:15' };
  expect((await desk.post(path, own)).statusCode).toBe(303);
  expect((await desk.post(path, { ...own, date: '2026-11-27' })).body).toContain('già cominciato');
  expect((await desk.post(path, { ...own, step: 'poem' })).statusCode).toBe(400);
  expect((await find('chase')).map(({ dueAt }) => dueAt.toISOString()).sort()).toEqual([
    '2026-11-19T09:00:00.000Z',
    '2026-11-21T11:15:00.000Z',
  ]);
  await service.travel('2026-11-25T12:00:00Z');
  expect(reminders(await subjects())).toHaveLength(2);
});

test('what belongs to another event or group is not there, and stays as it was', async () => {
  const { path, one } = await scene();
  const other = await makeChapter(service.db);
  const foreign = await makeEvent(service.deps, other.id);
  const theirs = await service.db
    .selectFrom('mailings')
    .select(['id', 'state', 'dueAt'])
    .where('eventId', '=', foreign.id)
    .where('kind', '=', 'chase')
    .executeTakeFirstOrThrow();
  for (const change of ['hold', 'release', 'skip', 'restore', 'move', 'hour', 'morning', 'now']) {
    const fields = { change, date: '2026-11-20', time: '10:00', count: '1' };
    expect((await desk.post(`${path}/${theirs.id}`, fields)).statusCode).toBe(404);
    expect((await desk.post(`/desk/events/${foreign.id}/mailings/${theirs.id}`, fields)).statusCode).toBe(
      404,
    );
  }
  expect(
    (await desk.post(`/desk/events/${foreign.id}/mailings`, { step: 'reminder_going', moment: 'dayBefore' }))
      .statusCode,
  ).toBe(404);
  expect(
    await service.db
      .selectFrom('mailings')
      .select(['id', 'state', 'dueAt'])
      .where('id', '=', theirs.id)
      .executeTakeFirst(),
  ).toEqual(theirs);
  expect((await one('chase')).state).toBe('planned');
});

test('a draft shows what would leave, and its words can be changed already', async () => {
  const draft = await makeEvent(service.deps, chapter.id, { draft: true });
  const { body } = await desk.get(`/desk/events/${draft.id}/mailings`);
  expect(body).toContain('Quando pubblichi');
  expect(body).toContain(`/desk/events/${draft.id}/texts/reminder`);
});
