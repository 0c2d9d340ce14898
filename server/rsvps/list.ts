import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isAnothers } from '../events/holders.ts';

/** A row per invited person with her answer, by the invitation's id, which never changes. */
function answersOf(db: Db, eventId: string) {
  return db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .leftJoin('rsvps', (join) =>
      join
        .onRef('rsvps.eventId', '=', 'invitations.eventId')
        .onRef('rsvps.personId', '=', 'invitations.personId'),
    )
    .select([
      'invitations.id',
      'invitations.eventId',
      'invitations.personId',
      'people.email',
      'people.firstName',
      'people.lastName',
      'people.linkEpoch',
      'people.erasedAt',
      'rsvps.state',
      'rsvps.mode',
      'rsvps.guests',
      'rsvps.queuedAt',
      'rsvps.offerExpiresAt',
      'rsvps.answeredAt',
      'rsvps.note',
      'rsvps.source',
    ])
    .select(
      isAnothers({
        eventId: sql.ref('invitations.event_id'),
        personId: sql.ref('invitations.person_id'),
        chapterId: sql.ref('invitations.chapter_id'),
      }).as('isAnothers'),
    )
    .select(
      sql<string[]>`(select coalesce(array_agg(g.name order by g.position), '{}') from rsvp_guests g
        where g.event_id = invitations.event_id and g.person_id = invitations.person_id)`.as('guestNames'),
    )
    .where('invitations.eventId', '=', eventId);
}

export async function listAnswers(db: Db, eventId: string, page: { after: string | null; limit: number }) {
  return answersOf(db, eventId)
    .$if(page.after !== null, (query) => query.where('invitations.id', '>', page.after))
    .orderBy('invitations.id')
    .limit(page.limit)
    .execute();
}

export async function findAnswer(db: Db, eventId: string, personId: string) {
  return answersOf(db, eventId).where('invitations.personId', '=', personId).executeTakeFirst();
}

export type AnswerRow = Awaited<ReturnType<typeof listAnswers>>[number];
