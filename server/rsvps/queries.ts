import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { type Format, type Mode, modesOf, type RsvpState, type Standing } from './rules.ts';

/** Locks the event against every other path that takes or frees a seat. Foreign keys do not wait for it. */
export async function lockEvent(trx: Trx, eventId: string) {
  return trx
    .selectFrom('events')
    .innerJoin('chapters', 'chapters.id', 'events.chapterId')
    .selectAll('events')
    .select(['chapters.quietFrom', 'chapters.quietUntil'])
    .where('events.id', '=', eventId)
    .modifyEnd(sql`for no key update of events`)
    .executeTakeFirst();
}

export type LockedEvent = NonNullable<Awaited<ReturnType<typeof lockEvent>>>;

/** As much of it as an answer, and the seats that it frees, depend on. */
export type AnsweredEvent = Pick<
  LockedEvent,
  | 'id'
  | 'chapterId'
  | 'state'
  | 'format'
  | 'timeZone'
  | 'startsAt'
  | 'endsAt'
  | 'answersCloseAt'
  | 'seatsRoom'
  | 'seatsOnline'
  | 'guestsAllowed'
  | 'maybeAllowed'
  | 'lateWindowHours'
  | 'promotion'
  | 'quietFrom'
  | 'quietUntil'
>;

/** Hers as long as she is not erased: an answer that was under way then finds none. */
export async function findInvitation(db: Db, eventId: string, personId: string) {
  return db
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .selectAll('invitations')
    .where('invitations.eventId', '=', eventId)
    .where('invitations.personId', '=', personId)
    .where('people.erasedAt', 'is', null)
    .executeTakeFirst();
}

export async function findRsvp(db: Db, eventId: string, personId: string) {
  return db
    .selectFrom('rsvps')
    .selectAll()
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .executeTakeFirst();
}

export async function findGuests(db: Db, eventId: string, personId: string) {
  return db
    .selectFrom('rsvpGuests')
    .select(['name', 'email'])
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .orderBy('position')
    .execute();
}

/** Seats taken by mode, and whether anybody waits or holds an offer that ran out: over the answers of one event that count. */
export const seatSums = (now: Date) =>
  [
    sql<number>`coalesce(sum(1 + guests) filter (where state <> 'waitlisted' and mode = 'room'), 0)::int`.as(
      'room',
    ),
    sql<number>`coalesce(sum(1 + guests) filter (where state <> 'waitlisted' and mode = 'online'), 0)::int`.as(
      'online',
    ),
    sql<boolean>`coalesce(bool_or(state = 'waitlisted' and offer_lapsed_at is null), false)`.as('waiting'),
    sql<boolean>`coalesce(bool_or(state = 'offered' and offer_expires_at <= ${now}), false)`.as('lapsed'),
  ] as const;

export async function sumSeats(trx: Trx, eventId: string, now: Date) {
  return trx
    .selectFrom('rsvps')
    .where('eventId', '=', eventId)
    .where('state', 'in', ['going', 'offered', 'waitlisted'])
    .select(seatSums(now))
    .executeTakeFirstOrThrow();
}

/** Those who wait, first come first, without those whose last offer ran out. */
export async function findQueue(trx: Trx, eventId: string) {
  return trx
    .selectFrom('rsvps')
    .select(['personId', 'mode', 'guests'])
    .where('eventId', '=', eventId)
    .where('state', '=', 'waitlisted')
    .where('offerLapsedAt', 'is', null)
    .orderBy('queuedAt')
    .orderBy('personId')
    .execute()
    .then((rows) => rows.map((row) => ({ ...row, mode: row.mode as Mode })));
}

export async function lapseOffers(trx: Trx, eventId: string, now: Date) {
  return trx
    .updateTable('rsvps')
    .set({
      state: 'waitlisted',
      offerExpiresAt: null,
      offerLapsedAt: now,
      queuedAt: sql`coalesce(queued_at, ${now})`,
    })
    .where('eventId', '=', eventId)
    .where('state', '=', 'offered')
    .where('offerExpiresAt', '<=', now)
    .returning(['personId', 'mode', 'guests'])
    .execute();
}

export async function giveSeat(
  trx: Trx,
  eventId: string,
  personId: string,
  seat: { state: 'going' | 'offered'; offerExpiresAt: Date | null },
) {
  await trx
    .updateTable('rsvps')
    .set({
      ...seat,
      offerLapsedAt: null,
      // An offer that runs out sends her back to her place in the list.
      ...(seat.state === 'going' && { queuedAt: null }),
    })
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .execute();
}

/** How many with an answer that counts take part in a way that a format does not have. */
export async function countModeChanges(db: Db, eventId: string, format: Format): Promise<number> {
  const { count } = await db
    .selectFrom('rsvps')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('eventId', '=', eventId)
    .where('state', 'in', ['going', 'offered', 'waitlisted', 'maybe'])
    .where('mode', 'not in', modesOf(format))
    .executeTakeFirstOrThrow();
  return count;
}

/** An answer as it is kept. */
export type KeptAnswer = Standing & {
  eventId: string;
  personId: string;
  chapterId: string;
  late: boolean;
  reconfirmedAt: Date | null;
  note: string | null;
  source: RsvpSource;
  answeredAt: Date;
};

export async function saveRsvp(trx: Trx, rsvp: KeptAnswer) {
  const { eventId, personId, chapterId, ...changing } = rsvp;
  await trx
    .insertInto('rsvps')
    .values({ eventId, personId, chapterId, ...changing })
    .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doUpdateSet(changing))
    .execute();
}

export async function replaceGuests(
  trx: Trx,
  of: { eventId: string; personId: string; chapterId: string },
  guests: readonly Guest[],
) {
  await trx
    .deleteFrom('rsvpGuests')
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .execute();
  if (guests.length === 0) return;
  await trx
    .insertInto('rsvpGuests')
    .values(
      guests.map((guest, position) => ({ ...of, position, name: guest.name, email: guest.email ?? null })),
    )
    .execute();
}

export async function addHistory(
  trx: Trx,
  rows: readonly {
    eventId: string;
    personId: string;
    chapterId: string;
    state: RsvpState;
    mode: Mode;
    guests: number;
    source: RsvpSource | 'system';
    late: boolean;
    at: Date;
  }[],
) {
  return trx.insertInto('rsvpHistory').values(rows).returning(['id', 'personId', 'state']).execute();
}

/**
 * Her place in the waiting list of her mode, from 1; null where she does not wait. Those ahead whose offer ran out get
 * no other, so they do not count.
 */
export async function findQueuePlace(db: Db, eventId: string, personId: string): Promise<number | null> {
  const row = await db
    .selectFrom('rsvps as mine')
    .innerJoin('rsvps as ahead', (join) =>
      join
        .onRef('ahead.eventId', '=', 'mine.eventId')
        .onRef('ahead.mode', '=', 'mine.mode')
        .on('ahead.state', '=', 'waitlisted')
        .on(sql<boolean>`(ahead.offer_lapsed_at is null or ahead.person_id = mine.person_id)`)
        .on(sql<boolean>`(ahead.queued_at, ahead.person_id) <= (mine.queued_at, mine.person_id)`),
    )
    .where('mine.eventId', '=', eventId)
    .where('mine.personId', '=', personId)
    .where('mine.state', '=', 'waitlisted')
    .select(sql<number>`count(*)::int`.as('place'))
    .executeTakeFirstOrThrow();
  return row.place || null;
}

export async function findEventsWithLapsedOffers(db: Db, now: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('rsvps')
    .select('eventId')
    .distinct()
    .where('state', '=', 'offered')
    .where('offerExpiresAt', '<=', now)
    .orderBy('eventId')
    .execute();
  return rows.map((row) => row.eventId);
}

export type Guest = { name: string; email?: string | undefined };
export type RsvpSource = 'link' | 'calendar' | 'coordinator' | 'standing' | 'public';
