import { expect, test } from 'vitest';
import { makeChapter, makeEvent } from '../support/factories.ts';
import { useApi } from './support.ts';

const api = useApi({ now: '2025-12-08T09:00:00Z' });

test('an event becomes the first of a series, and each date says which one it is', async () => {
  const chapter = await makeChapter(api.deps.db);
  const event = await makeEvent(api.deps, chapter.id, {
    draft: true,
    startsAt: new Date('2026-01-01T12:00:00Z'),
  });
  const path = `/chapters/${chapter.slug}/series`;
  const wrong = await api.call('POST', path, { eventId: event.id, rule: 'FREQ=MONTHLY;BYDAY=2TH' });
  expect(wrong).toMatchObject({ status: 400, body: { errors: [{ path: 'rule' }] } });
  const made = await api.call('POST', path, {
    eventId: event.id,
    rule: 'FREQ=MONTHLY;BYDAY=1TH',
    datesAhead: 3,
  });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    publishDaysBefore: 14,
    onHoliday: 'ask',
    ruleInWords: { it: 'ogni primo giovedì del mese', en: 'every first Thursday of the month' },
    dates: [
      {
        ...{ eventId: event.id, recurrenceId: '2026-01-01', startsAt: '2026-01-01T12:00:00.000Z' },
        holiday: { it: 'Capodanno' },
      },
      { recurrenceId: '2026-02-05', startsAt: '2026-02-05T12:00:00.000Z' },
      { recurrenceId: '2026-03-05' },
    ],
  });
  const shown = await api.call('GET', `/events/${event.id}`);
  expect(shown.body).toMatchObject({
    seriesId: made.body.id,
    recurrenceId: '2026-01-01',
    // On a holiday it waits for somebody to decide.
    publishAt: null,
  });
  const one = `${path}/${made.body.id}`;
  const kept = await api.call('PATCH', one, { onHoliday: 'keep', publishDaysBefore: 7 });
  expect(kept).toMatchObject({
    status: 200,
    body: { onHoliday: 'keep', publishDaysBefore: 7, datesAhead: 3 },
  });
  expect((await api.call('GET', `/events/${event.id}`)).body).toMatchObject({
    publishAt: '2025-12-25T09:00:00.000Z',
  });
  expect((await api.call('GET', one)).body).toEqual(kept.body);
  expect((await api.call('POST', path, { eventId: event.id, rule: 'FREQ=MONTHLY;BYDAY=1TH' })).status).toBe(
    409,
  );
});

test('any rule is taken whose first day is that of the event; what is wrong with another is named', async () => {
  const chapter = await makeChapter(api.deps.db);
  const event = await makeEvent(api.deps, chapter.id, {
    draft: true,
    startsAt: new Date('2026-01-30T12:00:00Z'),
  });
  const path = `/chapters/${chapter.slug}/series`;
  const messages = async (rule: string) => {
    const { body } = await api.call('POST', path, { eventId: event.id, rule });
    return (body.errors as { message: string }[]).map(({ message }) => message);
  };
  expect(await messages('FREQ=HOURLY;BYHOUR=9;COUNT=0')).toEqual([
    'FREQ takes DAILY, WEEKLY, MONTHLY or YEARLY.',
    'COUNT takes a number from 1 to 999.',
    'BYHOUR takes no place: the event says at what time.',
  ]);
  expect(await messages('FREQ=WEEKLY;BYDAY=TH')).toEqual([
    'Takes a rule whose first day is the day of the event.',
  ]);
  const made = await api.call('POST', path, {
    eventId: event.id,
    rule: 'freq=monthly;bysetpos=-1;byday=fr,mo,tu,we,th;count=10',
    onHoliday: 'skip',
  });
  expect(made).toMatchObject({
    status: 201,
    body: {
      rule: 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=10',
      ruleInWords: { it: 'ogni mese l’ultimo giorno lavorativo, per 10 volte' },
      onHoliday: 'skip',
    },
  });
});

test('a chapter chooses whose holidays it keeps, among those that are known', async () => {
  const chapter = await makeChapter(api.deps.db);
  const path = `/chapters/${chapter.slug}`;
  for (const wrong of [{ holidayCountry: 'ZZ' }, { holidayRegion: 'BY' }]) {
    expect((await api.call('PATCH', path, wrong)).status).toBe(400);
  }
  const bavaria = await api.call('PATCH', path, { holidayCountry: 'DE', holidayRegion: 'BY' });
  expect(bavaria).toMatchObject({ status: 200, body: { holidayCountry: 'DE', holidayRegion: 'BY' } });
  expect((await api.call('PATCH', path, { holidayCountry: null })).body).toMatchObject({
    holidayCountry: null,
    holidayRegion: null,
  });
});

test('another chapter’s event does not exist', async () => {
  const chapter = await makeChapter(api.deps.db);
  const other = await makeChapter(api.deps.db);
  const event = await makeEvent(api.deps, other.id, { startsAt: new Date('2026-01-01T12:00:00Z') });
  const body = { eventId: event.id, rule: 'FREQ=WEEKLY;BYDAY=TH' };
  const token = await api.tokenOf(chapter.id);
  expect((await api.call('POST', `/chapters/${chapter.slug}/series`, body)).status).toBe(404);
  expect((await api.call('POST', `/chapters/${other.slug}/series`, body, { token })).status).toBe(404);
});
