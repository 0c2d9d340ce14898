import { type RawBuilder, sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import { ask, askLast, askTogether, prepared } from '../db/prepared.ts';
import { mailsToEach } from '../mailings/personal.ts';
import { seenLast } from '../people/consents.ts';
import { type AnsweredEvent, type KeptAnswer, seatSums } from './queries.ts';

/** What an answer asks: the event's lock with all that it depends on, and one statement that writes it down. */

/** Whose answer: of an invitation, or of a person to an event. */
type Of = { invitationId: string } | { eventId: string; personId: string };

const eventLocked = (which: (id: RawBuilder<string>) => RawBuilder<string>) =>
  prepared<{ id: string }>()((db, { id }) =>
    db
      .selectFrom('events')
      .innerJoin('chapters', 'chapters.id', 'events.chapterId')
      .select(eventColumns)
      .select(['chapters.quietFrom', 'chapters.quietUntil'])
      .where('events.id', '=', which(sql`${id}::uuid`))
      .modifyEnd(sql`for no key update of events`),
  );
const eventLockedById = eventLocked((id) => id);
const eventLockedByInvitation = eventLocked((id) => sql`(select event_id from invitations where id = ${id})`);

const standingOf = <P extends { now: Date }>(which: (values: P) => RawBuilder<boolean>) =>
  prepared<P>()((db, values) =>
    db
      .selectFrom('invitations as i')
      .innerJoin('people as p', 'p.id', 'i.personId')
      .innerJoinLateral(
        (from) =>
          from
            .selectFrom('rsvps')
            .whereRef('rsvps.eventId', '=', 'i.eventId')
            .where('rsvps.state', 'in', ['going', 'offered', 'waitlisted'])
            .select(seatSums(values.now))
            .as('s'),
        (join) => join.onTrue(),
      )
      .leftJoin('rsvps as r', (join) =>
        join.onRef('r.eventId', '=', 'i.eventId').onRef('r.personId', '=', 'i.personId'),
      )
      .select(['s.room', 's.online', 's.waiting', 's.lapsed', 'i.personId', 'p.linkEpoch', 'p.erasedAt'])
      .select(['i.visible', 'i.invitedByPersonId', seenLast(sql`i.person_id`).as('seenLast')])
      .select(['r.state', 'r.mode', 'r.guests', 'r.queuedAt', 'r.offerExpiresAt', 'r.offerLapsedAt'])
      .select(['r.late', 'r.reconfirmedAt', 'r.note', 'r.source', 'r.answeredAt'])
      .where(which(values)),
  );
const standingOfPerson = standingOf<{ eventId: string; personId: string; now: Date }>(
  ({ eventId, personId }) => sql`i.event_id = ${eventId} and i.person_id = ${personId}`,
);
const standingOfInvitation = standingOf<{ invitationId: string; now: Date }>(
  ({ invitationId }) => sql`i.id = ${invitationId}`,
);

/** Where an invited person stands, and the seats of her event, as they are under the event's lock. */
export type StandingNow = (typeof standingOfPerson)['row'];

/**
 * Locks the event against every other path that takes or frees a seat, and reads behind the lock what an answer depends
 * on: one round trip. Either is undefined where there is no such event, or no such invitation.
 */
export async function lockForAnswer(
  trx: Trx,
  of: Of,
  now: Date,
): Promise<{ event: AnsweredEvent | undefined; standing: StandingNow | undefined }> {
  // Two statements: one alone would wait for the lock and then read what was there before it waited.
  const [[event], [standing]] = await askTogether(
    trx,
    'invitationId' in of
      ? [eventLockedByInvitation.with({ id: of.invitationId }), standingOfInvitation.with({ ...of, now })]
      : [eventLockedById.with({ id: of.eventId }), standingOfPerson.with({ ...of, now })],
  );
  return { event, standing };
}

/** The same standing, where the event is locked already. */
export async function findStanding(
  trx: Trx,
  of: { eventId: string; personId: string },
  now: Date,
): Promise<StandingNow | undefined> {
  const [standing] = await ask(trx, standingOfPerson.with({ ...of, now }));
  return standing;
}

/** What stands from now on, the change that led there, and the mail that tells her. */
export type WrittenAnswer = KeptAnswer & {
  template: 'confirmation' | 'standing_yes';
  mailAt: Date;
};

// Her calendar takes an entry only if its sequence is newer (RFC 5546 section 2.1.4).
const answerWritten = prepared<WrittenAnswer>()(
  (_db, a) => sql<{ id: string }>`
    with kept as (
      insert into rsvps (event_id, person_id, chapter_id, state, mode, guests, queued_at, offer_expires_at,
        offer_lapsed_at, late, reconfirmed_at, note, source, answered_at)
      values (${a.eventId}, ${a.personId}, ${a.chapterId}, ${a.state}, ${a.mode}, ${a.guests}, ${a.queuedAt},
        ${a.offerExpiresAt}, ${a.offerLapsedAt}, ${a.late}, ${a.reconfirmedAt}, ${a.note}, ${a.source}, ${a.answeredAt})
      on conflict (event_id, person_id) do update set state = excluded.state, mode = excluded.mode,
        guests = excluded.guests, queued_at = excluded.queued_at, offer_expires_at = excluded.offer_expires_at,
        offer_lapsed_at = excluded.offer_lapsed_at, late = excluded.late, reconfirmed_at = excluded.reconfirmed_at,
        note = excluded.note, source = excluded.source, answered_at = excluded.answered_at
      returning event_id, person_id, chapter_id, state, mode, guests, source, late, answered_at
    ), told as (
      insert into rsvp_history (event_id, person_id, chapter_id, state, mode, guests, source, late, at)
      select event_id, person_id, chapter_id, state, mode, guests, source, late, answered_at from kept
      returning id, event_id, person_id, chapter_id, state
    ), raised as (
      update invitations set sequence = sequence + 1 where event_id = ${a.eventId} and person_id = ${a.personId}
    ), ${mailsToEach(
      sql`(select 'confirmation' as kind, ${a.template}::text as template, person_id, chapter_id, event_id,
        null::uuid as message_id, 'answer:' || id as cause,
        jsonb_build_object('historyId', id, 'state', state) as data from told) as m`,
      a.mailAt,
    )}
    select id from told`,
);

/**
 * Writes a changed answer down, with its history and the mail that confirms it.
 * @param isAll nothing else is to be done: the transaction is committed with it
 * @returns the id of its row in the history
 */
export async function writeAnswer(
  trx: Trx,
  answer: WrittenAnswer,
  { isAll }: { isAll: boolean },
): Promise<string> {
  const call = answerWritten.with(answer);
  const [row] = isAll ? await askLast(trx, call) : await ask(trx, call);
  return row!.id;
}

/** What an answer has to know of its event. */
const eventColumns = [
  'events.id',
  'events.chapterId',
  'events.state',
  'events.format',
  'events.timeZone',
  'events.startsAt',
  'events.endsAt',
  'events.answersCloseAt',
  'events.seatsRoom',
  'events.seatsOnline',
  'events.guestsAllowed',
  'events.maybeAllowed',
  'events.lateWindowHours',
  'events.promotion',
] as const;
