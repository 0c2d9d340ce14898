import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { answerOf, nameOnLink, type PastAnswer, type RsvpPageRow } from './page-row.ts';
import { findQueuePlace } from './queries.ts';
import type { Mode, RsvpState } from './rules.ts';

const taken = (mode: Mode) => sql<number>`(
  select coalesce(sum(1 + x.guests), 0)::int from rsvps x
  where x.event_id = e.id and x.mode = ${mode} and x.state in ('going', 'offered'))`;

/** The first name of who invites: whoever made the event, while she coordinates; else who has done so longest. */
export const hostOf = (now: Date) => sql<string | null>`(
  select h.first_name from memberships m join people h on h.id = m.person_id and h.erased_at is null
  where m.chapter_id = e.chapter_id and m.role = 'coordinator'
    and m.starts_at <= ${now} and (m.ends_at is null or m.ends_at > ${now})
  order by (m.person_id = e.created_by) is true desc, m.starts_at, m.id limit 1)`;

/** Everything behind an invitation's link, in one statement. */
export async function findByInvitation(db: Db, invitationId: string, now: Date) {
  return db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .innerJoin('events as e', 'e.id', 'i.eventId')
    .innerJoin('chapters as c', 'c.id', 'e.chapterId')
    .innerJoin('networks as n', (join) => join.onTrue())
    .leftJoin('rsvps as r', (join) =>
      join.onRef('r.eventId', '=', 'i.eventId').onRef('r.personId', '=', 'i.personId'),
    )
    .selectAll('e')
    .select([
      'i.id as invitationId',
      'i.personId',
      'i.createdAt as invitedAt',
      'i.source as invitationSource',
      'i.sequence',
      'i.calendarUid',
      'p.firstName',
      'p.lastName',
      'p.linkEpoch',
      'p.erasedAt',
      'p.locale as personLocale',
      'p.form as personForm',
      'c.slug',
      'c.name as chapterName',
      'c.locale as chapterLocale',
      'c.accentColour',
      'c.replyTo',
      'n.name as networkName',
      'n.form as networkForm',
      'r.state as rsvpState',
      'r.mode',
      'r.guests',
      'r.offerExpiresAt',
      'r.offerLapsedAt',
      'r.reconfirmedAt',
      'r.answeredAt',
      'r.note',
      'r.visible',
    ])
    .select([taken('room').as('takenRoom'), taken('online').as('takenOnline'), hostOf(now).as('host')])
    .where('i.id', '=', invitationId)
    .executeTakeFirst();
}

export type InvitationRow = NonNullable<Awaited<ReturnType<typeof findByInvitation>>>;

/** The row with what only an answer brings along: guests, her place, who else is coming, what she had said before. */
export async function completeRow(db: Db, row: InvitationRow): Promise<RsvpPageRow> {
  const answered = row.rsvpState !== null;
  const more = answered ? await findAroundAnswer(db, row) : nothingAround;
  return {
    event: row as unknown as RsvpPageRow['event'],
    invitedAt: row.invitedAt,
    person: row,
    chapter: row,
    host: row.host,
    rsvp: answered ? ({ ...row, state: row.rsvpState } as RsvpPageRow['rsvp']) : null,
    taken: { room: row.takenRoom, online: row.takenOnline },
    ...more,
  };
}

type Around = Pick<RsvpPageRow, 'guests' | 'place' | 'others' | 'previous'>;

const nothingAround: Around = { guests: [], place: null, others: { names: [], more: 0 }, previous: null };

/** So many of those who come are named. */
const namedOthers = 8;

async function findAroundAnswer(db: Db, row: InvitationRow): Promise<Around> {
  const { id: eventId, personId } = row;
  const going = row.rsvpState === 'going';
  const [guests, place, history, others] = await Promise.all([
    db
      .selectFrom('rsvpGuests')
      .select('name')
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .orderBy('position')
      .execute(),
    row.rsvpState === 'waitlisted' ? findQueuePlace(db, eventId, personId) : null,
    db
      .selectFrom('rsvpHistory')
      .select(['state', 'mode', 'guests'])
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .where('source', '<>', 'system')
      .orderBy('id', 'desc')
      .limit(5)
      .execute(),
    going ? findOthers(db, eventId, personId) : nothingAround.others,
  ]);
  const now = pastAnswer({ state: row.rsvpState, mode: row.mode, guests: row.guests });
  const past = history.map(pastAnswer);
  return {
    guests: guests.map(({ name }) => name),
    place,
    others,
    previous: past.find((answer) => !isSame(answer, now)) ?? null,
  };
}

function pastAnswer(row: { state: string | null; mode: string | null; guests: number | null }): PastAnswer {
  return { answer: answerOf(row.state as RsvpState), mode: row.mode as Mode, guests: row.guests ?? 0 };
}

// Two refusals are the same, whatever seats they gave up.
function isSame(a: PastAnswer, b: PastAnswer): boolean {
  return a.answer === b.answer && (a.answer === 'no' || (a.mode === b.mode && a.guests === b.guests));
}

async function findOthers(db: Db, eventId: string, personId: string): Promise<RsvpPageRow['others']> {
  const rows = await db
    .selectFrom('rsvps as r')
    .innerJoin('people as p', 'p.id', 'r.personId')
    .select(['p.firstName', 'p.lastName', 'r.visible'])
    .select(sql<number>`count(*) over ()::int`.as('all'))
    .where('r.eventId', '=', eventId)
    .where('r.personId', '<>', personId)
    .where('r.state', '=', 'going')
    .where('p.erasedAt', 'is', null)
    .orderBy('r.visible', 'desc')
    .orderBy('r.answeredAt')
    .limit(namedOthers)
    .execute();
  const names = rows.filter(({ visible }) => visible).map(nameOnLink);
  return { names, more: (rows[0]?.all ?? 0) - names.length };
}
