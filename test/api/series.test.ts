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
    dates: [
      { eventId: event.id, recurrenceId: '2026-01-01', startsAt: '2026-01-01T12:00:00.000Z' },
      { recurrenceId: '2026-02-05', startsAt: '2026-02-05T12:00:00.000Z' },
      { recurrenceId: '2026-03-05' },
    ],
  });
  const shown = await api.call('GET', `/events/${event.id}`);
  expect(shown.body).toMatchObject({
    seriesId: made.body.id,
    recurrenceId: '2026-01-01',
    publishAt: '2025-12-18T09:00:00.000Z',
  });
  expect((await api.call('POST', path, { eventId: event.id, rule: 'FREQ=MONTHLY;BYDAY=1TH' })).status).toBe(
    409,
  );
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
