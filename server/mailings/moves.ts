import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { whatMoved } from '../events/rules.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { closeOpen, insertMailing } from './planned.ts';
import { outOfQuietHours } from './timing.ts';

/** The time, place and format that people know of, before a move. */
export type MovedFrom = {
  startsAt: string;
  endsAt: string;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

/**
 * Plans the one mail that tells those concerned of a move. An earlier one that has not left yet gives way to it and
 * hands over what it would have said stood there before; where the event is back there, nobody need hear of it.
 * @returns what people know stood there before, or null where the event is back
 */
export async function planUpdate(
  trx: Trx,
  deps: Deps,
  event: LockedEvent,
  old: MovedFrom,
  now: Date,
): Promise<MovedFrom | null> {
  const earlier = await trx
    .selectFrom('mailings')
    .select(['id', 'data'])
    .where('eventId', '=', event.id)
    .where('kind', '=', 'update')
    .where('state', 'in', ['planned', 'held'])
    // Either it has begun to leave, and this one follows it, or it never will.
    .forUpdate()
    .executeTakeFirst();
  const known = (earlier?.data as { old?: MovedFrom } | undefined)?.old ?? old;
  if (earlier) await closeOpen(trx, [earlier.id], 'cancelled', 'superseded', now);
  const knownStart = new Date(known.startsAt);
  const isBack =
    whatMoved({ ...known, startsAt: knownStart, endsAt: new Date(known.endsAt) }, event).length === 0;
  if (isBack) return null;
  await insertMailing(trx, deps, {
    event,
    kind: 'update',
    template: 'update',
    audience: 'affected',
    cause: `update:${event.id}:${event.revision}`,
    exact: true,
    // Who knows of an earlier start would be on her way by then.
    dueAt: soon(event, knownStart < event.startsAt ? knownStart : event.startsAt, now),
    data: { old: known, revision: event.revision },
  });
  return known;
}

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
    dueAt: soon(event, event.startsAt, now),
  });
}

/** At once if the start that people know of is less than a day away, else when the quiet hours are over. */
function soon(event: LockedEvent, start: Date, now: Date): Date {
  if (start.getTime() - now.getTime() < 24 * 3_600_000) return now;
  return outOfQuietHours(now, event.timeZone, { from: event.quietFrom, until: event.quietUntil });
}
