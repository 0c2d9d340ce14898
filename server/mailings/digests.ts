import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { resolveWallClock, wallClockAt } from '../events/local-time.ts';
import { isoDay } from '../web/dates.ts';
import { findCoordinators, type PersonalMail, sendToOne } from './personal.ts';

/**
 * What a coordinator hears without looking: in the evening the answers that changed, on the morning of an event who
 * comes. A function of the clock that may run as often as it likes: each mail has its cause, and a cause its one mail.
 */

const hour = 3_600_000;
const evening = { from: 19, until: 22 };
const listHour = 8;
/** How far back the first digest of a chapter looks, and one after a long silence. */
const longestLook = 7 * 24 * hour;

type Needs = Pick<Deps, 'db' | 'clock'>;

export async function planDigests(deps: Needs): Promise<void> {
  const now = deps.clock();
  await planEvenings(deps, now);
  await planLists(deps, now);
}

/** One digest a chapter and evening, at 19:00 of its own clock, and only where an answer changed since the last. */
async function planEvenings(deps: Needs, now: Date): Promise<void> {
  const chapters = await deps.db.selectFrom('chapters').select(['id', 'timeZone']).execute();
  for (const chapter of chapters) {
    const local = wallClockAt(now, chapter.timeZone);
    // Past 22 nobody wants it any more: the next evening tells it.
    if (local.hour < evening.from || local.hour >= evening.until) continue;
    const latest = await findLatestChange(deps.db, chapter.id);
    if (!latest || now.getTime() - latest.getTime() > longestLook) continue;
    const coordinators = await findCoordinators(deps.db, chapter.id, now);
    const date = isoDay(now, chapter.timeZone);
    const mails = coordinators.map(({ personId }) => ({
      personId,
      cause: `digest:${chapter.id}:${date}:${personId}`,
    }));
    const sent = await findCauses(
      deps.db,
      mails.map(({ cause }) => cause),
    );
    // Once one of them has this evening's, what came later belongs to the next.
    if (mails.length === 0 || sent.length > 0) continue;
    const since = await findLastDigest(deps.db, chapter.id, now);
    if (latest <= since) continue;
    await send(
      deps,
      mails.map((mail) => ({
        ...mail,
        chapterId: chapter.id,
        eventId: null,
        data: { variant: 'evening', since: since.toISOString() },
      })),
      now,
    );
  }
}

/** Who comes, at 8:00 of the event's own clock on its day; before an early start two hours ahead. */
async function planLists(deps: Needs, now: Date): Promise<void> {
  const events = await deps.db
    .selectFrom('events')
    .select(['id', 'chapterId', 'startsAt', 'timeZone'])
    .where('state', '=', 'published')
    .where('startsAt', '>', now)
    .where('startsAt', '<=', new Date(now.getTime() + 26 * hour))
    .execute();
  for (const event of events) {
    const start = wallClockAt(event.startsAt, event.timeZone);
    const morning = resolveWallClock(
      { ...start, hour: listHour, minute: 0, second: 0, millisecond: 0 },
      event.timeZone,
    ).at;
    const due = Math.min(morning.getTime(), event.startsAt.getTime() - 2 * hour);
    if (now.getTime() < due) continue;
    const coordinators = await findCoordinators(deps.db, event.chapterId, now);
    const date = isoDay(event.startsAt, event.timeZone);
    const mails = coordinators.map(({ personId }) => ({
      personId,
      chapterId: event.chapterId,
      eventId: event.id,
      // The day is part of the cause: an event that was put off is listed again on its new morning.
      cause: `list:${event.id}:${date}:${personId}`,
      data: { variant: 'morning' },
    }));
    const sent = new Set(
      await findCauses(
        deps.db,
        mails.map(({ cause }) => cause),
      ),
    );
    await send(
      deps,
      mails.filter(({ cause }) => !sent.has(cause)),
      now,
    );
  }
}

async function send(deps: Needs, mails: readonly Omit<PersonalMail, 'kind'>[], now: Date): Promise<void> {
  if (mails.length === 0) return;
  await deps.db.transaction().execute((trx) =>
    sendToOne(
      trx,
      mails.map((mail) => ({ ...mail, kind: 'digest' as const })),
      now,
    ),
  );
}

async function findLatestChange(db: Db, chapterId: string): Promise<Date | null> {
  const row = await db
    .selectFrom('rsvpHistory')
    .select('at')
    .where('chapterId', '=', chapterId)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.at ?? null;
}

async function findLastDigest(db: Db, chapterId: string, now: Date): Promise<Date> {
  const row = await db
    .selectFrom('mailings')
    .select((select) => select.fn.max('dueAt').as('at'))
    .where('chapterId', '=', chapterId)
    .where('kind', '=', 'digest')
    .where('cause', 'like', `digest:${chapterId}:%`)
    .executeTakeFirst();
  const earliest = new Date(now.getTime() - longestLook);
  return row?.at && row.at > earliest ? row.at : earliest;
}

async function findCauses(db: Db, causes: readonly string[]): Promise<string[]> {
  if (causes.length === 0) return [];
  const rows = await db
    .selectFrom('mailings')
    .select('cause')
    .where('cause', 'in', [...causes])
    .execute();
  return rows.map((row) => row.cause);
}
