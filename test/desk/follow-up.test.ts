import { beforeAll, expect, test } from 'vitest';
import { completeAttendance, markPresent } from '../../server/attendance/service.ts';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { lastMail, wordsOf } from '../journeys/inbox.ts';
import { useService } from '../support/app.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { type AtDesk, signedIn } from './at-desk.ts';

const service = useService({ now: '2026-11-16T10:00:00Z' });
const actor = { kind: 'system' } as const;
type Person = Awaited<ReturnType<typeof makeMember>>;
let desk: AtDesk;
let eventId: string;
let giulia: Person;
let nora: Person;
let zita: Person;
const page = (rest = '') => `/desk/events/${eventId}/follow-up${rest}`;

beforeAll(async () => {
  const chapter = await makeChapter(service.db, { slug: 'bologna' });
  desk = await signedIn(service, chapter.coordinator.id);
  giulia = await makeMember(service.db, chapter.id, { firstName: 'Giulia', lastName: 'Rossi' });
  nora = await makeMember(service.db, chapter.id, { firstName: 'Nora', lastName: 'Neri' });
  zita = await makeMember(service.db, chapter.id, { firstName: 'Zita', lastName: 'Zanetti' });
  const event = await makeEvent(service.deps, chapter.id, { startsAt: new Date('2026-11-18T17:30:00Z') });
  eventId = event.id;
  await service.settle();
  for (const person of [giulia, nora]) {
    await answerInvitation(service.deps, { eventId, personId: person.id, answer: 'yes', source: 'link' });
  }
  await answerInvitation(service.deps, { eventId, personId: zita.id, answer: 'no', source: 'link' });
  await service.travel('2026-11-18T18:00:00Z');
  for (const person of [giulia, nora]) {
    await markPresent(service.deps, { eventId, personId: person.id, mode: 'room' }, actor);
  }
  await completeAttendance(service.deps, { eventId, mode: 'room' }, actor);
  await service.travel('2026-11-18T20:00:00Z');
});

const mayBeNamed = (person: Person, inPhotos: boolean) =>
  service.db
    .updateTable('invitations')
    .set({ inPhotos })
    .where('eventId', '=', eventId)
    .where('personId', '=', person.id)
    .execute();

test('a line for one, and photos for all: who no longer wants to be named is not, though she was ticked', async () => {
  await mayBeNamed(giulia, true);
  await mayBeNamed(nora, true);
  const line = 'Grazie del dolce, [era buono](https://evil.example)!';
  expect((await desk.post(page(`/lines/${giulia.id}`), { text: line })).statusCode).toBe(303);
  const photo = { kind: 'photo', url: 'https://foto.example/album', title: 'Le foto della serata' };
  const added = await desk.post(page('/links'), { ...photo, person: [giulia.id, nora.id] });
  expect(added.statusCode).toBe(303);
  expect((await desk.post(page('/links'), { ...photo, url: 'http://foto.example' })).statusCode).toBe(400);
  await mayBeNamed(nora, false);

  await service.travel('2026-11-19T09:30:00Z');
  const hers = lastMail(service, giulia.email as string, 'thanks_attended');
  const words = await wordsOf(hers);
  expect(words).toContain(line);
  expect((await hers.parsed()).html).not.toContain('href="https://evil.example');
  expect(words).toContain('Le foto della serata');
  expect(words).toContain('Giulia');
  expect(words).not.toContain('Nora');
  const others = await wordsOf(lastMail(service, nora.email as string, 'thanks_attended'));
  expect(others).not.toContain('dolce');
  // The warm no tells her how it was, too.
  expect(await wordsOf(lastMail(service, zita.email as string, 'thanks_declined'))).toContain(
    'https://foto.example/album',
  );
});

test('what has left cannot be changed any more, and the page says so', async () => {
  const late = await desk.post(page(`/lines/${giulia.id}`), { text: 'Troppo tardi' });
  expect(late.statusCode).toBe(409);
  expect(late.body).toContain('role="alert"');
});
