import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { changeMailing, type MoveOutcome, moveMailingTo } from '../mailings/service.ts';
import { lockEvent } from '../rsvps/queries.ts';
import { findThanks } from './queries.ts';
import { lastMoment, momentOfRelease } from './rules.ts';

type Asked = { eventId: string; actor: Actor };
type Refused = Exclude<MoveOutcome, { ok: true }>;
export type ThanksOutcome =
  | { ok: true }
  | Refused
  /** More than a week after the end. */
  | { ok: false; reason: 'too_late' }
  /** There is none, or all of it has left. */
  | { ok: false; reason: 'nothing_open' };

/** Moves all thanks of an event that have not left to one moment. Their rules go along, so that no planning moves them back. */
export async function moveThanks(deps: Deps, { eventId, actor }: Asked, at: Date): Promise<ThanksOutcome> {
  const { event, open } = await findThanks(deps.db, eventId);
  if (!event || open.length === 0) return { ok: false, reason: 'nothing_open' };
  if (at > lastMoment(event)) return { ok: false, reason: 'too_late' };
  const mailingIds = open.map(({ id }) => id);
  const moved = await moveMailingTo(deps, { eventId, mailingIds, at, anyHour: false }, actor);
  const held = open.filter(({ state }) => state === 'held').map(({ id }) => id);
  if (!moved.ok || held.length === 0) return moved;
  // Whoever says when they leave holds them back no more.
  return changeMailing(deps, eventId, held, 'release', actor);
}

/** Holds all thanks of an event back until she lets them go. */
export async function holdThanks(deps: Deps, { eventId, actor }: Asked): Promise<ThanksOutcome> {
  const { open } = await findThanks(deps.db, eventId);
  const planned = open.filter(({ state }) => state === 'planned').map(({ id }) => id);
  if (planned.length === 0) return { ok: false, reason: 'nothing_open' };
  return changeMailing(deps, eventId, planned, 'hold', actor);
}

/**
 * Lets the thanks that she holds go: at their moment, or, where it has passed, now, out of the quiet hours. A crash
 * between the two steps leaves them held at the new moment, and her page says so.
 */
export async function releaseThanks(deps: Deps, { eventId, actor }: Asked): Promise<ThanksOutcome> {
  const { event, open } = await findThanks(deps.db, eventId);
  const held = open.filter(({ state }) => state === 'held');
  if (!event || held.length === 0) return { ok: false, reason: 'nothing_open' };
  const quiet = { from: event.quietFrom, until: event.quietUntil };
  const now = deps.clock();
  const late = held.filter(({ dueAt }) => dueAt <= now);
  const at = late[0] && momentOfRelease(late[0].dueAt, event, quiet, now);
  if (at) {
    if (at > lastMoment(event)) return { ok: false, reason: 'too_late' };
    const mailingIds = late.map(({ id }) => id);
    const moved = await moveMailingTo(deps, { eventId, mailingIds, at, anyHour: false }, actor);
    if (!moved.ok) return moved;
  }
  const ids = held.map(({ id }) => id);
  return changeMailing(deps, eventId, ids, 'release', actor);
}

/** "Va bene così": what she held back goes, and her desk asks no more. Said again, it changes nothing. */
export async function confirmFollowUp(deps: Deps, asked: Asked): Promise<ThanksOutcome> {
  const { eventId, actor } = asked;
  const { open } = await findThanks(deps.db, eventId);
  if (open.some(({ state }) => state === 'held')) {
    const released = await releaseThanks(deps, asked);
    if (!released.ok) return released;
  }
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (!event || event.followedUpAt) return;
    await trx.updateTable('events').set({ followedUpAt: now }).where('id', '=', eventId).execute();
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'event.followed_up',
      subjectType: 'event',
      subjectId: eventId,
    });
  });
  return { ok: true };
}
