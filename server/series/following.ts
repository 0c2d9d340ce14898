import type { Actor } from '../audit.ts';
import { audit } from '../audit.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { EventProblem } from '../events/rules.ts';
import { concernedBy, type ToldAudience } from '../events/rules.ts';
import { cancelLocked, changeLocked, type EventDetails, SeatsTaken } from '../events/service.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { replanPublication } from './dates.ts';
import { flagDates } from './flags.ts';
import { findDatesFrom, lockDatesFrom, lockSeries } from './queries.ts';
import { daysOf } from './recurrence.ts';
import { type DayPlan, placeOnDay } from './rules.ts';
import type { SeriesTemplate } from './service.ts';

/** "This and the following": what is different from now on, and nothing else. */
export type FollowingChange = {
  details: Partial<SeriesTemplate>;
  /** The hours, where they are different. */
  plan: DayPlan | null;
  /** The day and the rule, where they are different: this date goes to that day, the others follow by the rule. */
  anchor: { day: string; rule: string } | null;
  /** Those that were changed by themselves change too. */
  withApart: boolean;
  /** The date whose form this was filled in on: it changes, whatever sets it apart. The first one, where left out. */
  editedId?: string;
};

export type DateChange = {
  event: LockedEvent;
  /** The day that the rule gives it from now on; null for one that has none any more. */
  day: string | null;
  /** Null: it stays as it is, because it was called off or stands apart. */
  changes: Partial<EventDetails> | null;
  /** The rule ends before it: it is called off. */
  isDropped: boolean;
};

export type FollowingPlan =
  | { ok: true; dates: DateChange[]; apart: number }
  | { ok: false; reason: 'not_found' | 'in_the_past' | 'before_previous' };

type Series = { id: string; endedAt: Date | null } & DayPlan;

/** What a change would do to each date, for the page that asks, and for the change itself. */
export function planFollowing(
  series: Series,
  dates: readonly LockedEvent[],
  fromEventId: string,
  previousDay: string | null,
  change: FollowingChange,
  now: Date,
): FollowingPlan {
  const [from] = dates;
  if (from?.id !== fromEventId || from.state === 'cancelled' || from.startsAt <= now)
    return { ok: false, reason: 'not_found' };
  const { anchor, details } = change;
  const plan = change.plan ?? series;
  const days = anchor
    ? daysOf(anchor.rule, anchor.day, null, dates.length)
    : dates.map((event) => event.recurrenceOn as string);
  if (anchor && previousDay && anchor.day <= previousDay) return { ok: false, reason: 'before_previous' };
  if (anchor && placeOnDay(plan, anchor.day).startsAt <= now) return { ok: false, reason: 'in_the_past' };
  const editedId = change.editedId ?? fromEventId;
  const isApart = (event: LockedEvent) => event.editedApartAt !== null && event.id !== editedId;
  const given = new Set(days);
  const changed = dates.map((event, index): DateChange => {
    const day = days[index];
    // Where the new rule gives fewer days, what is left over keeps its name, unless another date has it now.
    if (day === undefined) {
      const own = event.recurrenceOn as string;
      const isDropped = event.state !== 'cancelled';
      return { event, day: given.has(own) ? null : own, changes: null, isDropped };
    }
    if (event.state === 'cancelled' || (isApart(event) && !change.withApart)) {
      return { event, day, changes: null, isDropped: false };
    }
    const times = anchor || change.plan ? { ...placeOnDay(plan, day), timeZone: plan.timeZone } : {};
    return { event, day, changes: { ...details, ...times } as Partial<EventDetails>, isDropped: false };
  });
  const apart = dates.filter((event) => event.state !== 'cancelled' && isApart(event)).length;
  return { ok: true, dates: changed, apart };
}

/** Who of a date has to hear of a change: nobody before it is out. */
export function toldOf({ event, changes }: DateChange): ToldAudience[] {
  if (!changes || event.state !== 'published') return [];
  return concernedBy(event, { ...event, ...changes });
}

/** The same without changing anything. */
export async function foreseeFollowing(
  db: Db,
  series: Series,
  fromEvent: { id: string; recurrenceOn: string | null },
  change: FollowingChange,
  now: Date,
): Promise<FollowingPlan> {
  if (!fromEvent.recurrenceOn || series.endedAt) return { ok: false, reason: 'not_found' };
  const dates = await findDatesFrom(db, series.id, fromEvent.recurrenceOn, now);
  const previous = await findDayBefore(db, series.id, fromEvent.recurrenceOn);
  return planFollowing(series, dates, fromEvent.id, previous, change, now);
}

export type FollowingOutcome =
  | { ok: true; changed: number }
  | { ok: false; reason: 'not_found' | 'in_the_past' | 'before_previous' | 'seats_taken' }
  | { ok: false; reason: 'invalid'; problems: EventProblem[] };

/**
 * Changes a date and all that follow it, and what new ones begin with. All of it or nothing: where one date has more
 * seats taken than are left to it, none changes. Those who said yes to a date that moves are told, unless `notify` is
 * false.
 */
export async function changeFollowing(
  deps: Deps,
  input: {
    seriesId: string;
    fromEventId: string;
    change: FollowingChange;
    notify: boolean;
    actor: Actor;
  },
): Promise<FollowingOutcome> {
  const now = deps.clock();
  const { actor, notify, change, seriesId } = input;
  return deps.db
    .transaction()
    .execute(async (trx): Promise<FollowingOutcome> => {
      const series = await lockSeries(trx, seriesId);
      const from = await trx
        .selectFrom('events')
        .select(['id', 'recurrenceOn'])
        .where('id', '=', input.fromEventId)
        .where('seriesId', '=', seriesId)
        .executeTakeFirst();
      if (!series || series.endedAt || !from?.recurrenceOn) return { ok: false, reason: 'not_found' };
      const dates = await lockDatesFrom(trx, seriesId, from.recurrenceOn, now);
      const previous = await findDayBefore(trx, seriesId, from.recurrenceOn);
      const plan = planFollowing(series, dates, from.id, previous, change, now);
      if (!plan.ok) return plan;

      const { anchor } = change;
      await trx
        .updateTable('series')
        .set({
          // Looked at in the next sweep: the new rule may leave room for more dates.
          lookedAt: new Date(0),
          ...change.details,
          ...change.plan,
          ...(anchor && {
            rule: anchor.rule,
            startsOn: anchor.day,
            madeUntil: lastDayOf(plan.dates) ?? anchor.day,
          }),
        })
        .where('id', '=', seriesId)
        .execute();
      await renameDays(trx, plan.dates);
      let changed = 0;
      for (const { event, changes, isDropped } of plan.dates) {
        if (isDropped) {
          await cancelLocked(trx, deps, event, { actor, notify, reason: null }, now);
          changed += 1;
        }
        if (!changes) continue;
        const outcome = await changeLocked(
          trx,
          deps,
          event,
          changes,
          { actor, notify, withSeries: true },
          now,
        );
        if (!outcome.ok) throw new Refused(outcome);
        await replanPublication(trx, outcome.event, now);
        changed += 1;
      }
      await flagDates(trx, seriesId, now);
      await audit(trx, {
        actor,
        chapterId: series.chapterId,
        action: 'series.following_changed',
        subjectType: 'series',
        subjectId: seriesId,
        detail: { from: from.id, changed },
      });
      return { ok: true, changed };
    })
    .catch((error: unknown): FollowingOutcome => {
      if (error instanceof SeatsTaken) return { ok: false, reason: 'seats_taken' };
      if (error instanceof Refused && error.outcome.reason === 'invalid') return error.outcome;
      throw error;
    });
}

type RefusedChange = Exclude<Awaited<ReturnType<typeof changeLocked>>, { ok: true }>;

/** Rolls back what was changed before the date that could not be. */
class Refused extends Error {
  readonly outcome: RefusedChange;
  constructor(outcome: RefusedChange) {
    super(outcome.reason);
    this.outcome = outcome;
  }
}

const lastDayOf = (dates: readonly DateChange[]) =>
  dates.reduce<string | null>(
    (last, { day, isDropped }) => (day && !isDropped && (!last || day > last) ? day : last),
    null,
  );

/** Gives each date the name of its new day. Two may trade theirs: first none of them has any. */
async function renameDays(trx: Trx, dates: readonly DateChange[]): Promise<void> {
  const renamed = dates.filter(({ event, day }) => event.recurrenceOn !== day);
  if (renamed.length === 0) return;
  const ids = renamed.map(({ event }) => event.id);
  await trx.updateTable('events').set({ recurrenceOn: null }).where('id', 'in', ids).execute();
  for (const { event, day } of renamed) {
    if (day === null) continue;
    await trx.updateTable('events').set({ recurrenceOn: day }).where('id', '=', event.id).execute();
  }
}

async function findDayBefore(db: Db, seriesId: string, day: string): Promise<string | null> {
  const row = await db
    .selectFrom('events')
    .select('recurrenceOn')
    .where('seriesId', '=', seriesId)
    .where('recurrenceOn', '<', day)
    .orderBy('recurrenceOn', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.recurrenceOn ?? null;
}
