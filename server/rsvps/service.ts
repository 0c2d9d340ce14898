import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { planAnswerMails, planGuestConfirmed, planWithdrawalNotice } from '../mailings/personal.ts';
import { letBeSeen } from '../people/consents.ts';
import {
  addHistory,
  findEventsWithLapsedOffers,
  findInvitation,
  findRsvp,
  type Guest,
  type LockedEvent,
  lockEvent,
  type RsvpSource,
  replaceGuests,
  saveRsvp,
} from './queries.ts';
import {
  type Answer,
  decideAnswer,
  type Mode,
  type Refusal,
  type RsvpState,
  type Standing,
} from './rules.ts';
import { reconcileSeats } from './seats.ts';

export type AnswerInput = {
  eventId: string;
  personId: string;
  answer: Answer;
  mode?: Mode | undefined;
  /** Who comes with her; left out, those named before stay. */
  guests?: readonly Guest[] | undefined;
  note?: string | null | undefined;
  visible?: boolean | undefined;
  source: RsvpSource;
  /** When the mail about a standing yes leaves: with the invitations of the others. */
  leavesAt?: Date | undefined;
};

export type AnswerOutcome =
  | { ok: true; state: RsvpState; before: RsvpState | null; changed: boolean }
  | { ok: false; reason: Refusal | 'not_invited' };

/**
 * Takes one person's answer and everything that follows from it: the seat or her place in the list, the seat freed
 * for the next, the history, and the mails that confirm it.
 */
export async function answerInvitation(deps: Deps, input: AnswerInput): Promise<AnswerOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    // The lock makes two late members take the last seat one after the other.
    const event = await lockEvent(trx, input.eventId);
    const invitation = event && (await findInvitation(trx, input.eventId, input.personId));
    if (!event || !invitation || event.state === 'draft') return { ok: false, reason: 'not_invited' };
    return answerLocked(trx, event, input, now);
  });
}

/** The same, for a caller that holds the event's lock already. */
export async function answerLocked(
  trx: Trx,
  event: LockedEvent,
  input: AnswerInput,
  now: Date,
): Promise<AnswerOutcome> {
  const free = await reconcileSeats(trx, event, now);
  const row = await findRsvp(trx, event.id, input.personId);
  const before = (row ?? null) as (typeof row & Standing) | null;
  const decision = decideAnswer({
    event: event as LockedEvent & { format: 'hybrid'; state: 'published' },
    before,
    answer: input.answer,
    mode: input.mode,
    guests: input.guests?.length,
    free,
    byCoordinator: input.source === 'coordinator',
    now,
  });
  if (!decision.ok) return decision;

  const { next } = decision;
  const changed =
    !before || before.state !== next.state || before.mode !== next.mode || before.guests !== next.guests;
  // A yes that finds her at the end of the list again is an answer too: her offer had run out.
  const queuedAgain =
    before?.state === 'waitlisted' && before.queuedAt?.getTime() !== next.queuedAt?.getTime();
  await saveRsvp(trx, {
    ...next,
    eventId: event.id,
    personId: input.personId,
    chapterId: event.chapterId,
    late: changed ? decision.late : (before?.late ?? false),
    reconfirmedAt: input.answer === 'yes' ? now : (before?.reconfirmedAt ?? null),
    note: input.note === undefined ? (before?.note ?? null) : input.note,
    source: changed || queuedAgain ? input.source : (before?.source as RsvpSource),
    answeredAt: changed || queuedAgain ? now : (before?.answeredAt ?? now),
  });
  if (input.visible !== undefined) {
    const of = { eventId: event.id, personId: input.personId, chapterId: event.chapterId };
    await letBeSeen(trx, { ...of, visible: input.visible, source: 'answer', now });
  }
  await saveGuests(trx, event, input, next);
  const outcome = { ok: true, state: next.state, before: before?.state ?? null, changed } as const;
  if (!changed && !queuedAgain) return outcome;

  const history = await addHistory(trx, [
    {
      eventId: event.id,
      personId: input.personId,
      chapterId: event.chapterId,
      state: next.state,
      mode: next.mode,
      guests: next.guests,
      source: input.source,
      late: decision.late,
      at: now,
    },
  ]);
  await planAnswerMails(trx, event, history, now, {
    ...(input.source === 'standing' && { template: 'standing_yes' as const }),
    ...(input.leavesAt && { leavesAt: input.leavesAt }),
  });
  if (next.state === 'going') await planGuestConfirmed(trx, event, input.personId, now);
  if (before?.state === 'going' && next.state !== 'going') {
    await planWithdrawalNotice(trx, event, input.personId, history[0]!.id, now);
  }
  await reconcileSeats(trx, event, now);
  return outcome;
}

async function saveGuests(trx: Trx, event: LockedEvent, input: AnswerInput, next: Standing): Promise<void> {
  const of = { eventId: event.id, personId: input.personId, chapterId: event.chapterId };
  if (next.guests === 0) await replaceGuests(trx, of, []);
  else if (input.guests) await replaceGuests(trx, of, input.guests);
}

/** Takes back the held seats whose time is over and offers them to the next, event by event. */
export async function expireOffers(deps: Deps): Promise<void> {
  const now = deps.clock();
  for (const eventId of await findEventsWithLapsedOffers(deps.db, now)) {
    await deps.db.transaction().execute(async (trx) => {
      const event = await lockEvent(trx, eventId);
      if (event) await reconcileSeats(trx, event, now);
    });
  }
}
