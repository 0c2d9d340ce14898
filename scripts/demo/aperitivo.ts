import type { Actor } from '../../server/audit.ts';
import type { Deps } from '../../server/deps.ts';
import { createEvent, publishEvent } from '../../server/events/service.ts';
import { prepareAperitivo, startLunches, writeToMembers } from './at-desk.ts';
import { answersToAperitivo, aperitivo, training } from './coming-events.ts';
import { type Cast, idOf, must } from './context.ts';
import { answerByLink, invitationsDelivered } from './members.ts';
import { coordinator } from './people.ts';

/** Publishes the evening to come, today and for real: the workers write to everybody. A later one stays a draft. */
export async function publishAperitivo(deps: Deps, cast: Cast): Promise<string> {
  const anna: Actor = { kind: 'person', id: idOf(cast, coordinator) };
  const now = deps.clock();
  must(await createEvent(deps, cast.chapterId, training(now), anna));
  const { event } = must(await createEvent(deps, cast.chapterId, aperitivo(now), anna));
  await prepareAperitivo(deps, cast, event.id);
  await startLunches(deps, cast);
  must(await publishEvent(deps, event.id, { actor: anna }));
  return event.id;
}

/** Lets the members answer, each by the link in her own mail, once all have theirs. */
export async function answerAperitivo(
  deps: Deps,
  cast: Cast,
  eventId: string,
  signal: AbortSignal,
): Promise<{ invitations: number; answers: number }> {
  const invitations = await invitationsDelivered(deps, eventId, signal);
  for (const answer of answersToAperitivo) {
    signal.throwIfAborted();
    await answerByLink(deps, cast, eventId, answer);
  }
  // After the answers: nobody waits for it, it leaves as any other message does.
  await writeToMembers(deps, cast);
  return { invitations, answers: new Set(answersToAperitivo.map(({ who }) => who)).size };
}
