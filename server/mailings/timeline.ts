import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { type Format, modesOf } from '../rsvps/rules.ts';
import { callOff, closeOpen, insertMailing, isOpen, moveMailing } from './planned.ts';
import { keyOf } from './rescheduling.ts';
import {
  type Audience,
  defaultTimeline,
  dueAt,
  isExact,
  type MailKind,
  type TimelineRule,
} from './timing.ts';

type EventOfTimeline = { id: string; chapterId: string; ownTimeline: boolean };

/** The rules that an event follows: its own, else its chapter's, else the product's. */
export async function findTimeline(db: Db, event: EventOfTimeline): Promise<readonly TimelineRule[]> {
  const rows = await db
    .selectFrom('timelineRules')
    .selectAll()
    .where('chapterId', '=', event.chapterId)
    .where('eventId', event.ownTimeline ? '=' : 'is', event.ownTimeline ? event.id : null)
    .orderBy('position')
    .execute();
  if (rows.length === 0 && !event.ownTimeline) return defaultTimeline;
  return rows.map((row) => ({
    kind: row.kind as MailKind,
    anchor: row.anchor as TimelineRule['anchor'],
    offset: row.offset,
    audience: row.audience as Audience,
    ...(row.localTime !== null && { localTime: row.localTime }),
    ...(row.template !== null && { template: row.template }),
  }));
}

/** Gives an event a timeline of its own, and plans it anew where it is published. */
export async function replaceTimeline(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  rules: readonly TimelineRule[],
  now: Date,
): Promise<void> {
  await writeTimeline(trx, event, rules);
  if (event.state === 'published') await planTimeline(trx, deps, { ...event, ownTimeline: true }, now);
}

/** Writes the rules that an event follows from now on. What was planned stays. */
export async function writeTimeline(
  trx: Trx,
  event: { id: string; chapterId: string },
  rules: readonly TimelineRule[],
): Promise<void> {
  await trx.deleteFrom('timelineRules').where('eventId', '=', event.id).execute();
  if (rules.length > 0) {
    await trx
      .insertInto('timelineRules')
      .values(
        rules.map((rule, position) => ({
          chapterId: event.chapterId,
          eventId: event.id,
          position,
          kind: rule.kind,
          anchor: rule.anchor,
          offset: rule.offset,
          localTime: rule.localTime ?? null,
          audience: rule.audience,
          template: rule.template ?? null,
        })),
      )
      .execute();
  }
  await trx.updateTable('events').set({ ownTimeline: true }).where('id', '=', event.id).execute();
}

/**
 * Plans what is still to come of a published event's timeline, and moves what was planned for another moment. A step
 * whose moment was over before it could apply is left out; one that a move has put into the past is `missed`.
 */
export async function planTimeline(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  event: LockedEvent,
  now: Date,
  options: { invitationsAt?: Date } = {},
): Promise<void> {
  const { publishedAt } = event;
  if (!publishedAt) return;
  const rules = await findTimeline(trx, event);
  const quiet = { from: event.quietFrom, until: event.quietUntil };
  const planned = await trx
    .selectFrom('mailings')
    .selectAll()
    .where('eventId', '=', event.id)
    .where('ruleKey', 'is not', null)
    .orderBy('id')
    // One that falls due at this very moment is moved before it leaves, or seen as leaving.
    .forUpdate()
    .execute();

  for (const rule of rules) {
    const ruleKey = keyOf(rule);
    const rounds = planned.filter((mailing) => mailing.ruleKey === ruleKey);
    const open = rounds.find((mailing) => mailing.state === 'planned' || mailing.state === 'held');
    const moment = dueAt(rule, { ...event, publishedAt }, quiet);
    const due = rule.kind === 'invitation' && options.invitationsAt ? options.invitationsAt : moment;
    if (open) {
      // Publication does not happen twice: what hangs on it stays where it is.
      if (rule.anchor !== 'publish') await moveMailing(trx, deps, open, due, now);
      continue;
    }
    const leaving = rounds.find((mailing) => mailing.state === 'sending');
    // What is just leaving speaks of another day now: those whom it has not reached get it then.
    if (leaving && !happensOnce(rule.kind) && due > now && leaving.dueAt < due) {
      await callOff(trx, leaving.id, now);
      leaving.state = 'cancelled';
      leaving.reason = 'moved';
    }
    if (due >= now && applies(rule, event.format) && !isRepeat(rule.kind, rounds, due)) {
      await insertMailing(trx, deps, {
        event,
        kind: rule.kind,
        template: rule.template ?? rule.kind,
        audience: rule.audience,
        ruleKey,
        // Its key may have been another step's, which was moved since: the number is never used twice.
        cause: `rule:${event.id}:${ruleKey}:${planned.length}`,
        exact: isExact(rule),
        dueAt: due,
      });
    }
  }
  const keys = new Set(rules.map(keyOf));
  const dropped = planned.filter((mailing) => isOpen(mailing.state) && !keys.has(mailing.ruleKey as string));
  await closeOpen(
    trx,
    dropped.map((mailing) => mailing.id),
    'cancelled',
    'timeline_changed',
    now,
  );
}

/** Whether an event of this format has anybody whom a rule speaks to. */
export function applies(rule: TimelineRule, format: string): boolean {
  const offered = modesOf(format as Format);
  if (rule.audience === 'going_room') return offered.includes('room');
  return rule.audience !== 'going_online' || offered.includes('online');
}

/**
 * Whether a step has had its turn. A reminder, and what follows the event, is due again when the event was postponed
 * after it; an invitation or a chase is not, nor is what the coordinator took out.
 */
function isRepeat(
  kind: string,
  rounds: readonly { state: string; reason: string | null; dueAt: Date }[],
  due: Date,
) {
  const last = rounds.at(-1);
  if (!last) return false;
  if (last.state === 'missed') return last.dueAt >= due;
  if (last.state === 'cancelled') return last.reason === 'skipped';
  return happensOnce(kind) || last.dueAt >= due;
}

/** Nobody is invited or nudged twice for one event, whatever becomes of its date. */
const happensOnce = (kind: string) => kind === 'invitation' || kind === 'chase';
