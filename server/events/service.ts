import type { Updateable } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import { changeOfEntries } from '../calendar/rules.ts';
import type { Trx } from '../db/database.ts';
import type { Events } from '../db/types.ts';
import type { Deps } from '../deps.ts';
import { inviteMembers } from '../mailings/due.ts';
import { type MovedFrom, planCancellation, planNewLink, planUpdate } from '../mailings/moves.ts';
import { planTimeline, replaceTimeline } from '../mailings/timeline.ts';
import type { TimelineRule } from '../mailings/timing.ts';
import { addHistory, type LockedEvent, lockEvent, sumSeats } from '../rsvps/queries.ts';
import { capacityOf, type Mode, modesOf, type RsvpState } from '../rsvps/rules.ts';
import { reconcileSeats } from '../rsvps/seats.ts';
import { keepDateApart } from '../series/dates.ts';
import { seatStandingYeses } from '../series/standing.ts';
import { tellHosts } from './hosts.ts';
import { checkEvent, concernedBy, type EventProblem, whatMoved } from './rules.ts';

/** What a coordinator says about an event. Times are instants; the zone lies beside them. */
export type EventDetails = {
  title: string;
  description: string;
  format: 'in_person' | 'online' | 'hybrid';
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  venueName: string | null;
  venueAddress: string | null;
  joinUrl: string | null;
  seatsRoom: number | null;
  seatsOnline: number | null;
  guestsAllowed: number;
  maybeAllowed: boolean;
  access: 'members' | 'link' | 'public';
  cost: string | null;
  bring: string | null;
  answersCloseAt: Date | null;
  promotion: 'offer' | 'at_once';
};

export type NewEvent = Partial<EventDetails> &
  Pick<EventDetails, 'title' | 'format' | 'startsAt' | 'endsAt' | 'timeZone'>;

export type EventOutcome =
  | { ok: true; event: LockedEvent }
  | { ok: false; reason: 'not_found' | 'seats_taken' | 'wrong_state' }
  | { ok: false; reason: 'invalid'; problems: EventProblem[] };

/** Makes a draft. Nobody hears of it before it is published. */
export async function createEvent(
  deps: Deps,
  chapterId: string,
  input: NewEvent,
  actor: Actor,
  timeline?: readonly TimelineRule[],
): Promise<EventOutcome> {
  const now = deps.clock();
  const problems = checkEvent(input);
  if (problems.length > 0) return { ok: false, reason: 'invalid', problems };
  return deps.db.transaction().execute(async (trx) => {
    const { id } = await trx
      .insertInto('events')
      .values({
        ...input,
        chapterId,
        createdBy: actor.kind === 'person' ? actor.id : null,
        createdAt: now,
        changedAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const event = await mustLock(trx, id);
    if (timeline) await replaceTimeline(trx, deps, event, timeline, now);
    await audit(trx, { actor, chapterId, action: 'event.created', subjectType: 'event', subjectId: id });
    return { ok: true, event: await mustLock(trx, id) };
  });
}

/**
 * Changes an event. A move of a published one plans one update to those concerned, unless `notify` is false, and asks
 * those who had said yes again. Fewer seats than are taken: nothing changes.
 */
export async function changeEvent(
  deps: Deps,
  eventId: string,
  changes: Partial<EventDetails>,
  options: ChangeOptions,
): Promise<EventOutcome> {
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx): Promise<EventOutcome> => {
      const before = await lockEvent(trx, eventId);
      if (!before) return { ok: false, reason: 'not_found' };
      return changeLocked(trx, deps, before, changes, options, now);
    })
    .catch((error: unknown) => {
      if (error instanceof SeatsTaken) return { ok: false, reason: 'seats_taken' } as const;
      throw error;
    });
}

export type ChangeOptions = {
  actor: Actor;
  notify: boolean;
  timeline?: readonly TimelineRule[];
  /** The change is one of its whole series: it does not set this date apart from the others. */
  withSeries?: boolean;
};

/**
 * The same, for a caller that holds the event's lock already.
 * @throws SeatsTaken where its transaction must not be kept
 */
export async function changeLocked(
  trx: Trx,
  deps: Deps,
  before: LockedEvent,
  changes: Partial<EventDetails>,
  options: ChangeOptions,
  now: Date,
): Promise<EventOutcome> {
  const eventId = before.id;
  if (before.state === 'cancelled') return { ok: false, reason: 'wrong_state' };
  const details = { ...before, ...changes } as LockedEvent & EventDetails;
  const problems = checkEvent(details);
  if (problems.length > 0) return { ok: false, reason: 'invalid', problems };

  // Offers that ran out hold no seat: what is taken is counted without them.
  await reconcileSeats(trx, before, now);
  await moveModes(trx, before, details, now);
  if (!(await seatsSuffice(trx, details, before, now))) throw new SeatsTaken();

  // One that was over and is put off has people who said yes to it, like any other.
  const isPublic = before.state === 'published' || (before.state === 'ended' && details.endsAt > now);
  const moved = isPublic ? whatMoved(before as LockedEvent & EventDetails, details) : [];
  const told = isPublic ? concernedBy(before as LockedEvent & EventDetails, details) : [];
  const oldLink =
    details.format !== 'in_person' && before.joinUrl !== details.joinUrl ? before.joinUrl : undefined;
  const from = movedFrom(before);
  const update: Updateable<Events> = {
    ...changes,
    revision: before.revision + 1,
    changedAt: now,
    ...(moved.length > 0 && { movedAt: now, movedFrom: JSON.stringify(from) }),
  };
  await trx.updateTable('events').set(update).where('id', '=', eventId).execute();
  let event = await mustLock(trx, eventId);
  if (event.state === 'ended' && event.endsAt > now) {
    await trx.updateTable('events').set({ state: 'published' }).where('id', '=', eventId).execute();
    event = await mustLock(trx, eventId);
  }
  await reconcileSeats(trx, event, now);
  if (event.seriesId && !options.withSeries) await keepDateApart(trx, before, event, now);
  if (options.timeline) await replaceTimeline(trx, deps, event, options.timeline, now);
  else if (event.state === 'published') await planTimeline(trx, deps, event, now);
  const inEntries = isPublic ? changeOfEntries(before, event) : 'none';
  if (inEntries !== 'none') await raiseSequences(trx, eventId, inEntries === 'online' ? 'online' : undefined);
  if (moved.length > 0) {
    if (options.notify) {
      const known = await planUpdate(trx, deps, event, from, oldLink, now);
      await keepWhatIsKnown(trx, eventId, known);
    }
  } else if (told.includes('going_online') && options.notify) {
    await planNewLink(trx, deps, event, oldLink, now);
  }
  await audit(trx, {
    actor: options.actor,
    chapterId: event.chapterId,
    action: 'event.changed',
    subjectType: 'event',
    subjectId: eventId,
    detail: { fields: Object.keys(changes), moved },
  });
  return { ok: true, event: await mustLock(trx, eventId) };
}

/** Rolls the whole change back: what was moved to see whether it fits, too. */
export class SeatsTaken extends Error {}

/** Publishes a draft: its members are invited and its timeline is planned. */
export async function publishEvent(
  deps: Deps,
  eventId: string,
  options: {
    actor: Actor;
    invitationsAt?: Date;
    /** Only if it is to publish itself by now: it may have been held back, or moved, since it was found. */
    isDue?: boolean;
  },
): Promise<EventOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const draft = await lockEvent(trx, eventId);
    if (!draft) return { ok: false, reason: 'not_found' };
    if (draft.state === 'published') return { ok: true, event: draft };
    if (draft.state !== 'draft') return { ok: false, reason: 'wrong_state' };
    if (options.isDue && !(draft.publishAt && draft.publishAt <= now)) return { ok: true, event: draft };
    if (draft.endsAt <= now) {
      return { ok: false, reason: 'invalid', problems: [{ field: 'startsAt', reason: 'in_the_past' }] };
    }
    await trx
      .updateTable('events')
      .set({ state: 'published', publishedAt: now, changedAt: now })
      .where('id', '=', eventId)
      .execute();
    const event = await mustLock(trx, eventId);
    await inviteMembers(trx, deps, event, now);
    if (event.seriesId) await seatStandingYeses(trx, event, now, options.invitationsAt ?? now);
    await tellHosts(trx, event, now);
    await planTimeline(trx, deps, event, now, {
      ...(options.invitationsAt && { invitationsAt: options.invitationsAt }),
    });
    await audit(trx, {
      actor: options.actor,
      chapterId: event.chapterId,
      action: 'event.published',
      subjectType: 'event',
      subjectId: eventId,
    });
    return { ok: true, event };
  });
}

/** Cancels an event: what was planned is called off, and one mail says so unless `notify` is false. */
export async function cancelEvent(
  deps: Deps,
  eventId: string,
  options: CancelOptions,
): Promise<EventOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const before = await lockEvent(trx, eventId);
    if (!before) return { ok: false, reason: 'not_found' };
    return cancelLocked(trx, deps, before, options, now);
  });
}

export type CancelOptions = { actor: Actor; reason: string | null; notify: boolean };

/** The same, for a caller that holds the event's lock already. */
export async function cancelLocked(
  trx: Trx,
  deps: Deps,
  before: LockedEvent,
  options: CancelOptions,
  now: Date,
): Promise<EventOutcome> {
  const eventId = before.id;
  if (before.state === 'cancelled') return { ok: true, event: before };
  if (before.state === 'ended' || before.endsAt <= now) return { ok: false, reason: 'wrong_state' };
  await trx
    .updateTable('events')
    .set({
      state: 'cancelled',
      cancelledAt: now,
      cancelReason: options.reason,
      revision: before.revision + 1,
      changedAt: now,
    })
    .where('id', '=', eventId)
    .execute();
  const event = await mustLock(trx, eventId);
  await raiseSequences(trx, eventId);
  await planCancellation(trx, deps, event, options.notify && before.state === 'published', now);
  await audit(trx, {
    actor: options.actor,
    chapterId: event.chapterId,
    action: 'event.cancelled',
    subjectType: 'event',
    subjectId: eventId,
  });
  return { ok: true, event };
}

async function mustLock(trx: Trx, eventId: string): Promise<LockedEvent> {
  const event = await lockEvent(trx, eventId);
  if (!event) throw new Error(`event ${eventId} vanished under its lock`);
  return event;
}

/** The page asks "Ci sei ancora?" beside what people know of, not beside a state in between that nobody heard of. */
async function keepWhatIsKnown(trx: Trx, eventId: string, known: MovedFrom | null): Promise<void> {
  await trx
    .updateTable('events')
    .set(known ? { movedFrom: JSON.stringify(known) } : { movedAt: null, movedFrom: null })
    .where('id', '=', eventId)
    .execute();
}

/** Where a format no longer offers a mode, those who had chosen it go over to the one that is left. */
async function moveModes(trx: Trx, before: LockedEvent, after: EventDetails, now: Date): Promise<void> {
  const offered = modesOf(after.format);
  if (before.format === after.format || offered.length > 1) return;
  const mode = offered[0] as Mode;
  const gone = await trx
    .updateTable('rsvps')
    .set({ mode })
    .where('eventId', '=', before.id)
    .where('mode', '<>', mode)
    .returning(['personId', 'state', 'guests', 'late'])
    .execute()
    .then((rows) => rows.filter(({ state }) => state !== 'declined' && state !== 'withdrawn'));
  if (gone.length === 0) return;
  const of = { eventId: before.id, chapterId: before.chapterId, mode, source: 'system' as const, at: now };
  await addHistory(
    trx,
    gone.map((row) => ({ ...row, ...of, state: row.state as RsvpState })),
  );
}

async function seatsSuffice(trx: Trx, after: EventDetails, before: LockedEvent, now: Date): Promise<boolean> {
  const taken = await sumSeats(trx, before.id, now);
  return modesOf(after.format).every((mode) => {
    const capacity = capacityOf(after, mode);
    return capacity === null || taken[mode] <= capacity;
  });
}

function movedFrom(event: LockedEvent): MovedFrom {
  return {
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt.toISOString(),
    timeZone: event.timeZone,
    format: event.format,
    venueName: event.venueName,
    venueAddress: event.venueAddress,
  };
}

/** RFC 5546 section 2.1.4: a changed event is a newer sequence in every calendar that holds it. */
async function raiseSequences(trx: Trx, eventId: string, only?: Mode): Promise<void> {
  await trx
    .updateTable('invitations')
    .set((set) => ({ sequence: set('sequence', '+', 1) }))
    .where('eventId', '=', eventId)
    .$if(only !== undefined, (query) =>
      query.where('personId', 'in', (of) =>
        of
          .selectFrom('rsvps')
          .select('personId')
          .where('eventId', '=', eventId)
          .where('mode', '=', only as Mode)
          .where('state', '=', 'going'),
      ),
    )
    .execute();
}
