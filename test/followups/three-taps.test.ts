import { expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { signedIn } from '../desk/at-desk.ts';
import { useBrowser } from '../journeys/phone.ts';
import { useService } from '../support/app.ts';
import { hours } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';

/** From closing the door to all mails planned: at most three taps, where she changes nothing. */
const start = new Date('2026-11-26T17:30:00Z');
const service = useService({ now: '2026-11-16T10:00:00Z', listen: true });
const { takePhone } = useBrowser();

/** A phone that counts each tap from here on. */
async function doorOf(format: 'in_person' | 'hybrid') {
  service.clock.set('2026-11-16T10:00:00Z');
  const chapter = await makeChapter(service.db);
  const people = [];
  for (const firstName of ['Giulia', 'Marta', 'Elena', 'Sara', 'Lia', 'Ida'])
    people.push(await makeMember(service.db, chapter.id, { firstName }));
  const event = await makeEvent(service.deps, chapter.id, {
    startsAt: start,
    format,
    ...(format === 'hybrid' && { joinUrl: 'https://meet.example.org/x' }),
  });
  for (const [index, { id: personId }] of people.entries()) {
    const mode = index === 2 && format === 'hybrid' ? 'online' : 'room';
    const said = index < 3 ? ({ answer: 'yes', mode } as const) : ({ answer: 'no' } as const);
    const outcome = await answerInvitation(service.deps, {
      eventId: event.id,
      personId,
      source: 'link',
      ...said,
    });
    expect(outcome.ok).toBe(true);
  }
  service.clock.set(new Date(start.getTime() + hours(2.5)));
  await service.settle();
  const desk = await signedIn(service, chapter.coordinator.id);
  for (const { id } of people.slice(0, 2)) {
    const fields = { personId: id, mode: 'room', present: 'yes' };
    await desk.post(`/desk/events/${event.id}/attendance`, fields);
  }
  const phone = await takePhone();
  const [name = '', value = ''] = desk.cookie.split('=');
  await phone.page.context().addCookies([{ name, value, url: `${service.url}/desk` }]);
  await phone.open(`${service.url}/desk/events/${event.id}/door`);
  let taps = 0;
  const tap = async (label: string) => {
    taps += 1;
    await phone.tap(label);
  };
  return { event, phone, tap, taps: () => taps };
}

test.each([
  ['in_person', 'Sì, le presenze sono complete'],
  ['hybrid', 'Sì, chiudi tutte e due'],
] as const)('%s: from the door to all mails planned it takes three taps at most', async (format, close) => {
  const { event, phone, tap, taps } = await doorOf(format);
  await tap(close);
  const words = await phone.words();
  expect(words).toContain('Partono domani alle 10:00');
  expect(words).toContain('a 2 persone che c’erano');
  expect(words).toContain('a una persona che non è venuta');
  expect(words).toContain('a 3 persone che non potevano');
  // All of it, and the button, stand on the first screen.
  const button = phone.page.getByRole('button', { name: 'Va bene così' });
  const box = await button.boundingBox();
  expect((box?.y ?? 9999) + (box?.height ?? 0)).toBeLessThanOrEqual(740);
  await tap('Va bene così');
  expect(taps()).toBeLessThanOrEqual(3);
  expect(await phone.words()).toContain('Tutto pronto. Non devi fare altro.');
  await phone.close();

  const planned = await service.db
    .selectFrom('mailings')
    .select(['kind', 'state', 'dueAt'])
    .where('eventId', '=', event.id)
    .where('kind', 'like', 'thanks%')
    .execute();
  expect(planned).toHaveLength(4);
  for (const { state, dueAt } of planned) {
    expect(state).toBe('planned');
    expect(dueAt.toISOString()).toBe('2026-11-27T09:00:00.000Z');
  }
  service.inbox.clear();
  await service.travel('2026-11-27T09:00:30Z');
  const kinds = service.inbox.messages.map((mail) => mail.header('X-Ritrovo-Kind'));
  expect(kinds.filter((kind) => kind === 'thanks_attended')).toHaveLength(2);
  expect(kinds.filter((kind) => kind === 'thanks_missed')).toHaveLength(1);
  expect(kinds.filter((kind) => kind === 'thanks_declined')).toHaveLength(3);
});
