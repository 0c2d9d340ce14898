import { sql } from 'kysely';
import { isCurrent } from '../../chapters/current.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import type { Desk } from '../../organizers/guard.ts';
import { isId } from '../page.ts';
import { anyOf } from '../queries.ts';
import { exactMoment, fullName } from '../views.ts';

/** Whose data a text is shown with. Null: an example. */
export type SceneChoice = {
  chapter: { id: string; timeZone: string } | null;
  eventId: string | null;
  personId: string | null;
};

/** What she chose in the form, or what a page begins with; null for an id that is not of her chapter. */
export async function findSceneChoice(
  deps: Pick<Deps, 'db' | 'clock'>,
  asked: {
    chapterId: string | null;
    /** Whose people she may see: an event of several groups has some that are not hers. */
    peopleOf: readonly string[];
    eventId: string | null;
    person: string;
    event: string;
  },
): Promise<SceneChoice | null> {
  const { db } = deps;
  const now = deps.clock();
  const chapter = asked.chapterId
    ? await db
        .selectFrom('chapters')
        .select(['id', 'timeZone'])
        .where('id', '=', asked.chapterId)
        .executeTakeFirstOrThrow()
    : null;
  if (!chapter) return { chapter, eventId: null, personId: null };

  let eventId = asked.eventId;
  if (!eventId && isId(asked.event)) {
    const event = await db
      .selectFrom('events')
      .select('id')
      .where('id', '=', asked.event)
      .where('chapterId', '=', chapter.id)
      .executeTakeFirst();
    if (!event) return null;
    eventId = event.id;
  } else if (!eventId && asked.event !== 'example') {
    const [next] = await eventsOf(db, chapter.id, now).limit(1).execute();
    eventId = next?.id ?? null;
  }

  let personId: string | null = null;
  if (isId(asked.person)) {
    const [person] = await peopleOf(db, asked.peopleOf, now).where('people.id', '=', asked.person).execute();
    if (!person) return null;
    personId = person.id;
  } else if (asked.person !== 'example') {
    const [first] = await peopleOf(db, asked.peopleOf, now).limit(1).execute();
    personId = first?.id ?? null;
  }
  return { chapter, eventId, personId };
}

/** Members to choose from. */
export async function findScenePeople(db: Db, chapterIds: readonly string[], now: Date) {
  if (chapterIds.length === 0) return [];
  const people = await peopleOf(db, chapterIds, now).limit(200).execute();
  return people.map((person) => ({ id: person.id, name: fullName(person) }));
}

/** Events to choose from: what comes next first, then the latest. */
export async function findSceneEvents(db: Db, chapterId: string | null, desk: Desk, now: Date) {
  if (!chapterId) return [];
  const events = await eventsOf(db, chapterId, now).limit(12).execute();
  return events.map((event) => ({
    id: event.id,
    name: `${event.title}, ${exactMoment(event.startsAt, event.timeZone, desk, now)}`,
  }));
}

function peopleOf(db: Db, chapterIds: readonly string[], now: Date) {
  return db
    .selectFrom('people')
    .select(['people.id', 'people.firstName', 'people.lastName'])
    .where('people.erasedAt', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('memberships')
          .select('memberships.id')
          .whereRef('memberships.personId', '=', 'people.id')
          .where('memberships.chapterId', '=', anyOf(chapterIds))
          .where(isCurrent('memberships', now)),
      ),
    )
    .orderBy(sql`people.first_name collate "it-x-icu"`)
    .orderBy(sql`people.last_name collate "it-x-icu"`)
    .orderBy('people.id');
}

function eventsOf(db: Db, chapterId: string, now: Date) {
  return db
    .selectFrom('events')
    .select(['id', 'title', 'startsAt', 'timeZone'])
    .where('chapterId', '=', chapterId)
    .where('state', '<>', 'cancelled')
    .orderBy(sql`ends_at <= ${now}`)
    .orderBy(sql`abs(extract(epoch from starts_at - ${now}::timestamptz))`)
    .orderBy('id');
}
