import { beforeAll, describe, expect, test } from 'vitest';
import { erasePerson } from '../../server/people/erasure.ts';
import { mergePeople } from '../../server/people/merge.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, csrfOf, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const start = new Date('2026-11-26T17:30:00Z');
type Person = Awaited<ReturnType<typeof makeMember>>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let desk: AtDesk;
let ada: Person;
let bea: Person;
let helper: Person;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  ada = await makeMember(service.db, chapter.id, { firstName: 'Ada', lastName: 'Blu' });
  bea = await makeMember(service.db, chapter.id, { firstName: 'Bea', lastName: 'Rosa' });
  helper = await makeMember(service.db, chapter.id, { firstName: 'Paola', lastName: 'Neri' });
  await service.db.updateTable('people').set({ phone: '+39 333 1234567' }).where('id', '=', ada.id).execute();
  desk = await signedIn(service, chapter.coordinator.id);
});

async function begun(details: Parameters<typeof makeEvent>[2] = {}) {
  service.clock.set('2026-11-16T10:00:00Z');
  const event = await makeEvent(service.deps, chapter.id, { startsAt: start, guestsAllowed: 2, ...details });
  await answerInvitation(service.deps, {
    eventId: event.id,
    personId: ada.id,
    answer: 'yes',
    guests: [{ name: 'Ugo Verdi' }],
    note: 'Arrivo tardi, il mio numero è 333 7654321',
    source: 'link',
  });
  service.clock.set(new Date(start.getTime() + 600_000));
  return { ...event, path: `/desk/events/${event.id}` };
}

const phoneA = 'aaaaaaaa-0000-4000-8000-000000000001';
const phoneB = 'bbbbbbbb-0000-4000-8000-000000000002';

async function post(path: string, body: object, as = desk, headers: Record<string, string> = {}) {
  const csrf = csrfOf((await as.get('/desk/help')).body);
  return service.server.inject({
    method: 'POST',
    url: path,
    headers: { cookie: as.cookie, 'csrf-token': csrf, 'sec-fetch-site': 'same-origin', ...headers },
    payload: body,
  });
}

type Mark = Record<string, unknown>;
async function sync(path: string, device: string, marks: Mark[], as = desk) {
  const now = service.clock().getTime();
  const response = await post(
    `${path}/door/sync`,
    { device, sentAt: now, marks: marks.map((mark) => ({ at: now, mode: 'room', ...mark })) },
    as,
  );
  expect(response.statusCode).toBe(200);
  return response.json();
}

const here = async (eventId: string) => {
  const rows = await service.db
    .selectFrom('attendance')
    .innerJoin('people', 'people.id', 'attendance.personId')
    .select(['people.firstName', 'people.lastName'])
    .where('eventId', '=', eventId)
    .orderBy('people.firstName')
    .execute();
  return rows.map((row) => `${row.firstName} ${row.lastName}`.trim());
};

describe('a report', () => {
  test('that comes twice counts once, and a walk-in in it is one person', async () => {
    const event = await begun();
    const walkIn = crypto.randomUUID();
    const marks = [
      { sequence: 1, personId: ada.id },
      { sequence: 2, walkIn, name: '  Zoe   Neri ' },
    ];
    const first = await sync(event.path, phoneA, marks);
    const again = await sync(event.path, phoneA, marks);
    expect(again.results).toEqual(first.results);
    expect(await here(event.id)).toEqual(['Ada Blu', 'Zoe Neri']);
    // A later tap names her by the phone's own id still.
    await sync(event.path, phoneA, [{ sequence: 3, walkIn, mode: null, at: service.clock().getTime() + 1 }]);
    expect(await here(event.id)).toEqual(['Ada Blu']);
  });

  test('from the other phone is weighed by the time of the tap; both taps are on record', async () => {
    const event = await begun();
    const now = service.clock().getTime();
    await sync(event.path, phoneA, [{ sequence: 1, personId: ada.id, at: now - 60_000, mode: null }]);
    const late = await sync(event.path, phoneB, [{ sequence: 1, personId: ada.id, at: now - 120_000 }]);
    expect(late.results).toMatchObject([{ outcome: 'superseded' }]);
    expect(await here(event.id)).toEqual([]);
    const record = await service.db
      .selectFrom('auditLog')
      .select(['action', 'detail'])
      .where('subjectId', '=', ada.id)
      .where('action', 'like', 'attendance.%')
      .orderBy('id', 'desc')
      .limit(2)
      .execute();
    expect(record).toMatchObject([
      { action: 'attendance.recorded', detail: { device: phoneB, counts: false } },
      { action: 'attendance.removed', detail: { device: phoneA, counts: true } },
    ]);
  });

  test('of a tap made before somebody corrected it on the page does not undo the correction', async () => {
    const event = await begun();
    await desk.post(`${event.path}/attendance`, { personId: ada.id, mode: 'room', present: 'yes' });
    await desk.post(`${event.path}/attendance`, { personId: ada.id, mode: 'room', present: 'no' });
    const earlier = service.clock().getTime() - 300_000;
    await sync(event.path, phoneA, [{ sequence: 1, personId: ada.id, at: earlier }]);
    expect(await here(event.id)).toEqual([]);
  });

  test('about a guest ticks the guest, and her alone', async () => {
    const event = await begun();
    const { list } = await sync(event.path, phoneA, [{ sequence: 1, personId: ada.id, guest: 0 }]);
    const row = list.people.find(({ id }: { id: string }) => id === ada.id);
    expect(row).toMatchObject({ present: null, guests: [{ name: 'Ugo Verdi', present: true }] });
    expect((await desk.get(`${event.path}/door`)).body).toContain('1 di 2');
  });

  test('loses nobody over an address whose owner had herself erased', async () => {
    const event = await begun();
    const gone = await makeMember(service.db, chapter.id, { firstName: 'Via', email: 'via@example.org' });
    await erasePerson(service.deps, gone.id, { kind: 'system' });
    const mark = { sequence: 1, walkIn: crypto.randomUUID(), name: 'Via Nuova', email: 'via@example.org' };
    const { results } = await sync(event.path, phoneA, [mark]);
    expect(results).toMatchObject([{ outcome: 'saved', withoutAddress: true }]);
    expect(await here(event.id)).toEqual(['Via Nuova']);
  });

  test('about somebody of another chapter, or erased meanwhile, changes nothing and says so', async () => {
    const event = await begun();
    const other = await makeChapter(service.db);
    const stranger = await makeMember(service.db, other.id, { firstName: 'Estranea' });
    const { results } = await sync(event.path, phoneA, [{ sequence: 1, personId: stranger.id }]);
    expect(results).toMatchObject([{ outcome: 'not_found' }]);
    expect(await here(event.id)).toEqual([]);
    const foreign = await makeEvent(service.deps, other.id, {
      startsAt: new Date(start.getTime() + 3_600_000),
    });
    const response = await post(`/desk/events/${foreign.id}/door/sync`, {
      device: phoneA,
      sentAt: 0,
      marks: [],
    });
    expect(response.statusCode).toBe(404);
  });

  test('about somebody who meanwhile turned out to be another counts for that one', async () => {
    const event = await begun();
    const twin = await makeMember(service.db, chapter.id, { firstName: 'Ada', lastName: 'Blu' });
    for (const personId of [ada.id, twin.id]) {
      await sync(event.path, phoneB, [{ sequence: personId === ada.id ? 1 : 2, personId, guest: 0 }]);
    }
    const merged = await mergePeople(service.deps, {
      keptId: ada.id,
      goneId: twin.id,
      chapterId: chapter.id,
      reach: { chapterIds: [chapter.id], isAdministrator: false },
      actor: { kind: 'system' },
    });
    expect(merged).toMatchObject({ ok: true });
    const { results } = await sync(event.path, phoneA, [{ sequence: 1, personId: twin.id }]);
    expect(results).toMatchObject([{ outcome: 'saved', personId: ada.id }]);
    expect(await here(event.id)).toEqual(['Ada Blu']);
  });

  test('is refused as a whole where the event was cancelled or moved away, and the list says why', async () => {
    const event = await begun();
    await service.db
      .updateTable('events')
      .set({ startsAt: new Date('2026-12-10T17:30:00Z'), endsAt: new Date('2026-12-10T19:30:00Z') })
      .where('id', '=', event.id)
      .execute();
    const moved = await sync(event.path, phoneA, [{ sequence: 1, personId: ada.id }]);
    expect(moved).toMatchObject({ results: [], list: { closed: { reason: 'too_early' } } });
    expect(moved.list.when).toContain('10 dicembre');
    await service.db.updateTable('events').set({ state: 'cancelled' }).where('id', '=', event.id).execute();
    const cancelled = await sync(event.path, phoneA, [{ sequence: 1, personId: ada.id }]);
    expect(cancelled).toMatchObject({ results: [], list: { closed: { text: 'L’incontro è annullato.' } } });
  });

  test('needs the token of her session, and a page of this site', async () => {
    const event = await begun();
    const body = { device: phoneA, sentAt: 0, marks: [] };
    expect((await post(`${event.path}/door/sync`, body, desk, { 'csrf-token': 'x' })).statusCode).toBe(403);
    const foreign = { 'sec-fetch-site': 'cross-site' };
    expect((await post(`${event.path}/door/sync`, body, desk, foreign)).statusCode).toBe(403);
    const wrong = { ...body, marks: [{ sequence: 1, at: 0, mode: 'roof' }] };
    expect((await post(`${event.path}/door/sync`, wrong)).statusCode).toBe(400);
  });
});

describe('a host of the day', () => {
  test('sees names and how they stand, ticks and adds, and closes nothing', async () => {
    const event = await begun();
    await service.db
      .insertInto('eventHosts')
      .values({ eventId: event.id, personId: helper.id, chapterId: chapter.id })
      .execute();
    const host = await signedIn(service, helper.id);
    const page = (await host.get(`${event.path}/door`)).body;
    const list = await host.get(`${event.path}/door/list`);
    const shell = (await host.get(`${event.path}/door/shell`)).body;
    for (const text of [page, list.body]) expect(text).toContain('Ada Blu');
    for (const text of [page, list.body, shell]) {
      for (const secret of [ada.email, bea.email, '333 1234567', '7654321', 'Arrivo tardi']) {
        expect(text).not.toContain(secret);
      }
    }
    expect(shell).not.toContain('Ada');
    expect(page).not.toContain('attendance/complete');
    const marks = [
      { sequence: 1, personId: ada.id },
      { sequence: 2, walkIn: crypto.randomUUID(), name: 'Ida' },
    ];
    await sync(event.path, phoneB, marks, host);
    expect(await here(event.id)).toEqual(['Ada Blu', 'Ida']);
    const close = { mode: 'room', complete: 'yes' };
    expect((await host.post(`${event.path}/attendance/complete`, close)).statusCode).toBe(404);
    expect((await host.post(`${event.path}/attendance/all`, { mode: 'room' })).statusCode).toBe(404);
  });
});

test('a list that the phone has already is not sent again', async () => {
  const event = await begun();
  const first = (await desk.get(`${event.path}/door/list`)).json();
  const again = (await desk.get(`${event.path}/door/list?have=${first.version}`)).json();
  expect(again).toMatchObject({ same: true, who: chapter.coordinator.id, version: first.version });
  expect(again.people).toBeUndefined();
  await sync(event.path, phoneA, [{ sequence: 1, personId: ada.id }]);
  expect((await desk.get(`${event.path}/door/list?have=${first.version}`)).json().people).toBeDefined();
});

test('whoever is there for the first time is marked, with who invited her and who welcomes her', async () => {
  const event = await begun();
  const sara = await service.db
    .insertInto('people')
    .values({ firstName: 'Sara', lastName: 'Neri', source: 'link' })
    .returningAll()
    .executeTakeFirstOrThrow();
  await service.db
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId: sara.id,
      chapterId: chapter.id,
      source: 'link',
      invitedByPersonId: bea.id,
      calendarUid: 'u',
    })
    .execute();
  const found = async () => {
    const { people } = (await desk.get(`${event.path}/door/list`)).json();
    return people.find(({ id }: { id: string }) => id === sara.id);
  };
  expect((await found()).welcome).toBe('Prima volta · invitata da Bea Rosa · la accoglie Anna');
  // What she typed herself may be somebody's address.
  await service.db
    .updateTable('invitations')
    .set({ invitedByPersonId: null, invitedBy: 'bea@example.org' })
    .where('personId', '=', sara.id)
    .execute();
  expect((await found()).welcome).toBe('Prima volta · la accoglie Anna');
  await sync((await begun()).path, phoneA, [{ sequence: 9, walkIn: crypto.randomUUID(), name: 'Altra' }]);
  const other = await begun();
  await service.db
    .insertInto('attendance')
    .values({
      eventId: other.id,
      personId: sara.id,
      chapterId: chapter.id,
      mode: 'room',
      recordedAt: service.clock(),
    })
    .execute();
  expect((await found()).welcome).toBeNull();
});

test('the camera may be asked for at the door and on no other page', async () => {
  const event = await begun();
  const policy = async (path: string) => (await desk.get(path)).headers['permissions-policy'];
  expect(await policy(`${event.path}/door`)).toContain('camera=(self)');
  expect(await policy(`${event.path}/door/shell`)).toContain('camera=(self)');
  for (const path of [event.path, '/desk/', '/']) expect(await policy(path)).toContain('camera=()');
});
