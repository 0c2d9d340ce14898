import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';

/** How long after an event its hosts may still put right who was there. */
const hostsAfterMs = 2 * 86_400_000;

/** The chapters that a person coordinates now, by name. */
export async function findCoordinatedChapters(db: Db, personId: string, now: Date) {
  return db
    .selectFrom('chapters')
    .selectAll()
    .where('id', 'in', (chapters) =>
      chapters
        .selectFrom('memberships')
        .select('chapterId')
        .where('personId', '=', personId)
        .where('role', '=', 'coordinator')
        .where(isCurrent('memberships', now)),
    )
    .orderBy('name')
    .orderBy('id')
    .execute();
}

/** The events at whose door a person helps, from when she was asked until two days after. */
export async function findHostedEvents(db: Db, personId: string, now: Date) {
  return (
    db
      .selectFrom('eventHosts')
      .innerJoin('events', 'events.id', 'eventHosts.eventId')
      .select(['events.id as eventId', 'events.title', 'events.startsAt', 'events.timeZone'])
      .where('eventHosts.personId', '=', personId)
      // Where it was called off, the door says so.
      .where('events.publishedAt', 'is not', null)
      .where('events.endsAt', '>', new Date(now.getTime() - hostsAfterMs))
      .orderBy('events.startsAt')
      .execute()
  );
}

/** Whether a person administers the network. */
export async function findAdministration(db: Db, personId: string): Promise<boolean> {
  const row = await db
    .selectFrom('networkAdministrators')
    .select('personId')
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row !== undefined;
}
