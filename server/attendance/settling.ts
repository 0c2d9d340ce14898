import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import type { Mode } from '../rsvps/rules.ts';
import {
  deleteGuestAttendance,
  findLatestMark,
  insertMark,
  type Marked,
  saveGuestAttendance,
} from './marks.ts';
import { type AttendanceRow, deleteAttendance, saveAttendance } from './queries.ts';

export type Mark = {
  personId: string;
  guest: number | null;
  /** Null: not here after all. */
  mode: Mode | null;
};

export type Settled = { attendance: AttendanceRow | null; removed: boolean };

/**
 * Writes down what somebody says now, at a screen that shows how things stand: it outweighs every tap reported so far,
 * also one of a phone whose clock is ahead. The event is locked.
 */
export async function markNow(
  trx: Trx,
  event: LockedEvent,
  mark: Mark & {
    device?: string | null | undefined;
    /** What she says of herself afterwards: it outweighs nobody's. */
    ownWord?: boolean;
  },
  actor: Actor,
  now: Date,
): Promise<Settled> {
  const marked: Marked = { eventId: event.id, personId: mark.personId, guest: mark.guest };
  const latest = await findLatestMark(trx, marked);
  if (mark.ownWord && latest && !latest.ownWord) return { attendance: null, removed: false };
  const tappedAt = new Date(Math.max(now.getTime(), (latest?.tappedAt.getTime() ?? 0) + 1));
  await insertMark(trx, {
    ...marked,
    mode: mark.mode,
    chapterId: event.chapterId,
    // Each of these stands alone: nobody reports it a second time.
    device: crypto.randomUUID(),
    sequence: 0,
    walkIn: null,
    tappedAt,
    recordedBy: personOf(actor),
    receivedAt: now,
    ownWord: mark.ownWord ?? false,
  });
  const settled = await settle(trx, event, marked, { at: now, device: mark.device ?? null });
  if (mark.mode !== null || settled.removed) await auditMark(trx, event, mark, actor, {});
  return settled;
}

/** Makes presence what the latest tap says, whatever order the taps were reported in. The event is locked. */
export async function settle(
  trx: Trx,
  event: LockedEvent,
  marked: Marked,
  direct?: { at: Date; device: string | null },
): Promise<Settled> {
  const latest = await findLatestMark(trx, marked);
  if (!latest) return { attendance: null, removed: false };
  const { guest } = marked;
  if (latest.mode === null) {
    const removed =
      guest === null
        ? await deleteAttendance(trx, { ...marked, mode: null })
        : await deleteGuestAttendance(trx, { ...marked, guest });
    return { attendance: null, removed };
  }
  const presence = {
    eventId: event.id,
    chapterId: event.chapterId,
    personId: marked.personId,
    mode: latest.mode,
    recordedBy: latest.recordedBy,
    recordedAt: direct?.at ?? latest.tappedAt,
  };
  if (guest !== null) {
    await saveGuestAttendance(trx, { ...presence, position: guest });
    return { attendance: null, removed: false };
  }
  const device = latest.ownWord ? 'self' : direct ? direct.device : latest.device;
  return { attendance: await saveAttendance(trx, { ...presence, device }), removed: false };
}

/** For the record: what was tapped, by whom, and where it came from. */
export async function auditMark(
  trx: Trx,
  event: LockedEvent,
  mark: Mark,
  actor: Actor,
  detail: Record<string, unknown>,
): Promise<void> {
  await audit(trx, {
    actor,
    chapterId: event.chapterId,
    action: mark.mode ? 'attendance.recorded' : 'attendance.removed',
    subjectType: 'person',
    subjectId: mark.personId,
    detail: { event: event.id, ...(mark.guest !== null && { guest: mark.guest }), ...detail },
  });
}

export function personOf(actor: Actor): string | null {
  return actor.kind === 'person' ? actor.id : null;
}
