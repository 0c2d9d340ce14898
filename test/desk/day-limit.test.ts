import { expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { signedIn } from './at-desk.ts';

const service = useService({
  now: '2026-11-16T10:20:00Z',
  env: { MAIL_DAILY_LIMIT: '10' },
  worker: { dailyLimit: 10 },
});

test('what the limit of a day holds back is seen at the desk, with the hour at which it goes on', async () => {
  const chapter = await makeChapter(service.db, { slug: 'bologna' });
  await makeMembers(service.db, chapter.id, 19);
  const desk = await signedIn(service, chapter.coordinator.id);
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-12-01T17:30:00Z') });
  await service.settle();
  expect(service.inbox.messages).toHaveLength(9);
  const home = (await desk.get('/desk/')).body;
  expect(home).toContain('11 messaggi aspettano');
  // Within the hour in which the first of them is a day old.
  expect(home).toMatch(/Il resto parte da domani[^;]*12:00/);
  const mailings = (await desk.get(`/desk/events/${event.id}/mailings`)).body;
  expect(mailings).toMatch(/il resto parte da domani[^<]*12:00/);

  await service.travel('2026-11-17T11:00:01Z');
  expect(service.inbox.messages.length).toBe(18);
  await service.travel('2026-11-18T12:00:01Z');
  expect(service.inbox.messages.length).toBe(20);
  expect((await desk.get('/desk/')).body).not.toContain('aspettano');
});
