import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import { holdersOf } from '../events/holders.ts';
import type { Links } from '../web/links.ts';

/** Somebody's invitation to an event, made where she has none. What made an earlier one stays. */
export async function ensureInvitation(
  trx: Trx,
  links: Links,
  invitation: {
    event: { id: string; chapterId: string };
    personId: string;
    source: 'member' | 'coordinator' | 'walk_in' | 'link' | 'public';
    now: Date;
  },
): Promise<void> {
  const { event, personId, source, now } = invitation;
  await trx
    .insertInto('invitations')
    .values({
      eventId: event.id,
      personId,
      chapterId: event.chapterId,
      source,
      calendarUid: links.calendarUid(event.id, personId),
      createdAt: now,
    })
    .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doNothing())
    .execute();
}

/** Whether somebody has to do with an event: she is invited, or belongs to a chapter that holds it now. */
export async function concernsEvent(
  db: Db,
  event: { id: string; chapterId: string },
  personId: string,
  now: Date,
): Promise<boolean> {
  const found = await db
    .selectFrom('people')
    .select('people.id')
    .where('people.id', '=', personId)
    .where('people.erasedAt', 'is', null)
    .where((where) =>
      where.or([
        where.exists(
          where
            .selectFrom('invitations')
            .select('invitations.id')
            .whereRef('invitations.personId', '=', 'people.id')
            .where('invitations.eventId', '=', event.id),
        ),
        where.exists(
          where
            .selectFrom('memberships')
            .select('memberships.id')
            .whereRef('memberships.personId', '=', 'people.id')
            .where('memberships.chapterId', '=', holdersOf(event))
            .where(isCurrent('memberships', now)),
        ),
      ]),
    )
    .executeTakeFirst();
  return found !== undefined;
}
