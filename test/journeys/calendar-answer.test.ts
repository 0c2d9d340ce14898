import { beforeAll, expect, test } from 'vitest';
import { answerInvitation } from '../../server/rsvps/service.ts';
import { calendarEnv, type Her, organizer, useCalendars } from '../inbound/calendar-world.ts';
import { useService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import type { SinkMail } from '../support/smtp-sink.ts';
import { addressOf, follow, type Person, standings } from './full-event.ts';
import { calendarIn, lastMail, mailsTo, sinceNow, wordsOf } from './inbox.ts';

/** From the calendar that she gets by mail to the answer that it sends by mail, and back. */
const service = useService({
  now: '2031-11-10T10:00:00+01:00',
  listen: true,
  env: { LOG_LEVEL: 'error', ...calendarEnv },
});
const world = useCalendars(service);

let chapter: Awaited<ReturnType<typeof makeChapter>>;
const people: Record<string, Person> = {};
const of = (name: string) => people[name] as Person;

beforeAll(async () => {
  chapter = await makeChapter(service.db, { slug: 'bologna' });
  for (const name of ['Giulia', 'Bea']) {
    people[name] = await makeMember(service.db, chapter.id, { firstName: name, lastName: 'Rossi' });
  }
});

const thursday = {
  startsAt: new Date('2031-11-20T18:30:00+01:00'),
  endsAt: new Date('2031-11-20T20:30:00+01:00'),
  maybeAllowed: true,
};
/** What a mail tells her calendar. */
async function tells(mail: SinkMail): Promise<Record<string, string | undefined>> {
  const text = (await calendarIn(mail)) ?? '';
  const value = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim();
  return {
    method: value(/^METHOD:(.*)$/m),
    partstat: value(/^ATTENDEE;.*PARTSTAT=([A-Z-]+)/m),
    organizer: value(/^ORGANIZER;?.*:mailto:(.*)$/m),
    attendee: value(/^ATTENDEE;.*:mailto:(.*)$/m),
    uid: value(/^UID:(.*)$/m),
    sequence: value(/^SEQUENCE:(.*)$/m),
  };
}
/** Her calendar answers to what it was told last. */
async function answers(person: Person, eventId: string, partstat: string, name: string): Promise<void> {
  service.clock.advance(minutes(10));
  const her: Her = {
    id: person.id,
    email: addressOf(person),
    eventId,
    entry: await world.entryOf(addressOf(person)),
  };
  await world.answers(her, partstat, name);
  await service.settle();
}

test('she says maybe by her link, then yes and then no from her calendar, and it is told each time', async () => {
  const event = await makeEvent(service.deps, chapter.id, thursday);
  await service.settle();
  const page = await follow(service, of('Giulia'), 'invitation', 'Ci sarò');
  await page.press('Forse');
  await service.settle();
  const first = await tells(lastMail(service, addressOf(of('Giulia')), 'confirmation'));
  expect(first).toMatchObject({ method: 'REQUEST', partstat: 'TENTATIVE', organizer });

  await answers(of('Giulia'), event.id, 'ACCEPTED', 'google');
  expect(await standings(service, event.id)).toEqual({ Giulia: 'going' });
  const confirmed = lastMail(service, addressOf(of('Giulia')), 'confirmation');
  expect(await wordsOf(confirmed)).toContain('fatto: il tuo posto c’è.');
  const second = await tells(confirmed);
  expect(second).toMatchObject({
    method: 'REQUEST',
    partstat: 'ACCEPTED',
    attendee: addressOf(of('Giulia')),
    uid: first.uid,
  });
  expect(Number(second.sequence)).toBeGreaterThan(Number(first.sequence));
  // Her page knows of it.
  expect((await page.open(page.page.url)).text).toContain('Hai confermato la presenza, Giulia');

  await answers(of('Giulia'), event.id, 'DECLINED', 'outlook-web');
  expect(await standings(service, event.id)).toEqual({ Giulia: 'withdrawn' });
  const freed = lastMail(service, addressOf(of('Giulia')), 'confirmation');
  expect(await wordsOf(freed)).toContain('ho liberato il tuo posto');
  const third = await tells(freed);
  expect(third).toMatchObject({ method: 'CANCEL', uid: first.uid });
  expect(Number(third.sequence)).toBeGreaterThan(Number(second.sequence));
});

test('a yes from her calendar to a full event puts her on the list, and she is told; a seat that comes free is offered', async () => {
  const event = await makeEvent(service.deps, chapter.id, { ...thursday, title: 'Cena', seatsRoom: 1 });
  await service.settle();
  await (await follow(service, of('Giulia'), 'invitation', 'Ci sarò')).press('Forse');
  await service.settle();
  const says = (answer: 'yes' | 'no') =>
    answerInvitation(service.deps, { eventId: event.id, personId: of('Bea').id, answer, source: 'link' });
  await says('yes');
  await service.settle();

  const since = sinceNow(service);
  await answers(of('Giulia'), event.id, 'ACCEPTED', 'apple-macos');
  expect(await standings(service, event.id)).toEqual({ Bea: 'going', Giulia: 'waitlisted' });
  expect(since().map(({ to }) => to)).toEqual([addressOf(of('Giulia'))]);
  const waits = lastMail(service, addressOf(of('Giulia')), 'confirmation');
  expect(await wordsOf(waits)).toContain('il tuo nome è in lista d’attesa: hai il numero 1.');

  await says('no');
  await service.settle();
  expect(await standings(service, event.id)).toEqual({ Bea: 'withdrawn', Giulia: 'offered' });
  expect(mailsTo(service, addressOf(of('Giulia')), 'offer')).toHaveLength(1);
});
