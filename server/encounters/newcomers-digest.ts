import type { Deps } from '../deps.ts';
import { resolveWallClock, shiftDays, wallClockAt } from '../events/local-time.ts';
import { findCoordinators, sendToOne, wereSent } from '../mailings/personal.ts';
import { isoDay } from '../web/dates.ts';
import { listNewcomers } from './newcomers.ts';

const hour = 3_600_000;

/**
 * Tells the coordinators at 17:00 of the day before an event who comes for the first time, so that each finds somebody to
 * keep her company. Nothing where nobody is new; a function of the clock that may run as often as it likes.
 */
export async function planNewcomers(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const { db } = deps;
  const now = deps.clock();
  const events = await db
    .selectFrom('events')
    .select(['id', 'chapterId', 'startsAt', 'timeZone'])
    .where('state', '=', 'published')
    .where('startsAt', '>', new Date(now.getTime() + 2 * hour))
    .where('startsAt', '<=', new Date(now.getTime() + 32 * hour))
    .execute();
  for (const event of events) {
    const start = wallClockAt(event.startsAt, event.timeZone);
    const eve = { ...shiftDays(start, { days: -1 }), hour: 17, minute: 0, second: 0, millisecond: 0 };
    if (now < resolveWallClock(eve, event.timeZone).at) continue;
    const coordinators = await findCoordinators(db, event.chapterId, now);
    // The day is part of the cause: an event that was put off is told again on its new eve.
    const date = isoDay(event.startsAt, event.timeZone);
    const mails = coordinators.map(({ personId }) => ({
      kind: 'digest' as const,
      personId,
      chapterId: event.chapterId,
      eventId: event.id,
      cause: `newcomers:${event.id}:${date}:${personId}`,
      data: { variant: 'newcomers' },
    }));
    // Who says yes after that is told by the evening's answers and the morning's list.
    if (mails.length === 0 || (await wereSent(db, mails))) continue;
    if ((await listNewcomers(db, event.id)).length === 0) continue;
    await db.transaction().execute((trx) => sendToOne(trx, mails, now));
  }
}
