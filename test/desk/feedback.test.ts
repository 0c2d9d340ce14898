import { beforeAll, expect, test } from 'vitest';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { linkPaths } from '../support/link-paths.ts';
import { type AtDesk, formBody, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const { feedbackLinkOf } = linkPaths(() => service.deps);
let chapter: Awaited<ReturnType<typeof makeChapter>>;
let people: Awaited<ReturnType<typeof makeMembers>>;
let eventId: string;
let desk: AtDesk;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
  people = await makeMembers(service.db, chapter.id, 6);
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-11-18T17:30:00Z') });
  eventId = event.id;
  await service.settle();
  await service.travel('2026-11-19T10:00:00Z');
});

const pageOf = async (number: number) => feedbackLinkOf(eventId, people[number]?.id as string);
const say = async (number: number, fields: Record<string, string>) =>
  service.server.inject({
    method: 'POST',
    url: await pageOf(number),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: formBody(fields),
  });
const results = async () => (await desk.get(`/desk/events/${eventId}/feedback`)).body;

test('figures appear from five people on, words at once, and nobody’s name', async () => {
  expect(await results()).toContain('Nessuno ha ancora raccontato');
  for (let number = 0; number < 4; number += 1) {
    await say(number, { presence: 'room' });
    await say(number, { 'feedback-scale': '4', 'feedback-text': `Parole ${number}` });
  }
  const few = await results();
  expect(few).toContain('le cifre compaiono da 5 persone in su');
  expect(few).not.toContain('<table');
  expect(few).toContain('Parole 3');
  await say(4, { presence: 'room' });
  await say(4, { 'feedback-scale': '5' });
  const enough = await results();
  expect(enough).toContain('Hanno risposto 5 persone.');
  expect(enough).toMatch(/<th scope="row">4<\/th><td>4<\/td>/);
  expect(enough).not.toContain('Socia');
});

test('a group asks what it likes, in its own words', async () => {
  const path = '/desk/chapters/bologna/feedback';
  const posted = await desk.post(path, {
    'on-tap': 'yes',
    'it-tap': 'Porteresti un’amica?',
    'on-text': 'yes',
  });
  expect(posted.statusCode).toBe(303);
  expect((await desk.get(path)).body).toContain('Porteresti un’amica?');
  const page = (await service.server.inject({ url: await pageOf(0) })).body;
  expect(page).toContain('Porteresti un’amica?');
  expect(page).not.toContain('feedback-scale');
  // A question that is no longer asked takes no answers; what was said before stays.
  await say(0, { 'feedback-scale': '1' });
  expect(await results()).toMatch(/<th scope="row">4<\/th><td>4<\/td>/);
});
