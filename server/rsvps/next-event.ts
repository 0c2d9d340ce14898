import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Format, Mode, RsvpState } from './rules.ts';

/**
 * The chapter's next published event that somebody is invited to or that everybody may see; one that she has said no to
 * only where there is no other.
 * @returns undefined where nothing is planned for her; `invitationId` is null where it is open to everybody and she has
 *   no invitation yet
 */
export async function findNextEvent(
  db: Db,
  { chapterId, personId, now }: { chapterId: string; personId: string; now: Date },
) {
  return db
    .selectFrom('events as e')
    .leftJoin('invitations as i', (join) =>
      join.onRef('i.eventId', '=', 'e.id').on('i.personId', '=', personId),
    )
    .leftJoin('rsvps as r', (join) => join.onRef('r.eventId', '=', 'e.id').on('r.personId', '=', personId))
    .select(['e.id', 'e.chapterId', 'e.title', 'e.startsAt', 'e.endsAt', 'e.timeZone', 'e.venueName'])
    .select(['e.answersCloseAt', 'i.id as invitationId'])
    .select(sql<Format>`e.format`.as('format'))
    .select([sql<RsvpState | null>`r.state`.as('rsvpState'), sql<Mode | null>`r.mode`.as('mode')])
    .where('e.chapterId', '=', chapterId)
    .where('e.state', '=', 'published')
    .where('e.startsAt', '>', now)
    .where((where) => where.or([where('e.access', '=', 'public'), where('i.id', 'is not', null)]))
    .orderBy(sql`coalesce(r.state in ('declined', 'withdrawn'), false)`)
    .orderBy('e.startsAt')
    .orderBy('e.id')
    .limit(1)
    .executeTakeFirst();
}

export type NextEvent = NonNullable<Awaited<ReturnType<typeof findNextEvent>>>;
