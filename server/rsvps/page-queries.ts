import { sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import { ask, askTogether, prepared } from '../db/prepared.ts';
import { type Company, companyOf } from '../encounters/queries.ts';
import { cohostNames } from '../events/holders.ts';
import { shownColumns } from '../events/queries.ts';
import { seenLast } from '../people/consents.ts';
import { findStandingYes } from '../series/standing.ts';
import { answerOf, type PastAnswer, type RsvpPageRow } from './page-row.ts';
import { findQueuePlace } from './queries.ts';
import type { Mode, RsvpState } from './rules.ts';

/** Seats taken by mode, those of the offers held included: `{ room, online }`, in one pass over the answers. */
export const seatsTaken = sql<Record<Mode, number>>`(
  select json_build_object(
    'room', coalesce(sum(1 + x.guests) filter (where x.mode = 'room'), 0),
    'online', coalesce(sum(1 + x.guests) filter (where x.mode = 'online'), 0))
  from rsvps x where x.event_id = e.id and x.state in ('going', 'offered'))`;

export async function findSeatsTaken(db: Db, eventId: string): Promise<Record<Mode, number>> {
  const { taken } = await db
    .selectFrom('events as e')
    .select(seatsTaken.as('taken'))
    .where('e.id', '=', eventId)
    .executeTakeFirstOrThrow();
  return taken;
}

/** The first name of who invites: whoever made the event, while she coordinates; else who has done so longest. */
export const hostOf = (now: Date) => sql<string | null>`(
  select h.first_name from memberships m join people h on h.id = m.person_id and h.erased_at is null
  where m.chapter_id = e.chapter_id and m.role = 'coordinator'
    and ${isCurrent('m', now)}
  order by (m.person_id = e.created_by) is true desc, m.starts_at, m.id limit 1)`;

const invited = prepared<{ invitationId: string; now: Date }>()((db, { invitationId, now }) =>
  db
    .selectFrom('invitations as i')
    .innerJoin('people as p', 'p.id', 'i.personId')
    .innerJoin('events as e', 'e.id', 'i.eventId')
    .innerJoin('chapters as c', 'c.id', 'e.chapterId')
    .innerJoin('networks as n', (join) => join.onTrue())
    .leftJoin('rsvps as r', (join) =>
      join.onRef('r.eventId', '=', 'i.eventId').onRef('r.personId', '=', 'i.personId'),
    )
    .select(shownColumns)
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
      sql<string>`coalesce(c.form, n.form)`.as('networkForm'),
      'r.state as rsvpState',
      'r.mode',
      'r.guests',
      'r.offerExpiresAt',
      'r.offerLapsedAt',
      'r.reconfirmedAt',
      'r.answeredAt',
      'r.note',
      'i.visible',
      'i.inPhotos',
    ])
    .select(
      sql<boolean>`exists (select 1 from event_questions q where q.event_id = e.id and q.removed_at is null)`.as(
        'asks',
      ),
    )
    .select(seenLast(sql`i.person_id`).as('seenLast'))
    .select([seatsTaken.as('taken'), hostOf(now).as('host'), cohostNames.as('cohosts')])
    .where('i.id', '=', invitationId),
);

export type InvitationRow = (typeof invited)['row'];

/** Everything behind an invitation's link, in one statement. */
export async function findByInvitation(
  db: Db,
  invitationId: string,
  now: Date,
): Promise<InvitationRow | undefined> {
  const [row] = await ask(db, invited.with({ invitationId, now }));
  return row;
}

/** What a link stood for that was sent under a row merged into another, and the invitation that it opens now. */
export async function findAliases(db: Db, publicId: string) {
  return db
    .selectFrom('invitationAliases as a')
    .innerJoin('mergedPeople as m', 'm.id', 'a.mergedId')
    .innerJoin('invitations as i', 'i.id', 'a.invitationId')
    .select(['a.invitationId', 'i.eventId', 'm.id as personId', 'm.linkEpoch'])
    .where('a.id', '=', publicId)
    .execute();
}

/** The row with what only an answer brings along: guests, her place, who else is coming, what she had said before. */
export async function completeRow(db: Db, row: InvitationRow, now: Date): Promise<RsvpPageRow> {
  const answered = row.rsvpState !== null;
  const [more, series] = await Promise.all([
    answered ? findAroundAnswer(db, row) : nothingAround,
    row.seriesId ? findStandingYes(db, { seriesId: row.seriesId, personId: row.personId }, now) : null,
  ]);
  return {
    event: row as unknown as RsvpPageRow['event'],
    invitedAt: row.invitedAt,
    person: row,
    chapter: row,
    host: row.host,
    rsvp: answered ? ({ ...row, state: row.rsvpState } as RsvpPageRow['rsvp']) : null,
    isVisible: row.visible || (!answered && row.seenLast),
    taken: row.taken,
    series,
    ...more,
  };
}

type Around = Pick<RsvpPageRow, 'guests' | 'place' | 'others' | 'previous'>;

const nobody: Company = { people: [], more: 0 };
const nothingAround: Around = { guests: [], place: null, others: nobody, previous: null };

async function findAroundAnswer(db: Db, row: InvitationRow): Promise<Around> {
  const of = { eventId: row.id, personId: row.personId };
  const [[[around], [met]], place] = await Promise.all([
    askTogether(db, [aroundAnswer.with(of), companyOf.with(of)]),
    row.rsvpState === 'waitlisted' ? findQueuePlace(db, row.id, row.personId) : null,
  ]);
  const now = pastAnswer({ state: row.rsvpState, mode: row.mode, guests: row.guests });
  const past = around?.history.map(pastAnswer) ?? [];
  return {
    guests: around?.guests ?? [],
    place,
    others: (row.rsvpState === 'going' && met?.company) || nobody,
    previous: past.find((answer) => !isSame(answer, now)) ?? null,
  };
}

type Past = { state: string | null; mode: string | null; guests: number | null };

/** Her guests and her own latest answers. */
const aroundAnswer = prepared<{ eventId: string; personId: string }>()(
  (_db, { eventId, personId }) => sql<{ guests: string[]; history: Past[] }>`
    select
      (select coalesce(json_agg(g.name order by g.position), '[]') from rsvp_guests g
        where g.event_id = ${eventId} and g.person_id = ${personId}) as guests,
      (select coalesce(json_agg(h), '[]') from (
        select state, mode, guests from rsvp_history
        where event_id = ${eventId} and person_id = ${personId} and source <> 'system'
        order by id desc limit 5) h) as history`,
);

function pastAnswer(row: Past): PastAnswer {
  return { answer: answerOf(row.state as RsvpState), mode: row.mode as Mode, guests: row.guests ?? 0 };
}

// Two refusals are the same, whatever seats they gave up.
function isSame(a: PastAnswer, b: PastAnswer): boolean {
  return a.answer === b.answer && (a.answer === 'no' || (a.mode === b.mode && a.guests === b.guests));
}
