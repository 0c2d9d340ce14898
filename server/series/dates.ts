import type { Trx } from '../db/database.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { flagDates } from './flags.ts';
import { dayAt, publicationOf } from './rules.ts';

/** What a coordinator can change of an event, and what sets a date apart from the others of its series. */
const details = [
  'title',
  'description',
  'format',
  'startsAt',
  'endsAt',
  'timeZone',
  'venueName',
  'venueAddress',
  'joinUrl',
  'seatsRoom',
  'seatsOnline',
  'guestsAllowed',
  'maybeAllowed',
  'access',
  'cost',
  'bring',
  'answersCloseAt',
  'promotion',
] as const satisfies readonly (keyof LockedEvent)[];

/**
 * A date that was changed by itself stands apart from now on: a change of the others does not undo it unasked. Where it
 * still waits to publish itself, its moment moves with its day.
 */
export async function keepDateApart(
  trx: Trx,
  before: LockedEvent,
  event: LockedEvent,
  now: Date,
): Promise<void> {
  const changed = details.some((key) => String(before[key]) !== String(event[key]));
  if (!changed) return;
  await trx
    .updateTable('events')
    .set({ editedApartAt: event.editedApartAt ?? now })
    .where('id', '=', event.id)
    .execute();
  await replanPublication(trx, event, now);
  const hasMoved = dayAt(before.startsAt, before.timeZone) !== dayAt(event.startsAt, event.timeZone);
  if (hasMoved && event.seriesId) await flagDates(trx, event.seriesId, now, event.id);
}

/** Moves the moment at which a draft publishes itself to where its day is now; one that was never to stays so. */
export async function replanPublication(trx: Trx, event: LockedEvent, now: Date): Promise<void> {
  if (event.state !== 'draft' || !event.publishAt || !event.seriesId) return;
  const series = await trx
    .selectFrom('series')
    .select('publishDaysBefore')
    .where('id', '=', event.seriesId)
    .executeTakeFirstOrThrow();
  const quiet = { from: event.quietFrom, until: event.quietUntil };
  await trx
    .updateTable('events')
    .set({ publishAt: publicationOf(event, series.publishDaysBefore, quiet, now) })
    .where('id', '=', event.id)
    .execute();
}
