import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { type Format, modesOf } from '../rsvps/rules.ts';
import { audienceIs } from './audience.ts';
import {
  type Audience,
  defaultTimeline,
  dueAt,
  isExact,
  type MailKind,
  outOfQuietHours,
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
  if (event.state === 'published') await planTimeline(trx, deps, { ...event, ownTimeline: true }, now);
}

/** A rule in its own words: the same words in an edited timeline are the same step. */
function keyOf(rule: TimelineRule): string {
  return [rule.kind, rule.anchor, rule.offset, rule.localTime ?? '', rule.audience, rule.template ?? ''].join(
    '|',
  );
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
        cause: `rule:${event.id}:${ruleKey}:${rounds.length}`,
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

const isOpen = (state: string) => state === 'planned' || state === 'held';

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

async function moveMailing(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  mailing: { id: string; dueAt: Date; state: string; revision: number },
  due: Date,
  now: Date,
): Promise<void> {
  if (mailing.dueAt.getTime() === due.getTime()) return;
  const revision = mailing.revision + 1;
  const past = due < now;
  await trx
    .updateTable('mailings')
    .set({ dueAt: due, revision, ...(past && { state: 'missed', reason: 'moved', doneAt: now }) })
    .where('id', '=', mailing.id)
    .execute();
  if (!past && mailing.state === 'planned')
    await deps.alarm.set(trx, { id: mailing.id, revision, dueAt: due });
}

async function insertMailing(
  trx: Trx,
  deps: Pick<Deps, 'alarm'>,
  mailing: {
    event: { id: string; chapterId: string };
    kind: string;
    template: string;
    audience: string;
    ruleKey?: string;
    cause: string;
    exact: boolean;
    dueAt: Date;
    data?: unknown;
  },
): Promise<void> {
  const { event, data, ruleKey, ...rest } = mailing;
  const row = await trx
    .insertInto('mailings')
    .values({
      ...rest,
      ruleKey: ruleKey ?? null,
      chapterId: event.chapterId,
      eventId: event.id,
      data: JSON.stringify(data ?? {}),
    })
    .onConflict((conflict) => conflict.constraint('mailings_cause_key').doNothing())
    .returning(['id', 'revision', 'dueAt'])
    .executeTakeFirst();
  if (row) await deps.alarm.set(trx, row);
}

async function callOff(trx: Trx, id: string, now: Date): Promise<void> {
  await trx
    .updateTable('mailings')
    .set({ state: 'cancelled', reason: 'moved', doneAt: now })
    .where('id', '=', id)
    .execute();
}

async function closeOpen(
  trx: Trx,
  ids: readonly string[],
  state: 'cancelled' | 'missed',
  reason: string,
  now: Date,
): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .updateTable('mailings')
    .set({ state, reason, doneAt: now, revision: sql`revision + 1` })
    .where('id', 'in', [...ids])
    .where('state', 'in', ['planned', 'held'])
    .execute();
}

/**
 * Plans the one mail that tells those concerned of a move. An earlier one that has not left yet gives way to it and
 * hands over what it would have said stood there before.
 */
export async function planUpdate(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  old: MovedFrom,
  now: Date,
): Promise<void> {
  const earlier = await trx
    .selectFrom('mailings')
    .select(['id', 'data'])
    .where('eventId', '=', event.id)
    .where('kind', '=', 'update')
    .where('state', 'in', ['planned', 'held'])
    .executeTakeFirst();
  const told = (earlier?.data as { old?: MovedFrom } | undefined)?.old;
  if (earlier) await closeOpen(trx, [earlier.id], 'cancelled', 'superseded', now);
  await insertMailing(trx, deps, {
    event,
    kind: 'update',
    template: 'update',
    audience: 'affected',
    cause: `update:${event.id}:${event.revision}`,
    exact: true,
    dueAt: soon(event, now),
    data: { old: told ?? old, revision: event.revision },
  });
}

/** The time, place and format that people know of, before a move. */
export type MovedFrom = {
  startsAt: string;
  endsAt: string;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

/** Calls off all that was planned for an event, and plans the one mail that says so. */
export async function planCancellation(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  notify: boolean,
  now: Date,
): Promise<void> {
  const open = await trx
    .selectFrom('mailings')
    .select('id')
    .where('eventId', '=', event.id)
    .where('state', 'in', ['planned', 'held'])
    .execute();
  await closeOpen(
    trx,
    open.map((mailing) => mailing.id),
    'cancelled',
    'event_cancelled',
    now,
  );
  if (!notify) return;
  await insertMailing(trx, deps, {
    event,
    kind: 'cancellation',
    template: 'cancellation',
    audience: 'not_declined',
    cause: `cancellation:${event.id}`,
    exact: true,
    dueAt: soon(event, now),
  });
}

/** At once if the event is less than a day away, else when the quiet hours are over. */
function soon(event: LockedEvent, now: Date): Date {
  if (event.startsAt.getTime() - now.getTime() < 24 * 3_600_000) return now;
  return outOfQuietHours(now, event.timeZone, { from: event.quietFrom, until: event.quietUntil });
}

export type MailingChange = 'hold' | 'release' | 'skip';

/** Holds a planned mailing back, lets it go again, or takes it out. What has begun to leave cannot be changed. */
export async function changeMailing(
  deps: Deps,
  chapterId: string,
  mailingId: string,
  change: MailingChange,
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'already_left' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const mailing = await trx
      .selectFrom('mailings')
      .selectAll()
      .where('id', '=', mailingId)
      .where('chapterId', '=', chapterId)
      .forUpdate()
      .executeTakeFirst();
    if (!mailing) return { ok: false, reason: 'not_found' } as const;
    if (!isOpen(mailing.state)) return { ok: false, reason: 'already_left' } as const;
    if (change === 'skip') {
      await closeOpen(trx, [mailing.id], 'cancelled', 'skipped', now);
      return { ok: true } as const;
    }
    const revision = mailing.revision + 1;
    await trx
      .updateTable('mailings')
      .set({ state: change === 'hold' ? 'held' : 'planned', revision })
      .where('id', '=', mailing.id)
      .execute();
    if (change === 'release') await deps.alarm.set(trx, { id: mailing.id, revision, dueAt: mailing.dueAt });
    return { ok: true } as const;
  });
}

/** How many people a mailing would reach if it fell due now: those with an address who did not opt out. */
export async function countAudience(
  db: Db,
  eventId: string,
  audience: string,
  kind: string,
): Promise<number> {
  const result = await sql<{ count: number }>`
    select count(*)::int as count
    from invitations i
    join events e on e.id = i.event_id
    join people p on p.id = i.person_id and p.email is not null and p.erased_at is null
    left join rsvps r on r.event_id = i.event_id and r.person_id = i.person_id
    left join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
    where i.event_id = ${eventId} and ${audienceIs(audience, kind)}
  `.execute(db);
  return result.rows[0]?.count ?? 0;
}
