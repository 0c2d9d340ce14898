import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { copyBelongings } from '../events/copies.ts';
import { publishEvent } from '../events/service.ts';
import { lockEvent } from '../rsvps/queries.ts';
import { flagDates, isAskedAbout, type OnHoliday } from './flags.ts';
import { countComing, findModelDate, type LockedSeries, lockSeries, takeSeriesToLookAt } from './queries.ts';
import { daysOf } from './recurrence.ts';
import { dayAt, daysToMake, placeOnDay, planOf, publicationOf } from './rules.ts';

export type SeriesSettings = {
  publishDaysBefore: number | null;
  datesAhead: number;
  /** What becomes of a date on a public holiday; `ask` where nobody said. */
  onHoliday?: OnHoliday;
};

export type SeriesOutcome =
  | { ok: true; seriesId: string }
  | { ok: false; reason: 'not_found' | 'wrong_state' | 'in_a_series' | 'wrong_day' };

const system = { kind: 'system' } as const;

/**
 * Makes an event the first date of a series, and the next ones after it. Nobody hears of a date before it is published.
 * @param input.rule an RFC 5545 rule as `parseRule` takes it; the day of the event must be the first that it gives
 */
export async function startSeries(
  deps: Pick<Deps, 'db' | 'clock'>,
  input: { eventId: string; rule: string; settings: SeriesSettings; actor: Actor },
): Promise<SeriesOutcome> {
  const now = deps.clock();
  const { eventId, rule, actor, settings } = input;
  return deps.db.transaction().execute(async (trx): Promise<SeriesOutcome> => {
    const event = await lockEvent(trx, eventId);
    if (!event) return { ok: false, reason: 'not_found' };
    if (event.seriesId) return { ok: false, reason: 'in_a_series' };
    if (event.state === 'cancelled') return { ok: false, reason: 'wrong_state' };
    const { day, ...plan } = planOf(event);
    if (daysOf(rule, day, null, 1)[0] !== day) return { ok: false, reason: 'wrong_day' };
    const { id: seriesId } = await trx
      .insertInto('series')
      .values({
        ...templateOf(event),
        ...plan,
        ...settings,
        rule,
        startsOn: day,
        madeUntil: day,
        chapterId: event.chapterId,
        lookedAt: now,
        createdBy: actor.kind === 'person' ? actor.id : event.createdBy,
        createdAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const quiet = { from: event.quietFrom, until: event.quietUntil };
    await trx
      .updateTable('events')
      .set({
        seriesId,
        recurrenceOn: day,
        ...(event.state === 'draft' && {
          publishAt: publicationOf(event, settings.publishDaysBefore, quiet, now),
        }),
      })
      .where('id', '=', eventId)
      .execute();
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'series.started',
      subjectType: 'series',
      subjectId: seriesId,
    });
    await makeDates(trx, (await lockSeries(trx, seriesId)) as LockedSeries, now);
    return { ok: true, seriesId };
  });
}

type Event = NonNullable<Awaited<ReturnType<typeof lockEvent>>>;
export type SeriesTemplate = ReturnType<typeof templateOf>;

/** What each new date begins with, taken from an event or from its series. */
export function templateOf(event: Pick<Event, TemplateField>) {
  const { title, description, format, venueName, venueAddress, joinUrl, seatsRoom, seatsOnline } = event;
  const { guestsAllowed, maybeAllowed, access, cost, bring, promotion } = event;
  return {
    ...{ title, description, format, venueName, venueAddress, joinUrl, seatsRoom, seatsOnline },
    ...{ guestsAllowed, maybeAllowed, access, cost, bring, promotion },
  };
}

export const templateFields = [
  ...(['title', 'description', 'format', 'venueName', 'venueAddress', 'joinUrl', 'seatsRoom'] as const),
  ...(['seatsOnline', 'guestsAllowed', 'maybeAllowed', 'access', 'cost', 'bring', 'promotion'] as const),
] as const;
type TemplateField = (typeof templateFields)[number];

/** Makes the dates that a series is to have by now, and notes that it was looked at. */
async function makeDates(trx: Trx, series: LockedSeries, now: Date): Promise<void> {
  const coming = await countComing(trx, series.id, now);
  const days = daysToMake(series, coming, dayAt(now, series.timeZone));
  const made = await insertDates(trx, series, days, now);
  const skipped = await flagDates(trx, series.id, now);
  // The rule has given its last day, and that is over.
  const isOver = coming === 0 && days.length === 0;
  if (isOver) await endStandingYeses(trx, series.id, now);
  await trx
    .updateTable('series')
    .set({
      ...(isOver && { endedAt: now }),
      // A day that was there already, or is skipped, leaves room for one more: looked at again at once.
      lookedAt: made.length < days.length || skipped > 0 ? new Date(0) : now,
      ...(days.length > 0 && { madeUntil: days.at(-1) as string }),
    })
    .where('id', '=', series.id)
    .execute();
}

/** Each day becomes an event of its own, once: whoever else made it first, the unique key decides. */
async function insertDates(
  trx: Trx,
  series: LockedSeries,
  days: readonly string[],
  now: Date,
): Promise<string[]> {
  if (days.length === 0) return [];
  const model = await findModelDate(trx, series.id);
  const quiet = { from: series.quietFrom, until: series.quietUntil };
  const made = await trx
    .insertInto('events')
    .values(
      days.map((day) => {
        const { startsAt, endsAt, answersCloseAt } = placeOnDay(series, day);
        const { timeZone } = series;
        return {
          ...templateOf(series),
          ...{ startsAt, endsAt, answersCloseAt, timeZone },
          chapterId: series.chapterId,
          seriesId: series.id,
          recurrenceOn: day,
          publishAt: publicationOf({ startsAt, timeZone }, series.publishDaysBefore, quiet, now),
          createdBy: series.createdBy,
          createdAt: now,
        };
      }),
    )
    .onConflict((conflict) => conflict.constraint('events_series_date_key').doNothing())
    .returning('id')
    .execute();
  const ids = made.map(({ id }) => id);
  if (model && ids.length > 0) await copyBelongings(trx, model, ids, now);
  return ids;
}

/** So often each series is looked at, so that its next dates are there long before anybody needs them. */
const lookEveryMs = 6 * 3_600_000;

/** Makes the next dates of every series that is due for it, each in a transaction of its own. */
export async function makeDueDates(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = deps.clock();
  const lookedBefore = new Date(now.getTime() - lookEveryMs);
  // Two workers take different ones; a few hundred are done in one sweep, the rest in the next.
  for (let turn = 0; turn < 300; turn += 1) {
    const found = await deps.db.transaction().execute(async (trx) => {
      const series = await takeSeriesToLookAt(trx, lookedBefore);
      if (series) await makeDates(trx, series, now);
      return series;
    });
    if (!found) return;
  }
}

/**
 * Publishes the drafts whose moment has come, each in the transaction that plans its mails: a crash before it changes
 * nothing, and the next sweep finds the date again. One that begins before it could be published stays a draft.
 */
export async function publishDueDates(deps: Deps): Promise<void> {
  const now = deps.clock();
  const due = await deps.db
    .selectFrom('events')
    .select(['id', 'startsAt'])
    .where('state', '=', 'draft')
    .where('publishAt', '<=', now)
    .orderBy('publishAt')
    .limit(100)
    .execute();
  const failures: unknown[] = [];
  for (const { id, startsAt } of due) {
    try {
      const outcome = startsAt > now ? await publishEvent(deps, id, { actor: system, isDue: true }) : null;
      if (!outcome?.ok) await stayDraft(deps, id);
    } catch (error) {
      // One that cannot be published holds up no other.
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} dates could not be published`);
}

async function stayDraft(deps: Pick<Deps, 'db'>, eventId: string): Promise<void> {
  await deps.db
    .updateTable('events')
    .set({ publishAt: null })
    .where('id', '=', eventId)
    .where('state', '=', 'draft')
    .execute();
}

/** Keeps one date back: it stays a draft until the coordinator publishes it. */
export async function keepDraft(
  deps: Pick<Deps, 'db'>,
  input: { eventId: string; actor: Actor },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, input.eventId);
    if (event?.state !== 'draft' || !event.publishAt) return;
    await trx.updateTable('events').set({ publishAt: null }).where('id', '=', event.id).execute();
    await audit(trx, {
      actor: input.actor,
      chapterId: event.chapterId,
      action: 'event.publication_held',
      subjectType: 'event',
      subjectId: event.id,
    });
  });
}

type OfSeries = { seriesId: string; actor: Actor };

/** Changes when dates publish themselves, and how many are kept ahead. Drafts to come follow; nothing that is out does. */
export async function changeSettings(
  deps: Pick<Deps, 'db' | 'clock'>,
  { seriesId, actor, settings }: OfSeries & { settings: SeriesSettings },
): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    const before = await lockSeries(trx, seriesId);
    if (!before || before.endedAt) return;
    await trx.updateTable('series').set(settings).where('id', '=', seriesId).execute();
    const series = { ...before, ...settings };
    if (before.publishDaysBefore !== settings.publishDaysBefore) {
      const quiet = { from: series.quietFrom, until: series.quietUntil };
      for (const draft of await draftsToCome(trx, seriesId, now)) {
        // One that is asked about waits until somebody decides.
        if (isAskedAbout(draft, now)) continue;
        await trx
          .updateTable('events')
          .set({ publishAt: publicationOf(draft, settings.publishDaysBefore, quiet, now) })
          .where('id', '=', draft.id)
          .execute();
      }
    }
    // What is asked about at this moment is asked no more, or is asked about from now on.
    if (settings.onHoliday && before.onHoliday !== settings.onHoliday)
      await forgetFlags(trx, seriesId, settings.publishDaysBefore, now);
    await makeDates(trx, series, now);
    await record(trx, series, actor, 'series.changed');
  });
}

/** Dates that wait for a decision are looked at anew; what somebody decided stays. */
async function forgetFlags(
  trx: Trx,
  seriesId: string,
  publishDaysBefore: number | null,
  now: Date,
): Promise<void> {
  for (const draft of await draftsToCome(trx, seriesId, now)) {
    if (!isAskedAbout(draft, now)) continue;
    const event = (await lockEvent(trx, draft.id)) as Event;
    const quiet = { from: event.quietFrom, until: event.quietUntil };
    await trx
      .updateTable('events')
      .set({ holiday: null, publishAt: publicationOf(event, publishDaysBefore, quiet, now) })
      .where('id', '=', draft.id)
      .execute();
  }
}

async function draftsToCome(trx: Trx, seriesId: string, now: Date) {
  return trx
    .selectFrom('events')
    .select(['id', 'state', 'startsAt', 'timeZone', 'holiday', 'holidayDecidedAt'])
    .where('seriesId', '=', seriesId)
    .where('state', '=', 'draft')
    .where('startsAt', '>', now)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}

/** Adds a date that the rule does not give. */
export async function addDate(
  deps: Pick<Deps, 'db' | 'clock'>,
  { seriesId, actor, day }: OfSeries & { day: string },
): Promise<
  { ok: true; eventId: string } | { ok: false; reason: 'in_the_past' | 'there_already' | 'series_over' }
> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const series = await lockSeries(trx, seriesId);
    if (!series || series.endedAt) return { ok: false, reason: 'series_over' } as const;
    if (placeOnDay(series, day).startsAt <= now) return { ok: false, reason: 'in_the_past' } as const;
    const [eventId] = await insertDates(trx, series, [day], now);
    if (!eventId) return { ok: false, reason: 'there_already' } as const;
    await record(trx, series, actor, 'series.date_added');
    return { ok: true, eventId } as const;
  });
}

/**
 * Ends a series: no more dates are made. Drafts that nobody has heard of are dropped; what is published stays, until
 * somebody cancels it and says whom to tell. The standing yeses have nothing left to stand for.
 */
export async function endSeries(
  deps: Pick<Deps, 'db' | 'clock'>,
  { seriesId, actor }: OfSeries,
): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    const series = await lockSeries(trx, seriesId);
    if (!series || series.endedAt) return;
    await trx.updateTable('series').set({ endedAt: now }).where('id', '=', seriesId).execute();
    const drafts = await draftsToCome(trx, seriesId, now);
    if (drafts.length > 0) {
      await trx
        .updateTable('events')
        .set({ state: 'cancelled', cancelledAt: now, publishAt: null })
        .where(
          'id',
          'in',
          drafts.map(({ id }) => id),
        )
        .execute();
    }
    await endStandingYeses(trx, seriesId, now);
    await record(trx, series, actor, 'series.ended');
  });
}

/** With the last date of a series the standing yeses have nothing left to stand for. */
export async function endStandingYeses(trx: Trx, seriesId: string, now: Date): Promise<void> {
  await trx
    .updateTable('standingYeses')
    .set({ endedAt: now })
    .where('seriesId', '=', seriesId)
    .where('endedAt', 'is', null)
    .execute();
}

export async function record(trx: Trx, series: LockedSeries, actor: Actor, action: string): Promise<void> {
  await audit(trx, {
    actor,
    chapterId: series.chapterId,
    action,
    subjectType: 'series',
    subjectId: series.id,
  });
}
