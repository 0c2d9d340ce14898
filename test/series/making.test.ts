import { expect, test } from 'vitest';
import { publishEvent } from '../../server/events/service.ts';
import { makeDueDates, publishDueDates, startSeries } from '../../server/series/service.ts';
import { signedIn } from '../desk/at-desk.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

const service = useService({ now: '2025-12-08T10:00:00+01:00' });
const actor = { kind: 'system' } as const;

/** Lunch every first Thursday at 13:00, from January 2026 on, with a timeline of its own. */
async function lunch(options: { publishDaysBefore?: number | null; timeZone?: string } = {}) {
  service.clock.set('2025-12-08T10:00:00+01:00');
  const { timeZone = 'Europe/Rome', publishDaysBefore = 14 } = options;
  const chapter = await makeChapter(service.db, { timeZone, holidayCountry: null });
  const event = await makeEvent(service.deps, chapter.id, {
    draft: true,
    title: 'Pranzo',
    timeZone,
    startsAt: new Date('2026-01-01T13:00:00+01:00'),
  });
  const settings = { publishDaysBefore, datesAhead: 6 };
  const started = await startSeries(service.deps, {
    eventId: event.id,
    rule: 'FREQ=MONTHLY;BYDAY=1TH',
    settings,
    actor,
  });
  if (!started.ok) throw new Error(started.reason);
  return { chapter, event, seriesId: started.seriesId };
}

const datesOf = (seriesId: string) =>
  service.db
    .selectFrom('events')
    .selectAll()
    .where('seriesId', '=', seriesId)
    .orderBy('recurrenceOn')
    .execute();

test('the reminder seven days before 2 April keeps the hour on the wall, though the clocks change on 29 March', async () => {
  const { chapter, event, seriesId } = await lunch();
  await service.db
    .insertInto('timelineRules')
    .values([
      {
        ...{ chapterId: chapter.id, eventId: event.id, position: 0, kind: 'invitation' },
        ...{ anchor: 'publish', offset: 'PT0S', audience: 'invited' },
      },
      {
        ...{ chapterId: chapter.id, eventId: event.id, position: 1, kind: 'reminder' },
        ...{ anchor: 'start', offset: '-P7D', audience: 'going' },
      },
    ])
    .execute();
  await service.db.updateTable('events').set({ ownTimeline: true }).where('id', '=', event.id).execute();
  // What the first date has for itself, the ones that are made from it have too.
  await service.db
    .deleteFrom('events')
    .where('seriesId', '=', seriesId)
    .where('id', '<>', event.id)
    .execute();
  await service.db
    .updateTable('series')
    .set({ madeUntil: '2026-01-01', lookedAt: new Date(0) })
    .where('id', '=', seriesId)
    .execute();
  await makeDueDates(service.deps);
  const april = (await datesOf(seriesId)).find((date) => date.recurrenceOn === '2026-04-02');
  await publishEvent(service.deps, april!.id, { actor });
  const reminder = await service.db
    .selectFrom('mailings')
    .select('dueAt')
    .where('eventId', '=', april!.id)
    .where('kind', '=', 'reminder')
    .executeTakeFirstOrThrow();
  // 13:00 in Bologna on both days, an hour apart in UTC.
  expect(april?.startsAt.toISOString()).toBe('2026-04-02T11:00:00.000Z');
  expect(reminder.dueAt.toISOString()).toBe('2026-03-26T12:00:00.000Z');
});

test('two workers at once make each date once and publish it once, whatever was made before', async () => {
  const { chapter, seriesId } = await lunch();
  const member = await makeMember(service.db, chapter.id);
  service.clock.set('2026-03-19T10:01:00+01:00');
  // As after a crash: nobody noted what had been made.
  await service.db
    .updateTable('series')
    .set({ madeUntil: '2026-01-01', lookedAt: new Date(0) })
    .where('id', '=', seriesId)
    .execute();
  await Promise.all([1, 2, 3].map(() => makeDueDates(service.deps)));
  const days = (await datesOf(seriesId)).map((date) => date.recurrenceOn);
  expect(new Set(days).size).toBe(days.length);
  expect(days).toContain('2026-09-03');
  await Promise.all([1, 2, 3].map(() => publishDueDates(service.deps)));
  await service.settle();
  const invitations = service.inbox
    .messagesTo(member.email as string)
    .filter((mail) => mail.header('x-ritrovo-kind') === 'invitation');
  // January to March are over: they stay drafts, and nobody is invited to what has been.
  expect(invitations).toHaveLength(1);
  expect((await datesOf(seriesId)).slice(0, 5).map((date) => date.state)).toEqual([
    'draft',
    'draft',
    'draft',
    'published',
    'draft',
  ]);
});

test('a series goes on by itself for a year, with its dates always ahead and none of them twice', async () => {
  const { seriesId } = await lunch();
  for (let month = 1; month <= 12; month += 1) {
    await service.travel(new Date(Date.UTC(2026, month - 1, 20, 12)));
    const coming = (await datesOf(seriesId)).filter((date) => date.startsAt > service.clock());
    expect(coming.length).toBeGreaterThanOrEqual(5);
  }
  const days = (await datesOf(seriesId)).map((date) => date.recurrenceOn as string);
  expect(days.slice(0, 12)).toEqual([
    '2026-01-01',
    '2026-02-05',
    '2026-03-05',
    '2026-04-02',
    '2026-05-07',
    '2026-06-04',
    '2026-07-02',
    '2026-08-06',
    '2026-09-03',
    '2026-10-01',
    '2026-11-05',
    '2026-12-03',
  ]);
});

test('a date held back waits for her; other settings move the drafts; an added date and an end do what they say', async () => {
  const { chapter, seriesId } = await lunch();
  const desk = await signedIn(service, chapter.coordinator.id);
  const page = `/desk/chapters/${chapter.slug}/series/${seriesId}`;
  const [january, february] = await datesOf(seriesId);
  await desk.post(`/desk/events/${january!.id}/draft`);
  expect((await datesOf(seriesId))[0]?.publishAt).toBeNull();

  await desk.post(page, { publication: 'itself', daysBefore: '7', ahead: '6' });
  expect((await datesOf(seriesId))[1]?.publishAt?.toISOString()).toBe('2026-01-29T09:00:00.000Z');
  await desk.post(page, { publication: 'draft', daysBefore: '7', ahead: '6' });
  expect((await datesOf(seriesId)).every((date) => date.publishAt === null)).toBe(true);

  expect((await desk.post(`${page}/dates`, { day: '2026-02-05' })).body).toContain('c’è già una data');
  expect((await desk.post(`${page}/dates`, { day: '2025-12-01' })).body).toContain('già passato');
  expect((await desk.post(`${page}/dates`, { day: 'x' })).statusCode).toBe(400);
  expect((await desk.post(`${page}/dates`, { day: '2026-02-12' })).headers.location).toContain(
    'done=dateAdded',
  );
  expect((await datesOf(seriesId)).map((date) => date.recurrenceOn)).toContain('2026-02-12');

  await publishEvent(service.deps, february!.id, { actor });
  expect((await desk.get(`${page}/end`)).body).toContain('Una data è già pubblicata e resta.');
  await desk.post(`${page}/end`);
  expect(new Set((await datesOf(seriesId)).map((date) => date.state))).toEqual(
    new Set(['published', 'cancelled']),
  );
  await service.travel('2026-01-05T10:00:00+01:00');
  expect((await datesOf(seriesId)).filter((date) => date.state === 'draft')).toEqual([]);
});

test('another chapter’s series, dates and people do not exist, and nothing of them changes', async () => {
  const mine = await lunch();
  const theirs = await lunch();
  const desk = await signedIn(service, mine.chapter.coordinator.id);
  const member = await makeMember(service.db, theirs.chapter.id);
  const own = await makeMember(service.db, mine.chapter.id);
  const before = JSON.stringify([await datesOf(theirs.seriesId), await datesOf(mine.seriesId)]);
  const here = `/desk/chapters/${mine.chapter.slug}/series`;
  const foreign = [
    `${here}/${theirs.seriesId}`,
    `/desk/chapters/${theirs.chapter.slug}/series/${theirs.seriesId}`,
  ];
  const tries: [string, Record<string, string>][] = foreign.flatMap((page) => [
    [page, { publication: 'itself', daysBefore: '3', ahead: '3' }],
    [`${page}/dates`, { day: '2026-02-12' }],
    [`${page}/standing`, { personId: own.id, standing: 'yes' }],
    [`${page}/end`, {}],
    [`${page}/following?from=${theirs.event.id}`, { title: 'x', notify: 'no' }],
  ]);
  tries.push(
    [`${here}/${mine.seriesId}/standing`, { personId: member.id, standing: 'yes' }],
    [`${here}/${mine.seriesId}/following?from=${theirs.event.id}`, { title: 'x', notify: 'no' }],
    [`/desk/events/${theirs.event.id}/series`, { rhythm: 'weekly', sure: 'yes' }],
    [`/desk/events/${theirs.event.id}/draft`, {}],
  );
  for (const [path, fields] of tries)
    expect([path, (await desk.post(path, fields)).statusCode]).toEqual([path, 404]);
  for (const page of [...foreign, ...foreign.map((one) => `${one}/end`), `${here}/x`]) {
    expect([page, (await desk.get(page)).statusCode]).toEqual([page, 404]);
  }
  expect(JSON.stringify([await datesOf(theirs.seriesId), await datesOf(mine.seriesId)])).toBe(before);
  expect(
    await service.db
      .selectFrom('standingYeses')
      .selectAll()
      .where('personId', 'in', [member.id, own.id])
      .execute(),
  ).toEqual([]);
});
