import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import {
  countFirstTimers,
  sumAnswers,
  sumEvent,
  sumMonths,
  sumNewcomers,
} from '../../server/insights/queries.ts';
import { runRetention } from '../../server/retention/service.ts';
import { saveRetention } from '../../server/retention/settings.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { days, testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent, makeMember, makeMembers } from '../support/factories.ts';

const database = useDatabase();
const clock = testClock('2026-11-02T09:00:00Z');
let deps: ReturnType<typeof testDeps>;
let chapter: Awaited<ReturnType<typeof makeChapter>>;

beforeAll(async () => {
  deps = testDeps(database.db, clock);
  chapter = await makeChapter(database.db);
});

test('a note to the organiser is gone a month after the event, and not before', async () => {
  const { id: personId } = await makeMember(database.db, chapter.id);
  const event = await makeEvent(deps, chapter.id);
  const said = { answer: 'yes', note: 'Senza glutine, grazie', source: 'link' } as const;
  await answerInvitation(deps, { eventId: event.id, personId, ...said });
  const note = () =>
    database.db.selectFrom('rsvps').select('note').where('eventId', '=', event.id).executeTakeFirst();

  clock.set(new Date(event.endsAt.getTime() + days(29)));
  await runRetention(deps);
  expect(await note()).toEqual({ note: 'Senza glutine, grazie' });
  clock.advance(days(2));
  expect(await runRetention(deps)).toEqual({ notes: 1 });
  expect(await note()).toEqual({ note: null });
});

/** An evening of the past: who was invited, who said what, and who was there. */
async function evening(startsAt: Date, people: readonly string[], place: number) {
  const { db } = database;
  const event = await makeEvent(deps, chapter.id, { draft: true, startsAt, format: 'in_person' });
  const publishedAt = new Date(startsAt.getTime() - days(20));
  const endsAt = new Date(startsAt.getTime() + 7.2e6);
  await db
    .updateTable('events')
    .set({ state: 'ended', startsAt, endsAt, publishedAt, roomCompleteAt: endsAt })
    .where('id', '=', event.id)
    .execute();
  for (const [index, personId] of people.entries()) {
    const of = { eventId: event.id, personId, chapterId: chapter.id };
    const calendarUid = `${event.id}.${index}`;
    await db
      .insertInto('invitations')
      .values({ ...of, source: 'member', calendarUid, createdAt: publishedAt })
      .execute();
    const seed = (index * 7 + place * 5) % 11;
    const state = seed < 6 ? 'going' : seed < 8 ? 'declined' : seed < 9 ? 'withdrawn' : null;
    const answeredAt = new Date(publishedAt.getTime() + seed * 1.7 * days(1));
    if (!state) continue;
    const answer = { state, mode: 'room', guests: state === 'going' && seed === 1 ? 1 : 0, source: 'link' };
    await db
      .insertInto('rsvps')
      .values({ ...of, ...answer, answeredAt, late: seed === 8, note: 'Arrivo tardi' })
      .execute();
    if (seed === 2)
      await db
        .insertInto('rsvpHistory')
        .values({ ...of, ...answer, state: 'waitlisted', at: publishedAt })
        .execute();
    await db
      .insertInto('rsvpHistory')
      .values({ ...of, ...answer, at: answeredAt })
      .execute();
    if (state === 'going' && seed !== 4)
      await db
        .insertInto('attendance')
        .values({ ...of, mode: seed === 5 ? 'online' : 'room', recordedAt: endsAt })
        .execute();
  }
  return event.id;
}

test('after two years an event is numbers: every figure of the desk is the same, and nobody has a part in it', async () => {
  const { db } = database;
  chapter = await makeChapter(db, { slug: 'lungo-tempo' });
  const people = (await makeMembers(db, chapter.id, 24)).map(({ id }) => id);
  const events: string[] = [];
  // One evening every forty days of three years; not everybody from the start.
  for (let place = 0; place < 27; place += 1) {
    const startsAt = new Date(Date.parse('2024-01-10T18:00:00Z') + place * days(40));
    events.push(await evening(startsAt, people.slice(0, 8 + (place % 9) * 2), place));
  }
  clock.set('2027-02-01T09:00:00Z');
  const now = clock();
  const scope = { chapterId: chapter.id, timeZone: 'Europe/Rome', from: new Date('2023-01-01'), to: now };
  const figures = async () => ({
    months: await sumMonths(db, scope),
    newcomers: await sumNewcomers(db, scope, now),
    answers: await sumAnswers(db, scope),
    events: await Promise.all(events.map((id) => sumEvent(db, id))),
    byDay: await Promise.all(events.map((eventId) => sumAnswers(db, { eventId }))),
    first: await Promise.all(events.map((id) => countFirstTimers(db, id))),
  });
  const before = await figures();
  expect(before.newcomers.reduce((sum, { newcomers }) => sum + newcomers, 0)).toBeGreaterThan(15);
  expect(before.events.some(({ refilled, missed, late }) => refilled > 0 && missed > 0 && late >= 0)).toBe(
    true,
  );
  const did = await runRetention(deps);
  expect(did?.events).toBe(10);
  expect(await figures()).toEqual(before);

  const summed = events.slice(0, 10);
  for (const table of ['invitations', 'rsvps', 'rsvp_history', 'attendance', 'deliveries', 'consents']) {
    const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}
      where event_id = any (${summed}::uuid[])`.execute(db);
    expect(rows, table).toEqual([{ count: 0 }]);
  }
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from invitations
    where event_id = any (${events.slice(10)}::uuid[])`.execute(db);
  expect(rows[0]?.count).toBeGreaterThan(100);
  // History of what is kept cannot be taken out all the same.
  await expect(sql`delete from rsvp_history where event_id = ${events[12]}`.execute(db)).rejects.toThrow(
    'append-only',
  );
});

test('what a whole night does is done once, by one of two that begin together', async () => {
  clock.advance(days(1));
  const both = await Promise.all([runRetention(deps), runRetention(deps)]);
  expect(both.filter((did) => did !== null)).toHaveLength(1);
  expect(await runRetention(deps)).toBeNull();
});

test('a night that was left in the middle is taken up after ten minutes', async () => {
  clock.advance(days(1));
  const night = clock().toISOString().slice(0, 10);
  await sql`insert into retention_runs (night, ran_at, claimed_at, did)
    values (${night}, ${clock()}, ${clock()}, '{"notes": 3}')`.execute(database.db);
  clock.advance(9 * 60_000);
  expect(await runRetention(deps)).toBeNull();
  clock.advance(2 * 60_000);
  expect(await runRetention(deps)).toMatchObject({ notes: 3 });
});

test('who says that things are kept shorter has it so from the next night on', async () => {
  const { db } = database;
  const [{ count }] = (
    await sql<{ count: number }>`select count(*)::int as count from event_sums`.execute(db)
  ).rows as [{ count: number }];
  const shorter = { keepNotesDays: 30, keepDeliveryMonths: 12, keepAnswersMonths: 18, keepLogsDays: 30 };
  await saveRetention(deps, shorter, { kind: 'system' });
  clock.advance(days(1));
  const did = await runRetention(deps);
  expect(did?.events).toBeGreaterThan(2);
  const after = await sql<{ count: number }>`select count(*)::int as count from event_sums`.execute(db);
  expect(after.rows).toEqual([{ count: count + (did?.events ?? 0) }]);
});

test('what a mail server said of a mail goes after a year; that the mail left stays', async () => {
  const { db } = database;
  const { id: personId } = await makeMember(db, chapter.id);
  const event = await makeEvent(deps, chapter.id, { draft: true });
  const old = new Date(clock().getTime() - days(366));
  const mailing = await db
    .insertInto('mailings')
    .values({
      chapterId: chapter.id,
      eventId: event.id,
      kind: 'reminder',
      template: 'reminder',
      cause: 'reminder:old',
      ruleKey: 'old',
      personId,
      dueAt: old,
      state: 'done',
      data: { words: 'x' },
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const { id } = await db
    .insertInto('deliveries')
    .values({
      mailingId: mailing.id,
      chapterId: chapter.id,
      eventId: event.id,
      personId,
      kind: 'reminder',
      state: 'sent',
      priority: 1,
      firstQueuedAt: old,
      nextAttemptAt: null,
      messageId: '<a@example.org>',
      response: '250 ok',
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  clock.advance(days(1));
  expect(await runRetention(deps)).toMatchObject({ deliveries: 1, personalMails: 1 });
  const row = await db
    .selectFrom('deliveries')
    .select(['state', 'response', 'messageId'])
    .where('id', '=', id)
    .executeTakeFirst();
  expect(row).toEqual({ state: 'sent', response: null, messageId: null });
});
