import { answerInvitation } from '../../server/rsvps/service.ts';
import type { TestService } from '../support/app.ts';
import { minutes } from '../support/clock.ts';
import { makeChapter, makeEvent, makeMember } from '../support/factories.ts';
import { lastMail, linkIn } from './inbox.ts';
import { type Visited, type Visitor, visitor } from './visitor.ts';

export type Person = Awaited<ReturnType<typeof makeMember>>;

/** A person's own mail address; those of a journey all have one. */
export const addressOf = (person: Pick<Person, 'email'>) => person.email as string;

/**
 * An event whose seats are all taken, with some in line behind: each answered a minute after the one before. The
 * invitations have left, and so have the confirmations.
 */
export async function fullEvent(
  service: TestService,
  options: { seats: number; waiting: number } & Parameters<typeof makeEvent>[2],
) {
  const { seats, waiting, ...details } = options;
  const chapter = await makeChapter(service.db);
  const going = await people(service, chapter.id, 'Socia', seats);
  const queue = await people(service, chapter.id, 'Attesa', waiting);
  const event = await makeEvent(service.deps, chapter.id, { seatsRoom: seats, ...details });
  for (const person of [...going, ...queue]) {
    service.clock.advance(minutes(1));
    const outcome = await answerInvitation(service.deps, {
      eventId: event.id,
      personId: person.id,
      answer: 'yes',
      source: 'link',
    });
    if (!outcome.ok) throw new Error(outcome.reason);
  }
  await service.settle();
  return { chapter, event, going, queue };
}

async function people(service: TestService, chapterId: string, name: string, count: number) {
  const made: Person[] = [];
  for (let i = 1; i <= count; i += 1) {
    made.push(await makeMember(service.db, chapterId, { firstName: `${name}${i}`, lastName: 'Prova' }));
  }
  return made;
}

/** Opens the link behind a mail's words, as a browser without script. */
export async function follow(
  service: TestService,
  person: Pick<Person, 'email'>,
  kind: string,
  label: string,
): Promise<Visitor> {
  const reader = visitor(service.url);
  await reader.open(await linkIn(lastMail(service, addressOf(person), kind), label));
  return reader;
}

/**
 * Two taps: on the words of her last mail of a kind, and on a button of the page behind it.
 * @returns what the page says then
 */
export async function reply(
  service: TestService,
  email: string,
  kind: string,
  [words, button]: [string, string],
  fields?: Record<string, string>,
): Promise<Visited> {
  const reader = await follow(service, { email }, kind, words);
  return reader.press(button, fields);
}

/** How each person stands, by first name. */
export async function standings(service: TestService, eventId: string): Promise<Record<string, string>> {
  const rows = await service.db
    .selectFrom('rsvps')
    .innerJoin('people', 'people.id', 'rsvps.personId')
    .select(['firstName', 'state'])
    .where('eventId', '=', eventId)
    .execute();
  return Object.fromEntries(rows.map(({ firstName, state }) => [firstName, state]));
}

/** The seats that are taken: those who come with their guests, and the offers held. */
export async function seatsTaken(service: TestService, eventId: string): Promise<number> {
  const { taken } = await service.db
    .selectFrom('rsvps')
    .select((select) => select.fn.sum<number>((sum) => sum('guests', '+', 1)).as('taken'))
    .where('eventId', '=', eventId)
    .where('state', 'in', ['going', 'offered'])
    .executeTakeFirstOrThrow();
  return Number(taken ?? 0);
}
