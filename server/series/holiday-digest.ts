import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { wallClockAt } from '../events/local-time.ts';
import { findCoordinators, sendToOne, wereSent } from '../mailings/personal.ts';
import { dayAt } from './rules.ts';

const day = 86_400_000;
/** So long before its invitations would leave, somebody has to be asked. */
const daysAhead = 7;
/** Where nothing leaves by itself: so long before the date. */
const usualDays = 14;
const hours = { from: 9, until: 20 };

/**
 * The drafts on a public holiday that wait for somebody to decide, the next one first, from a week before their
 * invitations would leave.
 */
export async function listAskedAbout(db: Db, chapterIds: readonly string[] | null, now: Date) {
  if (chapterIds?.length === 0) return [];
  const rows = await db
    .selectFrom('events as e')
    .innerJoin('series as s', 's.id', 'e.seriesId')
    .select(['e.id', 'e.chapterId', 'e.title', 'e.startsAt', 'e.timeZone', 'e.holiday'])
    .select('s.publishDaysBefore')
    .where('e.state', '=', 'draft')
    .where('e.holiday', 'is not', null)
    .where('e.holidayDecidedAt', 'is', null)
    .where('e.startsAt', '>', now)
    .where('s.endedAt', 'is', null)
    .$if(chapterIds !== null, (query) => query.where('e.chapterId', 'in', [...(chapterIds ?? [])]))
    .orderBy('e.startsAt')
    .limit(500)
    .execute();
  return rows.filter(({ startsAt, publishDaysBefore }) => {
    const ahead = (publishDaysBefore ?? usualDays) + daysAhead;
    return startsAt.getTime() - now.getTime() <= (ahead + 1) * day;
  });
}

/**
 * Asks the coordinators once what becomes of a date on a holiday: without an answer its invitations never leave. In the
 * daytime only; a function of the clock that may run as often as it likes.
 */
export async function planHolidayQuestions(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const { db } = deps;
  const now = deps.clock();
  for (const event of await listAskedAbout(db, null, now)) {
    const { hour } = wallClockAt(now, event.timeZone);
    if (hour < hours.from || hour >= hours.until) continue;
    const coordinators = await findCoordinators(db, event.chapterId, now);
    const mails = coordinators.map(({ personId }) => ({
      kind: 'digest' as const,
      personId,
      chapterId: event.chapterId,
      eventId: event.id,
      cause: `holiday:${event.id}:${dayAt(event.startsAt, event.timeZone)}:${personId}`,
      data: { variant: 'holiday', holiday: event.holiday },
    }));
    if (mails.length === 0 || (await wereSent(db, mails))) continue;
    await db.transaction().execute((trx) => sendToOne(trx, mails, now));
  }
}
