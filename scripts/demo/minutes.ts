import { setTimeout as sleep } from 'node:timers/promises';
import { addWalkIn, completeAttendance, markPresent } from '../../server/attendance/service.ts';
import type { Actor } from '../../server/audit.ts';
import type { Deps } from '../../server/deps.ts';
import { createEvent, publishEvent } from '../../server/events/service.ts';
import type { TimelineRule } from '../../server/mailings/timing.ts';
import type { DemoAnswer } from './coming-events.ts';
import { type Cast, idOf, must } from './context.ts';
import { answerByLink } from './members.ts';
import { chapter, coordinator, type Name } from './people.ts';
import { watchMailings } from './watch-mailings.ts';

const startsAfter = 90;
const lasts = 30;

/** A whole timeline in seconds. Its offsets are exact, so it keeps to the real clock at any hour of day. */
const timeline: readonly TimelineRule[] = [
  { kind: 'invitation', anchor: 'publish', offset: 'PT0S', audience: 'invited' },
  { kind: 'chase', anchor: 'start', offset: '-PT50S', audience: 'unanswered' },
  { kind: 'reminder', anchor: 'start', offset: '-PT15S', audience: 'going' },
  { kind: 'thanks', anchor: 'end', offset: 'PT20S', audience: 'going' },
  { kind: 'thanks_attended', anchor: 'end', offset: 'PT20S', audience: 'attended' },
  { kind: 'thanks_missed', anchor: 'end', offset: 'PT20S', audience: 'missed' },
  { kind: 'thanks_declined', anchor: 'end', offset: 'PT20S', audience: 'declined' },
];

const came: readonly Name[] = [
  'Anna',
  'Giulia',
  'Elena',
  'Marta',
  'Silvia',
  'Laura',
  'Sofia',
  'Emily',
  'Teresa',
];

type Step = { at: number; says: string; does?: () => Promise<unknown> };

/**
 * Runs one event from the invitation to the thanks in about two and a half minutes, and says each thing as it happens.
 * The clock is the real one, the mails are real, and the members answer by the links in them.
 */
export async function runMinutes(
  deps: Deps,
  cast: Cast,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const anna: Actor = { kind: 'person', id: idOf(cast, coordinator) };
  const published = deps.clock();
  const after = (seconds: number) => new Date(published.getTime() + seconds * 1000);
  const { event } = must(
    await createEvent(
      deps,
      cast.chapterId,
      {
        title: 'Caffè lampo',
        description: 'Un caffè in piedi, il tempo di un saluto.',
        format: 'in_person',
        timeZone: chapter.timeZone,
        startsAt: after(startsAfter),
        endsAt: after(startsAfter + lasts),
        venueName: 'Caffè del Voltone',
        venueAddress: 'Voltone del Podestà, Bologna',
        seatsRoom: 12,
        guestsAllowed: 1,
      },
      anna,
      timeline,
    ),
  );
  must(await publishEvent(deps, event.id, { actor: anna }));

  const clock = () => {
    const seconds = Math.max(0, Math.floor((deps.clock().getTime() - published.getTime()) / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  };
  const tell = (line: string) => print(`  ${clock()}  ${line}`);
  tell(
    `"${event.title}" is published: 12 seats, it starts in ${startsAfter} seconds. ${deps.links.url(`/e/${event.id}`)}`,
  );

  const stopWatching = watchMailings(deps, event.id, tell);
  try {
    for (const step of stepsOf(deps, cast, event.id, anna)) {
      await sleep(Math.max(0, after(step.at).getTime() - deps.clock().getTime()), undefined, { signal });
      try {
        await step.does?.();
        tell(step.says);
      } catch {
        // Whoever watches may have cancelled the event, or erased somebody: the rest goes on.
        tell(`(not any more: ${step.says})`);
      }
    }
  } finally {
    await stopWatching();
  }
}

function stepsOf(deps: Deps, cast: Cast, eventId: string, anna: Actor): Step[] {
  const say = (given: DemoAnswer) => () => answerByLink(deps, cast, eventId, given);
  const all = (answers: readonly DemoAnswer[]) => async () => {
    for (const answer of answers) await say(answer)();
  };
  const yes = (who: Name): DemoAnswer => ({ who, answer: 'yes' });
  const ended = startsAfter + lasts;
  return [
    {
      at: 8,
      says: 'Anna, Giulia and Elena say yes, each by the link in her mail',
      does: all((['Anna', 'Giulia', 'Elena'] as const).map(yes)),
    },
    {
      at: 15,
      says: 'Marta says yes and brings a guest',
      does: say({ who: 'Marta', answer: 'yes', guests: ['Livia Lodi'] }),
    },
    {
      at: 22,
      says: 'Francesca and Barbara cannot come',
      does: all([
        { who: 'Francesca', answer: 'no' },
        { who: 'Barbara', answer: 'no', note: 'Sono in treno, a presto!' },
      ]),
    },
    {
      at: 30,
      says: 'Silvia, Laura, Sofia and Emily say yes',
      does: all((['Silvia', 'Laura', 'Sofia', 'Emily'] as const).map(yes)),
    },
    {
      at: 48,
      says: 'Teresa, Irene and Stefano say yes: the 12 seats are taken',
      does: all((['Teresa', 'Irene', 'Stefano'] as const).map(yes)),
    },
    { at: 54, says: 'Chiara says yes too late: she waits', does: say(yes('Chiara')) },
    {
      at: 62,
      says: 'Irene gives up her seat. In the last hour nothing is held: it goes to whoever answers first',
      does: say({ who: 'Irene', answer: 'no' }),
    },
    { at: 68, says: 'Chiara answers again and has the seat', does: say(yes('Chiara')) },
    { at: startsAfter, says: 'It begins' },
    {
      at: startsAfter + 5,
      says: `Anna ticks off who is there: ${came.length} members, and Bruna, who had not answered`,
      does: async () => {
        for (const who of came)
          must(await markPresent(deps, { eventId, personId: idOf(cast, who), mode: 'room' }, anna));
        must(await addWalkIn(deps, { eventId, name: 'Bruna Poli', email: null, mode: 'room' }, anna));
      },
    },
    { at: ended, says: 'It is over' },
    {
      at: ended + 5,
      says: 'Anna says that this was everybody: now the thanks can tell who came from who was missed',
      does: async () => must(await completeAttendance(deps, { eventId, mode: 'room' }, anna)),
    },
    { at: ended + 26, says: 'That was the whole timeline. Everything is in the inbox' },
  ];
}
