import { type Actor, audit } from '../audit.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';

/** The chapters that hold an event, or were asked to, beside its own. */
export async function listCohosts(db: Db, eventId: string) {
  return db
    .selectFrom('eventCohosts as h')
    .innerJoin('chapters as c', 'c.id', 'h.chapterId')
    .select(['c.id', 'c.name', 'c.slug', 'h.acceptedAt'])
    .where('h.eventId', '=', eventId)
    .orderBy('c.name')
    .orderBy('c.id')
    .execute();
}

/** The network's other chapters that may still be asked to hold an event. */
export async function listAskable(db: Db, event: { id: string; chapterId: string }) {
  return db
    .selectFrom('chapters as c')
    .select(['c.id', 'c.name'])
    .where('c.id', '<>', event.chapterId)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('eventCohosts as h')
            .select('h.chapterId')
            .whereRef('h.chapterId', '=', 'c.id')
            .where('h.eventId', '=', event.id),
        ),
      ),
    )
    .orderBy('c.name')
    .orderBy('c.id')
    .limit(500)
    .execute();
}

/** The events to come that some chapters were asked to hold too, and have not answered. */
export async function listAsked(db: Db, chapterIds: readonly string[], now: Date) {
  if (chapterIds.length === 0) return [];
  return db
    .selectFrom('eventCohosts as h')
    .innerJoin('events as e', 'e.id', 'h.eventId')
    .innerJoin('chapters as first', 'first.id', 'e.chapterId')
    .innerJoin('chapters as asked', 'asked.id', 'h.chapterId')
    .leftJoin('people as p', 'p.id', 'h.askedBy')
    .select(['e.id as eventId', 'e.title', 'e.startsAt', 'e.endsAt', 'e.timeZone', 'e.format'])
    .select(['e.venueName', 'e.venueAddress', 'e.description', 'h.askedAt'])
    .select(['first.name as firstName', 'asked.name as chapterName', 'asked.slug', 'asked.id as chapterId'])
    .select('p.firstName as askedBy')
    .where('h.chapterId', 'in', chapterIds)
    .where('h.acceptedAt', 'is', null)
    .where('e.state', 'in', ['draft', 'published'])
    .where('e.endsAt', '>', now)
    .orderBy('e.startsAt')
    .orderBy('e.id')
    .limit(50)
    .execute();
}

type OfEvent = { eventId: string; chapterId: string; actor: Actor };
type CohostOutcome = { ok: true } | { ok: false; reason: 'not_found' | 'over' };

/**
 * Asks another chapter to hold an event too. Whoever coordinates both has agreed by asking.
 * @param agreed whether whoever asks may speak for the other chapter
 */
export async function askCohost(
  deps: Pick<Deps, 'db' | 'clock'>,
  { eventId, chapterId, actor, agreed }: OfEvent & { agreed: boolean },
): Promise<CohostOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await trx.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirst();
    const chapter = await trx
      .selectFrom('chapters')
      .select('id')
      .where('id', '=', chapterId)
      .executeTakeFirst();
    if (!event || !chapter || chapter.id === event.chapterId) return { ok: false, reason: 'not_found' };
    if (isOver(event, now)) return { ok: false, reason: 'over' };
    await trx
      .insertInto('eventCohosts')
      .values({
        eventId,
        chapterId,
        askedBy: actor.kind === 'person' ? actor.id : null,
        askedAt: now,
        acceptedAt: agreed ? now : null,
      })
      .onConflict((conflict) =>
        agreed
          ? conflict.columns(['eventId', 'chapterId']).doUpdateSet({ acceptedAt: now })
          : conflict.columns(['eventId', 'chapterId']).doNothing(),
      )
      .execute();
    await note(trx, { eventId, chapterId, actor }, agreed ? 'event.cohost_joined' : 'event.cohost_asked');
    return { ok: true };
  });
}

/** A chapter that was asked agrees: from now on the event is its own too. */
export async function acceptCohosting(deps: Pick<Deps, 'db' | 'clock'>, of: OfEvent): Promise<CohostOutcome> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const event = await trx.selectFrom('events').selectAll().where('id', '=', of.eventId).executeTakeFirst();
    if (!event) return { ok: false, reason: 'not_found' };
    if (isOver(event, now)) return { ok: false, reason: 'over' };
    const accepted = await trx
      .updateTable('eventCohosts')
      .set((set) => ({ acceptedAt: set.fn.coalesce('acceptedAt', set.val(now)) }))
      .where('eventId', '=', of.eventId)
      .where('chapterId', '=', of.chapterId)
      .executeTakeFirst();
    if (accepted.numUpdatedRows === 0n) return { ok: false, reason: 'not_found' };
    await note(trx, of, 'event.cohost_joined');
    return { ok: true };
  });
}

/** A chapter holds an event no longer, or does not want to. Whoever was invited stays so. */
export async function endCohosting(deps: Pick<Deps, 'db'>, of: OfEvent): Promise<CohostOutcome> {
  return deps.db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('eventCohosts')
      .where('eventId', '=', of.eventId)
      .where('chapterId', '=', of.chapterId)
      .executeTakeFirst();
    if (gone.numDeletedRows === 0n) return { ok: false, reason: 'not_found' };
    await note(trx, of, 'event.cohost_left');
    return { ok: true };
  });
}

function isOver(event: { state: string; endsAt: Date }, now: Date): boolean {
  return event.state === 'cancelled' || event.state === 'ended' || event.endsAt <= now;
}

function note(db: Db, { eventId, chapterId, actor }: OfEvent, action: string): Promise<void> {
  return audit(db, { actor, chapterId, action, subjectType: 'event', subjectId: eventId });
}
