import type { Selectable } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Mailings } from '../db/types.ts';
import type { Deps } from '../deps.ts';
import { type LockedEvent, lockEvent } from '../rsvps/queries.ts';
import { closeOpen, isOpen, setOpen } from './planned.ts';
import { countAudience } from './queries.ts';
import { isQuiet, outOfQuietHours } from './quiet-hours.ts';
import { keyOf, type MoveRefusal, refuseMoment, ruleAt, ruleOf } from './rescheduling.ts';
import { applies, findTimeline, planTimeline, writeTimeline } from './timeline.ts';
import { dueAt, isExact, type TimelineRule } from './timing.ts';

/**
 * What a coordinator does to what her event sends. A step that she moves takes its rule along, so that it keeps its
 * distance when the event moves, and is never planned a second time where it stood before.
 */

export type MailingChange = 'hold' | 'release' | 'skip' | 'restore';

const done: Record<MailingChange, string> = {
  hold: 'mailing.held',
  release: 'mailing.released',
  skip: 'mailing.skipped',
  restore: 'mailing.restored',
};

/** After its end, too, an event thanks those who came. */
const isOn = (event: LockedEvent) => event.state === 'published' || event.state === 'ended';

type Refusal = { ok: false; reason: 'not_found' | 'already_left' };
type Steps = { event: LockedEvent; mailings: Step[] };
type Step = Selectable<Mailings>;

/**
 * Holds planned mail back, lets it go again, takes it out or puts it back: all of it or none. What has begun to leave
 * cannot be changed.
 */
export async function changeMailing(
  deps: Deps,
  eventId: string,
  mailingIds: readonly string[],
  change: MailingChange,
  actor: Actor,
): Promise<{ ok: true } | Refusal | { ok: false; reason: MoveRefusal }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const steps = await lockSteps(trx, eventId, mailingIds);
    if (!steps) return { ok: false, reason: 'not_found' } as const;
    const { event, mailings } = steps;
    for (const mailing of mailings) {
      if (change === 'restore') {
        const isSkipped = mailing.state === 'cancelled' && mailing.reason === 'skipped';
        if (!isSkipped || !isOn(event)) return { ok: false, reason: 'already_left' } as const;
        const refused = refuseMoment(mailing, mailing.dueAt, now, timed(event));
        if (refused) return { ok: false, reason: refused } as const;
      } else if (!isOpen(mailing.state)) return { ok: false, reason: 'already_left' } as const;
    }
    for (const mailing of mailings) {
      if (change === 'skip') await closeOpen(trx, [mailing.id], 'cancelled', 'skipped', now);
      else await setOpen(trx, deps, mailing, { state: change === 'hold' ? 'held' : 'planned' });
      await note(trx, actor, event, mailing, done[change]);
    }
    return { ok: true } as const;
  });
}

export type MoveOutcome =
  | { ok: true }
  | Refusal
  | { ok: false; reason: MoveRefusal | 'same_step' }
  /** Most people sleep then: the coordinator says whether it leaves all the same. */
  | { ok: false; reason: 'quiet'; morning: Date };

/**
 * Moves planned mail to another moment.
 * @param options.anyHour she has been asked, and it may leave in the quiet hours
 */
export async function moveMailingTo(
  deps: Deps,
  move: { eventId: string; mailingIds: readonly string[]; at: Date; anyHour: boolean },
  actor: Actor,
): Promise<MoveOutcome> {
  const now = deps.clock();
  const { at } = move;
  return deps.db.transaction().execute(async (trx) => {
    const steps = await lockSteps(trx, move.eventId, move.mailingIds);
    if (!steps) return { ok: false, reason: 'not_found' } as const;
    const { event, mailings } = steps;
    if (!mailings.every((mailing) => isOpen(mailing.state)))
      return { ok: false, reason: 'already_left' } as const;
    const refused = mailings.map((mailing) => refuseMoment(mailing, at, now, timed(event))).find(Boolean);
    if (refused) return { ok: false, reason: refused } as const;
    const quiet = quietOf(event);
    if (!move.anyHour && isQuiet(at, event.timeZone, quiet)) {
      return { ok: false, reason: 'quiet', morning: outOfQuietHours(at, event.timeZone, quiet) } as const;
    }
    if (!(await reschedule(trx, deps, event, mailings, at)))
      return { ok: false, reason: 'same_step' } as const;
    for (const mailing of mailings) {
      await note(trx, actor, event, mailing, 'mailing.moved', {
        from: mailing.dueAt.toISOString(),
        to: at.toISOString(),
      });
    }
    return { ok: true } as const;
  });
}

/**
 * Lets planned mail leave at once.
 * @param send.count to how many she was told that it goes: where it is another number now, she is asked again
 */
export async function sendMailingNow(
  deps: Deps,
  send: { eventId: string; mailingIds: readonly string[]; count: number },
  actor: Actor,
): Promise<
  { ok: true } | Refusal | { ok: false; reason: MoveRefusal | 'same_step' | 'event_state' | 'count' }
> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const steps = await lockSteps(trx, send.eventId, send.mailingIds);
    if (!steps) return { ok: false, reason: 'not_found' } as const;
    const { event, mailings } = steps;
    if (!mailings.every((mailing) => isOpen(mailing.state)))
      return { ok: false, reason: 'already_left' } as const;
    const refused = mailings.map((mailing) => refuseMoment(mailing, now, now, timed(event))).find(Boolean);
    if (refused) return { ok: false, reason: refused } as const;
    let count = 0;
    for (const { audience, kind } of mailings)
      count += await countAudience(trx, event.id, audience ?? '', kind);
    if (count !== send.count) return { ok: false, reason: 'count' } as const;
    // Elapsed time spares nobody: it goes to as many as she was told.
    if (!(await reschedule(trx, deps, event, mailings, now, { exact: true, state: 'planned' })))
      return { ok: false, reason: 'same_step' } as const;
    for (const mailing of mailings) await note(trx, actor, event, mailing, 'mailing.sent_now', { count });
    return { ok: true } as const;
  });
}

/** Adds a step to what an event sends: at a rule's moment, or, with `at`, at one of the clock. */
export async function addStep(
  deps: Deps,
  step: { eventId: string; rule: TimelineRule; at?: Date; anyHour: boolean },
  actor: Actor,
): Promise<Exclude<MoveOutcome, { ok: true }> | { ok: true; mailingId: string }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, step.eventId);
    if (!event) return { ok: false, reason: 'not_found' } as const;
    if (!isOn(event)) return { ok: false, reason: 'already_left' } as const;
    const quiet = quietOf(event);
    if (step.at && !step.anyHour && isQuiet(step.at, event.timeZone, quiet)) {
      const morning = outOfQuietHours(step.at, event.timeZone, quiet);
      return { ok: false, reason: 'quiet', morning } as const;
    }
    const rule = step.at ? ruleAt(step.rule, step.at, timed(event), quiet) : step.rule;
    const due = dueAt(rule, timed(event), quiet);
    const refused = refuseMoment(rule, due, now, timed(event));
    if (refused) return { ok: false, reason: refused } as const;
    const ruleKey = keyOf(rule);
    const rules = await findTimeline(trx, event);
    const planned = await trx
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', event.id)
      .where('ruleKey', '=', ruleKey)
      .executeTakeFirst();
    if (planned || rules.some((other) => keyOf(other) === ruleKey) || !applies(rule, event.format))
      return { ok: false, reason: 'same_step' } as const;
    await writeTimeline(trx, event, [...rules, rule]);
    await planTimeline(trx, deps, { ...event, ownTimeline: true }, now);
    const { id } = await trx
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', event.id)
      .where('ruleKey', '=', ruleKey)
      .executeTakeFirstOrThrow();
    await note(trx, actor, event, { id }, 'mailing.added', { rule: ruleKey });
    return { ok: true, mailingId: id } as const;
  });
}

/** Mailings of an event's timeline, the event locked first, here as everywhere; null where one of them is none of it. */
async function lockSteps(trx: Trx, eventId: string, mailingIds: readonly string[]): Promise<Steps | null> {
  const event = await lockEvent(trx, eventId);
  if (!event || mailingIds.length === 0) return null;
  const mailings = await trx
    .selectFrom('mailings')
    .selectAll()
    .where('eventId', '=', eventId)
    .where('id', 'in', [...mailingIds])
    // No mail to one person, and no message to the group.
    .where('audience', 'is not', null)
    .where('messageId', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return mailings.length === new Set(mailingIds).size ? { event, mailings } : null;
}

/**
 * Gives steps another moment, and their rules with them.
 * @returns false where another step of the event stands there already
 */
async function reschedule(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  event: LockedEvent,
  mailings: readonly Step[],
  at: Date,
  how: { exact?: boolean; state?: 'planned' } = {},
): Promise<boolean> {
  let rules = [...(await findTimeline(trx, event))];
  for (const mailing of mailings) {
    let ruleKey = mailing.ruleKey;
    let { exact } = mailing;
    if (ruleKey !== null) {
      const old = ruleOf(ruleKey);
      const rule = ruleAt(old, at, timed(event), quietOf(event), how.exact);
      const key = keyOf(rule);
      const others = rules.filter((other) => keyOf(other) !== ruleKey);
      if (others.some((other) => keyOf(other) === key)) return false;
      rules = [...others, rule];
      ruleKey = key;
      exact = isExact(rule);
    }
    await setOpen(trx, deps, mailing, { dueAt: at, ruleKey, exact, ...(how.state && { state: how.state }) });
  }
  if (mailings.some((mailing) => mailing.ruleKey !== null)) await writeTimeline(trx, event, rules);
  return true;
}

function timed(event: LockedEvent) {
  return { ...event, publishedAt: event.publishedAt ?? event.startsAt };
}

function quietOf(event: LockedEvent) {
  return { from: event.quietFrom, until: event.quietUntil };
}

async function note(
  trx: Trx,
  actor: Actor,
  event: LockedEvent,
  mailing: { id: string },
  action: string,
  detail: Record<string, unknown> = {},
): Promise<void> {
  const { chapterId } = event;
  await audit(trx, { actor, chapterId, action, subjectType: 'mailing', subjectId: mailing.id, detail });
}
