import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { capacityOf, type Format, type Mode, modes, modesOf } from '../rsvps/rules.ts';

/** What pages show of an event, over the alias `e`. */
export const shownColumns = [
  'e.id',
  'e.chapterId',
  'e.seriesId',
  'e.title',
  'e.description',
  'e.format',
  'e.venueName',
  'e.venueAddress',
  'e.joinUrl',
  'e.timeZone',
  'e.startsAt',
  'e.endsAt',
  'e.seatsRoom',
  'e.seatsOnline',
  'e.guestsAllowed',
  'e.maybeAllowed',
  'e.access',
  'e.cost',
  'e.bring',
  'e.answersCloseAt',
  'e.lateWindowHours',
  'e.state',
  'e.revision',
  'e.changedAt',
  'e.publishedAt',
  'e.cancelledAt',
  'e.cancelReason',
  'e.movedAt',
  'e.movedFrom',
  'e.roomCompleteAt',
  'e.onlineCompleteAt',
] as const;

/** An event with its chapter's address, or undefined. */
export async function findEvent(db: Db, eventId: string) {
  return db
    .selectFrom('events')
    .innerJoin('chapters', 'chapters.id', 'events.chapterId')
    .selectAll('events')
    .select('chapters.slug as chapterSlug')
    .where('events.id', '=', eventId)
    .executeTakeFirst();
}

export type EventWithChapter = NonNullable<Awaited<ReturnType<typeof findEvent>>>;

/** How an event's invitations are answered. Guests are those of people who are going. */
export type AnswerCounts = {
  going: number;
  maybe: number;
  /** Every no, withdrawals included. */
  declined: number;
  waitlisted: number;
  offered: number;
  guests: number;
  /** Null for no limit; 0 in a mode that the event does not offer. */
  seatsLeft: number | null;
};

type Capacity = { id: string; format: string; seatsRoom: number | null; seatsOnline: number | null };

/** The counts by mode, and those of both together. */
export async function countAnswers(
  db: Db,
  event: Capacity,
): Promise<AnswerCounts & Record<Mode, AnswerCounts>> {
  const of = (state: string) => sql<number>`count(*) filter (where state in (${sql.raw(state)}))::int`;
  const rows = await db
    .selectFrom('rsvps')
    .where('eventId', '=', event.id)
    .groupBy('mode')
    .select([
      'mode',
      of("'going'").as('going'),
      of("'maybe'").as('maybe'),
      of("'declined', 'withdrawn'").as('declined'),
      of("'waitlisted'").as('waitlisted'),
      of("'offered'").as('offered'),
      sql<number>`coalesce(sum(guests) filter (where state = 'going'), 0)::int`.as('guests'),
      // A held seat counts as taken.
      sql<number>`coalesce(sum(1 + guests) filter (where state in ('going', 'offered')), 0)::int`.as('taken'),
    ])
    .execute();
  const [room, online] = modes.map((mode) => {
    const { mode: _, taken, ...counts } = rows.find((row) => row.mode === mode) ?? nothing;
    return { ...counts, seatsLeft: seatsLeft(event, mode, taken) };
  }) as [AnswerCounts, AnswerCounts];
  const inAll = (key: Exclude<keyof AnswerCounts, 'seatsLeft'>) => room[key] + online[key];
  return {
    going: inAll('going'),
    maybe: inAll('maybe'),
    declined: inAll('declined'),
    waitlisted: inAll('waitlisted'),
    offered: inAll('offered'),
    guests: inAll('guests'),
    seatsLeft:
      room.seatsLeft === null || online.seatsLeft === null ? null : room.seatsLeft + online.seatsLeft,
    room,
    online,
  };
}

const nothing = { mode: '', going: 0, maybe: 0, declined: 0, waitlisted: 0, offered: 0, guests: 0, taken: 0 };

function seatsLeft(event: Capacity, mode: Mode, taken: number): number | null {
  if (!modesOf(event.format as Format).includes(mode)) return 0;
  const capacity = capacityOf(event, mode);
  return capacity === null ? null : Math.max(0, capacity - taken);
}
