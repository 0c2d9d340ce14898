import { sql } from 'kysely';
import { isCurrent } from '../../chapters/current.ts';
import type { Db } from '../../db/database.ts';

/** A chapter's series, those that go on first, each with its next date. */
export async function findSeriesOf(db: Db, chapterId: string, now: Date) {
  return db
    .selectFrom('series')
    .select(['id', 'title', 'rule', 'startsAtTime', 'timeZone', 'endedAt'])
    .select((select) =>
      select
        .selectFrom('events')
        .select((event) => event.fn.min('events.startsAt').as('next'))
        .whereRef('events.seriesId', '=', 'series.id')
        .where('events.startsAt', '>', now)
        .where('events.state', 'in', ['draft', 'published'])
        .as('next'),
    )
    .where('chapterId', '=', chapterId)
    .orderBy(sql`ended_at is not null`)
    .orderBy('id', 'desc')
    .limit(100)
    .execute();
}

/** The dates of a series: those to come, the next one first, or the latest that are over. */
export async function findDates(db: Db, seriesId: string, when: 'coming' | 'past', now: Date) {
  const coming = when === 'coming';
  return db
    .selectFrom('events')
    .selectAll()
    .select((select) =>
      select
        .selectFrom('rsvps')
        .select((rsvp) => rsvp.fn.countAll<number>().as('count'))
        .whereRef('rsvps.eventId', '=', 'events.id')
        .where('rsvps.state', '=', 'going')
        .as('going'),
    )
    .where('seriesId', '=', seriesId)
    .where('endsAt', coming ? '>' : '<=', now)
    .orderBy('startsAt', coming ? 'asc' : 'desc')
    .limit(coming ? 60 : 12)
    .execute();
}

export type DeskDate = Awaited<ReturnType<typeof findDates>>[number];

/** A chapter's members by name, and whether each has a standing yes for a series. */
export async function findStanding(db: Db, series: { id: string; chapterId: string }, now: Date) {
  return db
    .selectFrom('people as p')
    .leftJoin('standingYeses as y', (join) =>
      join.onRef('y.personId', '=', 'p.id').on('y.seriesId', '=', series.id).on('y.endedAt', 'is', null),
    )
    .select(['p.id', 'p.firstName', 'p.lastName', 'y.givenAt', 'y.source'])
    .where('p.erasedAt', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('memberships as m')
          .select('m.id')
          .whereRef('m.personId', '=', 'p.id')
          .where('m.chapterId', '=', series.chapterId)
          .where(isCurrent('m', now)),
      ),
    )
    .orderBy(sql`p.first_name collate "it-x-icu"`)
    .orderBy(sql`p.last_name collate "it-x-icu"`)
    .orderBy('p.id')
    .limit(1000)
    .execute();
}
