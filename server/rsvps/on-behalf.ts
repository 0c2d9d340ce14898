import type { Deps } from '../deps.ts';
import { concernsEvent, ensureInvitation } from './invitations.ts';
import { findGuests, type Guest, lockEvent } from './queries.ts';
import type { Answer, Mode, Refusal, RsvpState } from './rules.ts';
import { answerLocked } from './service.ts';

export type OnBehalfOutcome =
  | { ok: true; state: RsvpState }
  | { ok: false; reason: Refusal | 'not_found' | 'not_published' };

/**
 * A coordinator answers for somebody who phoned. Somebody of the chapter who is not invited yet becomes so. Guests as a
 * number keep the names that are known.
 */
export async function answerForMember(
  deps: Deps,
  input: {
    eventId: string;
    personId: string;
    answer: Answer;
    mode?: Mode | undefined;
    guests?: number | readonly Guest[] | undefined;
    note?: string | null | undefined;
  },
): Promise<OnBehalfOutcome> {
  const now = deps.clock();
  const { eventId, personId } = input;
  return deps.db
    .transaction()
    .execute(async (trx): Promise<OnBehalfOutcome> => {
      const event = await lockEvent(trx, eventId);
      if (!event || !(await concernsEvent(trx, event, personId, now)))
        return { ok: false, reason: 'not_found' };
      if (event.state === 'draft') return { ok: false, reason: 'not_published' };
      await ensureInvitation(trx, deps.links, { event, personId, source: 'coordinator', now });
      const guests =
        typeof input.guests === 'number'
          ? withoutNames(input.guests, await findGuests(trx, eventId, personId))
          : input.guests;
      const outcome = await answerLocked(trx, event, { ...input, guests, source: 'coordinator' }, now);
      if (!outcome.ok) throw new Refused(outcome.reason === 'not_invited' ? 'not_found' : outcome.reason);
      return outcome;
    })
    .catch((error: unknown) => {
      if (error instanceof Refused) return { ok: false, reason: error.reason };
      throw error;
    });
}

/** Rolls back the invitation that was made for an answer which is not taken. */
class Refused extends Error {
  readonly reason: Refusal | 'not_found';
  constructor(reason: Refusal | 'not_found') {
    super(reason);
    this.reason = reason;
  }
}

function withoutNames(count: number, known: readonly { name: string; email: string | null }[]): Guest[] {
  return Array.from({ length: count }, (_, index) => {
    const { name = '', email } = known[index] ?? {};
    return { name, email: email ?? undefined };
  });
}
