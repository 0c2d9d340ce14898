import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { splitName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import { ensureInvitation } from './invitations.ts';
import { findRsvp, type LockedEvent, lockEvent } from './queries.ts';
import type { Answer, Mode, Refusal, RsvpState } from './rules.ts';
import { reconcileSeats } from './seats.ts';
import { answerLocked } from './service.ts';

/** What a coordinator does with one person's place, seat by seat, under the event's lock. */
export type PlaceAction = 'first' | 'seat' | 'off' | 'room' | 'online';
export const placeActions: readonly PlaceAction[] = ['first', 'seat', 'off', 'room', 'online'];

export type PlaceRefusal = Refusal | 'not_found' | 'not_published' | 'not_waiting';
export type PlaceOutcome = { ok: true; state: RsvpState } | { ok: false; reason: PlaceRefusal };

type Of = { eventId: string; personId: string; actor: Actor };

/**
 * Changes one person's place: to the head of the waiting list, to a seat at once, off the list, or to the other mode.
 * A seat is given where there is one: held for her, or free. Whatever it frees goes to the next in line.
 */
export async function changePlace(deps: Deps, of: Of & { action: PlaceAction }): Promise<PlaceOutcome> {
  const now = deps.clock();
  return underLock(deps, of.eventId, async (trx, event): Promise<PlaceOutcome> => {
    if (event.state === 'draft') return { ok: false, reason: 'not_published' };
    const { action } = of;
    const outcome =
      action === 'first'
        ? await moveFirst(trx, event, of.personId, now)
        : action === 'seat'
          ? await giveSeatNow(trx, event, of.personId, now)
          : await answerAs(trx, event, of.personId, action, now);
    if (outcome.ok) {
      await audit(trx, {
        actor: of.actor,
        chapterId: event.chapterId,
        action: `event.place_${action}`,
        subjectType: 'person',
        subjectId: of.personId,
        detail: { eventId: event.id },
      });
    }
    return outcome;
  });
}

/** Puts somebody who waits before all others of her mode, those included whose offer ran out and who were silent. */
async function moveFirst(trx: Trx, event: LockedEvent, personId: string, now: Date): Promise<PlaceOutcome> {
  if (event.state !== 'published' || now >= event.endsAt) return { ok: false, reason: 'event_ended' };
  const moved = await trx
    .updateTable('rsvps')
    .set({
      offerLapsedAt: null,
      queuedAt: sql`(select min(x.queued_at) - interval '1 millisecond' from rsvps x
        where x.event_id = rsvps.event_id and x.mode = rsvps.mode and x.state in ('waitlisted', 'offered'))`,
    })
    .where('eventId', '=', event.id)
    .where('personId', '=', personId)
    .where('state', '=', 'waitlisted')
    .executeTakeFirst();
  if (moved.numUpdatedRows === 0n) return { ok: false, reason: 'not_waiting' };
  await reconcileSeats(trx, event, now);
  const rsvp = await findRsvp(trx, event.id, personId);
  return { ok: true, state: (rsvp?.state ?? 'waitlisted') as RsvpState };
}

/** A yes for her that takes the seat held for her, or a free one: never one more than there are. */
async function giveSeatNow(trx: Trx, event: LockedEvent, personId: string, now: Date): Promise<PlaceOutcome> {
  const rsvp = await findRsvp(trx, event.id, personId);
  if (rsvp?.state !== 'waitlisted' && rsvp?.state !== 'offered') return { ok: false, reason: 'not_waiting' };
  // Where a seat is free it is offered to the first in line: now that is she.
  if (rsvp.state === 'waitlisted') await moveFirst(trx, event, personId, now);
  const outcome = await say(trx, event, personId, 'yes', {}, now);
  if (outcome.ok && outcome.state !== 'going') throw new Refused('no_seats');
  return outcome;
}

async function answerAs(
  trx: Trx,
  event: LockedEvent,
  personId: string,
  action: 'off' | Mode,
  now: Date,
): Promise<PlaceOutcome> {
  const rsvp = await findRsvp(trx, event.id, personId);
  if (!rsvp || rsvp.state === 'declined' || rsvp.state === 'withdrawn')
    return { ok: false, reason: 'not_found' };
  if (action === 'off') return say(trx, event, personId, 'no', {}, now);
  const answer = rsvp.state === 'maybe' ? 'maybe' : 'yes';
  // An offer is for a seat of its mode: whoever goes over gives it up, and takes what is free there.
  return say(trx, event, personId, answer, { mode: action }, now);
}

async function say(
  trx: Trx,
  event: LockedEvent,
  personId: string,
  answer: Answer,
  more: { mode?: Mode },
  now: Date,
): Promise<PlaceOutcome> {
  const input = { eventId: event.id, personId, answer, ...more, source: 'coordinator' as const };
  const outcome = await answerLocked(trx, event, input, now);
  if (outcome.ok) return { ok: true, state: outcome.state };
  return { ok: false, reason: outcome.reason === 'not_invited' ? 'not_found' : outcome.reason };
}

/**
 * Adds somebody whom nobody knows yet, by name and, where it is known, address: she is invited, and her yes is taken.
 * An address finds whoever is known by it.
 */
export async function addByName(
  deps: Deps,
  input: { eventId: string; name: string; email: string | null; mode: Mode | undefined; actor: Actor },
): Promise<
  | { ok: true; state: RsvpState; personId: string }
  | { ok: false; reason: PlaceRefusal | 'address_erased' | 'already_coming' }
> {
  const now = deps.clock();
  return underLock(deps, input.eventId, async (trx, event) => {
    if (event.state === 'draft') return { ok: false, reason: 'not_published' } as const;
    const person = { ...splitName(input.name), email: input.email };
    const made = await ensurePerson(trx, deps.links, person, { source: 'coordinator', now });
    if (!made.ok) return made;
    const personId = made.person.id;
    const before = await findRsvp(trx, event.id, personId);
    if (before?.state === 'going' || before?.state === 'waitlisted')
      return { ok: false, reason: 'already_coming' } as const;
    await ensureInvitation(trx, deps.links, { event, personId, source: 'coordinator', now });
    const outcome = await say(trx, event, personId, 'yes', input.mode ? { mode: input.mode } : {}, now);
    if (!outcome.ok) throw new Refused(outcome.reason);
    await audit(trx, {
      actor: input.actor,
      chapterId: event.chapterId,
      action: 'event.person_added',
      subjectType: 'person',
      subjectId: personId,
      detail: { eventId: event.id },
    });
    return { ...outcome, personId };
  });
}

/** Rolls back what was tried to see whether it fits. */
class Refused extends Error {
  readonly reason: PlaceRefusal;
  constructor(reason: PlaceRefusal) {
    super(reason);
    this.reason = reason;
  }
}

async function underLock<T>(
  deps: Deps,
  eventId: string,
  change: (trx: Trx, event: LockedEvent) => Promise<T>,
): Promise<T | { ok: false; reason: PlaceRefusal }> {
  return deps.db
    .transaction()
    .execute(async (trx) => {
      const event = await lockEvent(trx, eventId);
      if (!event) return { ok: false, reason: 'not_found' } as const;
      return change(trx, event);
    })
    .catch((error: unknown) => {
      if (error instanceof Refused) return { ok: false, reason: error.reason } as const;
      throw error;
    });
}
