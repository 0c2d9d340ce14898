import { beforeEach, describe, expect, test } from 'vitest';
import { completeAttendance, markPresent, unmarkPresent } from '../../server/attendance/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { hours } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { useSite } from '../support/site.ts';

const site = useSite('2031-11-10T10:00:00+01:00');
const actor = { kind: 'system' } as const;
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let giulia: Awaited<ReturnType<typeof makeMember>>;
let eventId: string;
let path: string;

beforeEach(async () => {
  site.clock.set('2031-11-10T10:00:00+01:00');
  chapter = await makeChapter(site.db);
  giulia = await makeMember(site.db, chapter.id);
  const event = await makeEvent(site.deps, chapter.id, { startsAt: new Date('2031-11-12T18:30:00+01:00') });
  eventId = event.id;
  await answerInvitation(site.deps, { eventId, personId: giulia.id, answer: 'yes', source: 'link' });
  path = await site.feedbackLinkOf(eventId, giulia.id);
  site.clock.set('2031-11-13T10:00:00+01:00');
});

const page = async () => (await site.server.inject({ url: path })).body;
const presence = () =>
  site.db
    .selectFrom('attendance')
    .select(['mode', 'recordedBy'])
    .where('eventId', '=', eventId)
    .where('personId', '=', giulia.id)
    .executeTakeFirst();
const answers = async () =>
  Object.fromEntries(
    (
      await site.db
        .selectFrom('feedbackAnswers')
        .select(['kind', 'value'])
        .where('eventId', '=', eventId)
        .where('personId', '=', giulia.id)
        .execute()
    ).map(({ kind, value }) => [kind, value]),
  );

describe('where nobody has written down who came', () => {
  test('she says so herself, and then the page asks the rest; she can take it back', async () => {
    expect(await page()).toContain('C’eri?');
    expect(await page()).not.toContain('Com’è andata?');
    expect((await site.post(path, { presence: 'room' })).statusCode).toBe(303);
    expect(await presence()).toEqual({ mode: 'room', recordedBy: giulia.id });
    expect(await page()).toContain('Com’è andata?');
    await site.post(path, { presence: 'no' });
    expect(await presence()).toBeUndefined();
  });

  test('a mode that the event does not have is nobody’s presence', async () => {
    await site.post(path, { presence: 'online' });
    await site.post(path, { presence: 'nowhere' });
    expect(await presence()).toBeUndefined();
  });

  test('a week later it is no longer asked, nor taken', async () => {
    site.clock.advance(hours(24 * 7));
    expect(await page()).not.toContain('C’eri?');
    await site.post(path, { presence: 'room' });
    expect(await presence()).toBeUndefined();
  });
});

describe('where the door was closed', () => {
  test('her own word changes nothing, whichever way', async () => {
    await markPresent(site.deps, { eventId, personId: giulia.id, mode: 'room' }, actor);
    await site.post(path, { presence: 'no' });
    expect(await presence()).toMatchObject({ mode: 'room' });
    await unmarkPresent(site.deps, { eventId, personId: giulia.id, mode: null }, actor);
    await completeAttendance(site.deps, { eventId, mode: 'room' }, actor);
    expect(await page()).not.toContain('C’eri?');
    await site.post(path, { presence: 'room' });
    expect(await presence()).toBeUndefined();
  });
});

describe('what she says of it', () => {
  beforeEach(() => markPresent(site.deps, { eventId, personId: giulia.id, mode: 'room' }, actor));

  test('is kept, shown again, changed and taken back', async () => {
    await site.post(path, { 'feedback-tap': 'yes', 'feedback-scale': '4', 'feedback-text': 'Bella serata' });
    expect(await answers()).toEqual({ tap: 'yes', scale: '4', text: 'Bella serata' });
    expect(await page()).toContain('Bella serata');
    await site.post(path, { 'feedback-scale': '5', 'feedback-text': '' });
    expect(await answers()).toEqual({ tap: 'yes', scale: '5' });
  });

  test('that is no answer is left alone, and what is too long is said beside it and stays', async () => {
    await site.post(path, { 'feedback-tap': 'boh', 'feedback-scale': '6' });
    expect(await answers()).toEqual({});
    const long = 'x'.repeat(1001);
    const refused = await site.post(path, { 'feedback-tap': 'no', 'feedback-text': long });
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('bastano 1000 caratteri');
    expect(refused.body).toContain(long);
    expect(await answers()).toEqual({});
  });

  test('is asked of those alone who were there', async () => {
    const other = await makeMember(site.db, chapter.id, { firstName: 'Zita' });
    await site.db
      .insertInto('invitations')
      .values({ eventId, personId: other.id, chapterId: chapter.id, source: 'member', calendarUid: other.id })
      .execute();
    await site.post(await site.feedbackLinkOf(eventId, other.id), { 'feedback-tap': 'yes', photos: 'yes' });
    expect(
      await site.db.selectFrom('feedbackAnswers').selectAll().where('personId', '=', other.id).execute(),
    ).toEqual([]);
    expect(
      await site.db.selectFrom('consents').selectAll().where('personId', '=', other.id).execute(),
    ).toEqual([]);
  });

  test('her name and the photos are each a yes of their own, written down once', async () => {
    await site.post(path, { named: ['no', 'yes'], photos: 'yes' });
    await site.post(path, { named: ['no', 'yes'], photos: 'yes' });
    await site.post(path, { named: 'no', photos: 'no' });
    const consents = await site.db
      .selectFrom('consents')
      .select(['what', 'given', 'source'])
      .where('personId', '=', giulia.id)
      .orderBy('id')
      .execute();
    expect(consents.map(({ what, given }) => `${what} ${given}`)).toEqual([
      'visible true',
      'photos true',
      'visible false',
      'photos false',
    ]);
    expect(new Set(consents.map(({ source }) => source))).toEqual(new Set(['feedback']));
  });
});

describe('the next date', () => {
  test('is said yes to in one tap, which keeps the rest, and the page tells what became of it', async () => {
    await markPresent(site.deps, { eventId, personId: giulia.id, mode: 'room' }, actor);
    const next = await makeEvent(site.deps, chapter.id, { title: 'Pranzo di dicembre', seatsRoom: 1 });
    const full = {
      eventId: next.id,
      personId: chapter.coordinator.id,
      answer: 'yes',
      source: 'link',
    } as const;
    await answerInvitation(site.deps, full);
    expect(await page()).toContain('Pranzo di dicembre');
    const posted = await site.post(`${path}/next`, { 'feedback-scale': '3' });
    expect(posted.statusCode).toBe(303);
    expect(await answers()).toEqual({ scale: '3' });
    expect(await page()).toContain('il tuo nome è in lista d’attesa');
    // A second tap says nothing new.
    await site.post(`${path}/next`, {});
    const history = await site.db
      .selectFrom('rsvpHistory')
      .select('state')
      .where('eventId', '=', next.id)
      .where('personId', '=', giulia.id)
      .execute();
    expect(history).toEqual([{ state: 'waitlisted' }]);
  });

  const seatOf = (eventId: string) =>
    site.db
      .selectFrom('rsvps')
      .select(['state', 'mode'])
      .where('eventId', '=', eventId)
      .where('personId', '=', giulia.id)
      .executeTakeFirst();

  test('where it is hybrid, she says in the same tap which way she comes', async () => {
    const next = await makeEvent(site.deps, chapter.id, {
      format: 'hybrid',
      joinUrl: 'https://meet.example.org/x',
    });
    expect(await page()).toContain('Ci sarò, online');
    await site.post(`${path}/next`, { nextMode: 'online' });
    expect(await seatOf(next.id)).toEqual({ state: 'going', mode: 'online' });
    expect(await page()).toContain('Il tuo posto c’è già.');
  });

  test('where it is open to everybody, who was not invited yet is invited by her yes', async () => {
    const guest = await makeMember(site.db, (await makeChapter(site.db)).id, { firstName: 'Zita' });
    await site.db
      .insertInto('invitations')
      .values({ eventId, personId: guest.id, chapterId: chapter.id, source: 'public', calendarUid: guest.id })
      .execute();
    const next = await makeEvent(site.deps, chapter.id, { access: 'public' });
    const own = await site.feedbackLinkOf(eventId, guest.id);
    await site.post(`${own}/next`, { nextMode: 'room' });
    const rows = await site.db
      .selectFrom('rsvps as r')
      .innerJoin('invitations as i', (join) =>
        join.onRef('i.eventId', '=', 'r.eventId').onRef('i.personId', '=', 'r.personId'),
      )
      .select(['r.state', 'i.source'])
      .where('r.eventId', '=', next.id)
      .where('r.personId', '=', guest.id)
      .execute();
    expect(rows).toEqual([{ state: 'going', source: 'public' }]);
  });

  test('that takes no answers any more is said so, and nothing is booked', async () => {
    const next = await makeEvent(site.deps, chapter.id, {
      startsAt: new Date('2031-11-20T18:30:00+01:00'),
      answersCloseAt: new Date('2031-11-15T18:30:00+01:00'),
    });
    site.clock.set('2031-11-16T10:00:00+01:00');
    expect(await page()).not.toContain('name="nextMode"');
    const posted = await site.post(`${path}/next`, { nextMode: 'room' });
    expect(posted.statusCode).toBe(409);
    expect(posted.body).toContain('class="error"');
    expect(await seatOf(next.id)).toBeUndefined();
  });
});
