import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { isLate, planGuestConfirmed, planWithdrawalNotice } from '../mailings/personal.ts';
import { letBeSeen } from '../people/consents.ts';
import { nobody, publicIdOf, split } from '../web/links.ts';
import { findStanding, lockForAnswer, type StandingNow, writeAnswer } from './answer-queries.ts';
import {
  type AnsweredEvent,
  findEventsWithLapsedOffers,
  type Guest,
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
  takesSeats,
} from './rules.ts';
import { needsReconciling, reconcileSeats, type SeatSums } from './seats.ts';

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
    const { event, standing } = await lockForAnswer(trx, input, now);
    if (!event || !isInvited(event, standing)) return { ok: false, reason: 'not_invited' };
    return answerKnown(trx, event, standing, input, now, { isAll: true });
  });
}

/**
 * The same by her link: whose it is is read, and proved, together with the lock that her answer takes anyway. A link
 * that does not name an invitation of its own, be it wrong or from before two rows of hers became one, is `not_invited`.
 */
export async function answerByLink(
  deps: Deps,
  token: string,
  input: Omit<AnswerInput, 'eventId' | 'personId'>,
): Promise<AnswerOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const { event, standing } = await lockForAnswer(trx, { invitationId: publicIdOf(token) ?? nobody }, now);
    const of =
      event && standing
        ? { eventId: event.id, personId: standing.personId, linkEpoch: standing.linkEpoch }
        : { eventId: nobody, personId: nobody, linkEpoch: 0 };
    const isGenuine = deps.links.isRsvpMac(split(token).mac, of);
    if (!isGenuine || !event || !isInvited(event, standing)) return { ok: false, reason: 'not_invited' };
    return answerKnown(trx, event, standing, { ...input, ...of }, now, { isAll: true });
  });
}

/** Hers as long as she is not erased: an answer that was under way then finds no invitation. */
function isInvited(event: AnsweredEvent, standing: StandingNow | undefined): standing is StandingNow {
  return standing !== undefined && standing.erasedAt === null && event.state !== 'draft';
}

/** The same, for a caller that holds the event's lock already. */
export async function answerLocked(
  trx: Trx,
  event: AnsweredEvent,
  input: AnswerInput,
  now: Date,
): Promise<AnswerOutcome> {
  const standing = await findStanding(trx, { eventId: event.id, personId: input.personId }, now);
  if (!standing) return { ok: false, reason: 'not_invited' };
  return answerKnown(trx, event, standing, input, now, { isAll: false });
}

/** @param isAll the transaction ends with the answer: where nothing else follows from it, it is committed with it */
async function answerKnown(
  trx: Trx,
  event: AnsweredEvent,
  found: StandingNow,
  input: AnswerInput,
  now: Date,
  { isAll }: { isAll: boolean },
): Promise<AnswerOutcome> {
  const of = { eventId: event.id, personId: input.personId, chapterId: event.chapterId };
  const { changed: moved, ...free } = await reconcileSeats(trx, event, now, found);
  // What was due may have been hers: an offer that ran out, or a seat that became free.
  const standing = moved ? ((await findStanding(trx, of, now)) ?? found) : found;
  const before = standing.state === null ? null : (standing as Standing & StandingNow);
  const decision = decideAnswer({
    event: event as AnsweredEvent & { format: 'hybrid'; state: 'published' },
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
  const kept = {
    ...next,
    ...of,
    reconfirmedAt: input.answer === 'yes' ? now : (before?.reconfirmedAt ?? null),
    note: input.note === undefined ? (before?.note ?? null) : input.note,
  };
  const outcome = { ok: true, state: next.state, before: before?.state ?? null, changed } as const;
  if (!changed && !queuedAgain) {
    await saveRsvp(trx, {
      ...kept,
      late: before?.late ?? false,
      source: before?.source as RsvpSource,
      answeredAt: before?.answeredAt ?? now,
    });
    await saveAround(trx, of, standing, input, next, now);
    return outcome;
  }

  const isGivingUp = before?.state === 'going' && next.state !== 'going';
  const seats = seatsAfter(standing, before, next);
  const isOnlyThis =
    !hasAround(standing, input, next) &&
    !(next.state === 'going' && standing.invitedByPersonId) &&
    !(isGivingUp && isLate(event, now)) &&
    !needsReconciling(event, seats);
  const historyId = await writeAnswer(
    trx,
    {
      ...kept,
      late: decision.late,
      source: input.source,
      answeredAt: now,
      template: input.source === 'standing' ? 'standing_yes' : 'confirmation',
      mailAt: input.leavesAt ?? now,
    },
    { isAll: isAll && isOnlyThis },
  );
  if (isOnlyThis) return outcome;

  await saveAround(trx, of, standing, input, next, now);
  if (next.state === 'going') await planGuestConfirmed(trx, event, input.personId, now);
  if (isGivingUp) await planWithdrawalNotice(trx, event, input.personId, historyId, now);
  await reconcileSeats(trx, event, now);
  return outcome;
}

/** Whether there is anything to write beside the answer itself. */
function hasAround(standing: StandingNow, input: AnswerInput, next: Standing): boolean {
  return (standing.guests ?? 0) > 0 || next.guests > 0 || saysNewOfBeingSeen(standing, input.visible);
}

/** Her guests by name, and whether the others may see her. */
async function saveAround(
  trx: Trx,
  of: { eventId: string; personId: string; chapterId: string },
  standing: StandingNow,
  input: AnswerInput,
  next: Standing,
  now: Date,
): Promise<void> {
  if (!hasAround(standing, input, next)) return;
  if (input.visible !== undefined) {
    await letBeSeen(trx, { ...of, visible: input.visible, source: 'answer', now });
  }
  if (next.guests === 0) await replaceGuests(trx, of, []);
  else if (input.guests) await replaceGuests(trx, of, input.guests);
}

/** A no that leaves her unseen is said all the same where she had said yes before: her next answer begins with it. */
function saysNewOfBeingSeen(standing: StandingNow, visible: boolean | undefined): boolean {
  if (visible === undefined) return false;
  return visible !== standing.visible || (!visible && standing.seenLast);
}

/** The sums once hers has changed; whether anybody waits is not asked again, and may be said too often. */
function seatsAfter(seats: SeatSums, before: Standing | null, next: Standing): SeatSums {
  const after = { ...seats };
  if (before && takesSeats(before.state)) after[before.mode] -= 1 + before.guests;
  if (takesSeats(next.state)) after[next.mode] += 1 + next.guests;
  return { ...after, waiting: seats.waiting || next.state === 'waitlisted' };
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
