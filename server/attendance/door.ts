import type { Actor } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { findKept } from '../people/queries.ts';
import { readAddress, splitName, tidyName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import { concernsEvent, ensureInvitation } from '../rsvps/invitations.ts';
import { type LockedEvent, lockEvent } from '../rsvps/queries.ts';
import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';
import { findLatestMark, findWalkIn, insertMark, nameWalkIn } from './marks.ts';
import { type AttendanceRefusal, refuseAttendance, tapTime } from './rules.ts';
import { auditMark, personOf, settle } from './settling.ts';

/** One tap as a phone reports it. It names somebody on the list, or somebody whom a phone has added itself. */
export type ReportedMark = {
  sequence: number;
  /** When it was tapped, by the phone's clock, in milliseconds. */
  at: number;
  /** Null: not here after all. */
  mode: Mode | null;
  personId?: string | undefined;
  walkIn?: string | undefined;
  guest?: number | undefined;
  /** Of somebody who came without a word, with the first tap that is about her. */
  name?: string | undefined;
  email?: string | undefined;
};

export type MarkResult = {
  sequence: number;
  /**
   * `saved`: it counts. `superseded`: a later tap counts, and both are on record. `waiting`: her name has still to be
   * reported. `not_found`: she has nothing to do with this event, or not any more.
   */
  outcome: 'saved' | 'superseded' | 'waiting' | 'not_found';
  /** Who a walk-in is, from now on. */
  personId: string | null;
  /** Her address was left out: its owner had herself erased. */
  withoutAddress?: true;
};

export type ReportOutcome =
  | { ok: true; results: MarkResult[] }
  | { ok: false; reason: AttendanceRefusal | 'not_found' };

type Needs = Pick<Deps, 'db' | 'clock' | 'links'>;
type Report = { eventId: string; device: string; sentAt: number; marks: readonly ReportedMark[] };

/**
 * Takes what a phone noted at the door, perhaps without a network, perhaps for the second time, perhaps after another
 * phone said otherwise. Whatever the order of the reports, the end is the same: the latest tap counts.
 */
export async function takeReport(deps: Needs, report: Report, actor: Actor): Promise<ReportOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, report.eventId);
    if (!event) return { ok: false, reason: 'not_found' };
    const refusal = refuseAttendance(event, null, now);
    if (refusal) return { ok: false, reason: refusal };
    const results: MarkResult[] = [];
    for (const mark of report.marks) {
      results.push(await takeMark(trx, deps, event, { report, mark, actor, now }));
    }
    return { ok: true, results };
  });
}

type Taken = { report: Report; mark: ReportedMark; actor: Actor; now: Date };

async function takeMark(
  trx: Trx,
  deps: Needs,
  event: LockedEvent,
  { report, mark, actor, now }: Taken,
): Promise<MarkResult> {
  const { sequence } = mark;
  const guest = mark.guest ?? null;
  const who = await identify(trx, deps, event, mark, now);
  if (who === 'not_found') return { sequence, outcome: 'not_found', personId: null };
  const { personId } = who;
  const mode = mark.mode && offered(event, mark.mode);
  const tappedAt = tapTime(mark.at, report.sentAt, now);
  const isNew = await insertMark(trx, {
    eventId: event.id,
    chapterId: event.chapterId,
    device: report.device,
    sequence,
    personId,
    walkIn: mark.walkIn ?? null,
    guest,
    mode,
    tappedAt,
    recordedBy: personOf(actor),
    receivedAt: now,
  });
  if (!personId) return { sequence, outcome: 'waiting', personId };
  // Thanks go by invitation: whoever was there has one.
  if (mode && isNew) await ensureInvitation(trx, deps.links, { event, personId, source: 'walk_in', now });
  const marked = { eventId: event.id, personId, guest };
  await settle(trx, event, marked);
  const latest = await findLatestMark(trx, marked);
  const counts = latest?.device === report.device && latest.sequence === sequence;
  if (isNew) {
    await auditMark(trx, event, { personId, guest, mode }, actor, {
      device: report.device,
      tappedAt: tappedAt.toISOString(),
      counts,
    });
  }
  return {
    sequence,
    outcome: counts ? 'saved' : 'superseded',
    personId,
    ...(who.withoutAddress && { withoutAddress: true }),
  };
}

type Identified = { personId: string | null; withoutAddress?: boolean } | 'not_found';

/** Whom a tap is about. Somebody whom a phone added becomes a person once, with the first report of her name. */
async function identify(
  trx: Trx,
  deps: Needs,
  event: LockedEvent,
  mark: ReportedMark,
  now: Date,
): Promise<Identified> {
  if (mark.personId) {
    // The list that the phone has may be from before two people turned out to be one.
    const personId = (await findKept(trx, mark.personId)) ?? mark.personId;
    return (await concernsEvent(trx, event, personId, now)) ? { personId } : 'not_found';
  }
  if (!mark.walkIn) return 'not_found';
  const known = await findWalkIn(trx, event.id, mark.walkIn);
  if (known) return { personId: known };
  const name = tidyName(mark.name ?? '').slice(0, 200);
  if (name === '') return { personId: null };
  const email = mark.email ? readAddress(mark.email) : null;
  const source = { source: 'walk_in', now };
  let made = await ensurePerson(trx, deps.links, { ...splitName(name), email }, source);
  const withoutAddress = !made.ok;
  // She is here, whatever became of an address: she is never lost over it.
  if (!made.ok) made = await ensurePerson(trx, deps.links, { ...splitName(name), email: null }, source);
  if (!made.ok) throw new Error('somebody without an address was refused over one');
  const personId = made.person.id;
  await nameWalkIn(trx, { eventId: event.id, chapterId: event.chapterId, id: mark.walkIn, personId });
  await ensureInvitation(trx, deps.links, { event, personId, source: 'walk_in', now });
  return { personId, withoutAddress };
}

/** A way that the event was not held in after all is no reason to lose somebody: she was here. */
function offered(event: LockedEvent, mode: Mode): Mode {
  const modes = modesOf(event.format as Format);
  return modes.includes(mode) ? mode : (modes[0] as Mode);
}
