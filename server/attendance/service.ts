import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { splitName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import { concernsEvent, ensureInvitation } from '../rsvps/invitations.ts';
import { lockEvent } from '../rsvps/queries.ts';
import type { Mode } from '../rsvps/rules.ts';
import { type AttendanceRow, declareComplete, declareIncomplete, isPresent } from './queries.ts';
import { type AttendanceRefusal, refuseAttendance, refuseCompletion } from './rules.ts';
import { markNow } from './settling.ts';

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
    const { attendance } = await markNow(trx, event, { ...input, guest: null }, actor, now);
    return { ok: true, attendance: attendance as AttendanceRow };
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
    // Said in one mode, it leaves a presence in the other alone.
    if (input.mode && !(await isPresent(trx, { ...input, mode: input.mode })))
      return { ok: true, removed: false };
    const mark = { personId: input.personId, guest: null, mode: null };
    const { removed } = await markNow(trx, event, mark, actor, now);
    return { ok: true, removed };
  });
}

/** The same for one of the guests whom somebody said she brings: here, or (without a mode) not here after all. */
export async function markGuest(
  deps: Needs,
  input: { eventId: string; personId: string; guest: number; mode: Mode | null },
  actor: Actor,
): Promise<{ ok: true } | { ok: false; reason: AttendanceRefusal | 'not_found' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (!event || !(await concernsEvent(trx, event, input.personId, now)))
      return { ok: false, reason: 'not_found' };
    const refusal = refuseAttendance(event, input.mode, now);
    if (refusal) return { ok: false, reason: refusal };
    await markNow(trx, event, input, actor, now);
    return { ok: true };
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
    const mark = { personId: person.id, guest: null, mode: input.mode, device: input.device };
    const { attendance } = await markNow(trx, event, mark, actor, now);
    return { ok: true, person, attendance: attendance as AttendanceRow };
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
