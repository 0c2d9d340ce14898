import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { splitName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import { concernsEvent, ensureInvitation } from '../rsvps/invitations.ts';
import { type LockedEvent, lockEvent } from '../rsvps/queries.ts';
import type { Mode } from '../rsvps/rules.ts';
import {
  type AttendanceRow,
  declareComplete,
  declareIncomplete,
  deleteAttendance,
  saveAttendance,
} from './queries.ts';
import { type AttendanceRefusal, refuseAttendance, refuseCompletion } from './rules.ts';

type Needs = Pick<Deps, 'db' | 'clock' | 'links'>;

export type PresenceOutcome =
  | { ok: true; attendance: AttendanceRow }
  | { ok: false; reason: AttendanceRefusal | 'not_found' };

/** Writes down that somebody of the chapter, or somebody invited, is there. Again, it corrects the mode. */
export async function markPresent(
  deps: Needs,
  input: { eventId: string; personId: string; mode: Mode; device?: string | null },
  actor: Actor,
): Promise<PresenceOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event || !(await concernsEvent(trx, event, input.personId, now)))
      return { ok: false, reason: 'not_found' };
    const refusal = refuseAttendance(event, input.mode, now);
    if (refusal) return { ok: false, reason: refusal };
    // Thanks go by invitation: whoever was there has one.
    await ensureInvitation(trx, deps.links, { event, personId: input.personId, source: 'walk_in', now });
    return { ok: true, attendance: await record(trx, event, { ...input, now }, actor) };
  });
}

/** Takes a presence back that was written down by mistake. With a mode, only one in that mode. */
export async function unmarkPresent(
  deps: Needs,
  input: { eventId: string; personId: string; mode: Mode | null },
  actor: Actor,
): Promise<{ ok: true; removed: boolean } | { ok: false; reason: AttendanceRefusal | 'not_found' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event || !(await concernsEvent(trx, event, input.personId, now)))
      return { ok: false, reason: 'not_found' };
    const refusal = refuseAttendance(event, null, now);
    if (refusal) return { ok: false, reason: refusal };
    const removed = await deleteAttendance(trx, input);
    if (removed) await auditPresence(trx, event, input.personId, 'attendance.removed', actor);
    return { ok: true, removed };
  });
}

export type WalkInOutcome =
  | {
      ok: true;
      attendance: AttendanceRow;
      person: { id: string; firstName: string; lastName: string; email: string | null };
    }
  | { ok: false; reason: AttendanceRefusal | 'not_found' | 'address_erased' };

/**
 * Writes down somebody who came without an answer: by name alone, or by her address (as `readAddress` gives it), which
 * finds her if she is known.
 */
export async function addWalkIn(
  deps: Needs,
  input: { eventId: string; name: string; email: string | null; mode: Mode; device?: string | null },
  actor: Actor,
): Promise<WalkInOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event) return { ok: false, reason: 'not_found' };
    const refusal = refuseAttendance(event, input.mode, now);
    if (refusal) return { ok: false, reason: refusal };
    const made = await ensurePerson(
      trx,
      deps.links,
      { ...splitName(input.name), email: input.email },
      { source: 'walk_in', now },
    );
    if (!made.ok) return made;
    const { person } = made;
    await ensureInvitation(trx, deps.links, { event, personId: person.id, source: 'walk_in', now });
    return {
      ok: true,
      person,
      attendance: await record(trx, event, { ...input, personId: person.id, now }, actor),
    };
  });
}

/** From now on absence is known for a mode: who said yes and was not seen has missed it. */
export async function completeAttendance(
  deps: Needs,
  input: { eventId: string; mode: Mode },
  actor: Actor,
): Promise<{ ok: true; completeAt: Date } | { ok: false; reason: AttendanceRefusal | 'not_found' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event) return { ok: false, reason: 'not_found' };
    const refusal = refuseCompletion(event, input.mode, now);
    if (refusal) return { ok: false, reason: refusal };
    const completeAt = await declareComplete(trx, event.id, input.mode, now);
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'attendance.completed',
      subjectType: 'event',
      subjectId: event.id,
      detail: { mode: input.mode },
    });
    return { ok: true, completeAt };
  });
}

/** Takes a declaration back that came too early. Thanks that have left stay as they are. */
export async function reopenAttendance(
  deps: Needs,
  input: { eventId: string; mode: Mode },
  actor: Actor,
): Promise<{ ok: true } | { ok: false; reason: 'not_found' }> {
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event) return { ok: false, reason: 'not_found' };
    await declareIncomplete(trx, event.id, input.mode);
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'attendance.reopened',
      subjectType: 'event',
      subjectId: event.id,
      detail: { mode: input.mode },
    });
    return { ok: true };
  });
}

async function record(
  trx: Trx,
  event: LockedEvent,
  presence: { personId: string; mode: Mode; device?: string | null; now: Date },
  actor: Actor,
): Promise<AttendanceRow> {
  const attendance = await saveAttendance(trx, {
    eventId: event.id,
    chapterId: event.chapterId,
    personId: presence.personId,
    mode: presence.mode,
    recordedBy: actor.kind === 'person' ? actor.id : null,
    recordedAt: presence.now,
    device: presence.device ?? null,
  });
  await auditPresence(trx, event, presence.personId, 'attendance.recorded', actor);
  return attendance;
}

async function auditPresence(trx: Trx, event: LockedEvent, personId: string, action: string, actor: Actor) {
  await audit(trx, {
    actor,
    chapterId: event.chapterId,
    action,
    subjectType: 'person',
    subjectId: personId,
    detail: { event: event.id },
  });
}
