import { type RawBuilder, sql } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import type { AnsweredEvent } from '../rsvps/queries.ts';
import type { RsvpState } from '../rsvps/rules.ts';
import type { MailKind } from './timing.ts';

/**
 * Mails to one person. Somebody waits for them: they skip the alarm clock and go straight into the ledger, in the
 * transaction that caused them. The cause is unique, so that nothing is confirmed twice.
 */
export type PersonalMail = {
  kind: MailKind;
  template?: string;
  personId: string;
  chapterId: string | null;
  eventId: string | null;
  /** The message to the group that a test shows. */
  messageId?: string;
  cause: string;
  data?: Record<string, unknown>;
};

export async function sendToOne(trx: Trx, mails: readonly PersonalMail[], now: Date): Promise<void> {
  if (mails.length === 0) return;
  const rows = JSON.stringify(
    mails.map((mail) => ({
      kind: mail.kind,
      template: mail.template ?? mail.kind,
      person_id: mail.personId,
      chapter_id: mail.chapterId,
      event_id: mail.eventId,
      message_id: mail.messageId ?? null,
      cause: mail.cause,
      data: mail.data ?? {},
    })),
  );
  const each = sql`jsonb_to_recordset(${rows}::jsonb) as m
    (kind text, template text, person_id uuid, chapter_id uuid, event_id uuid, message_id uuid, cause text, data jsonb)`;
  await sql`with ${mailsToEach(each, now)} select 1`.execute(trx);
}

/** Whether any of these has gone into the ledger before: what is told once to all is not told later to who has come since. */
export async function wereSent(db: Db, mails: readonly PersonalMail[]): Promise<boolean> {
  const causes = mails.map(({ cause }) => cause);
  const sent = await db.selectFrom('mailings').select('id').where('cause', 'in', causes).executeTakeFirst();
  return sent !== undefined;
}

/**
 * The part of a statement's WITH that makes a mail of each row of `m`, which has a `PersonalMail`'s columns; nobody
 * without an address gets one.
 */
export function mailsToEach(m: RawBuilder<unknown>, now: Date): RawBuilder<unknown> {
  return sql`planned as (
      insert into mailings (chapter_id, event_id, message_id, kind, template, person_id, cause, exact, data, due_at, state, started_at)
      select m.chapter_id, m.event_id, m.message_id, m.kind, m.template, m.person_id, m.cause, true, m.data, ${now}, 'sending', ${now}
      from ${m}
      join people p on p.id = m.person_id and p.email is not null and p.erased_at is null
      on conflict on constraint mailings_cause_key do nothing
      -- A test is none of its kind: she gets the real one all the same, once.
      returning id, person_id, chapter_id, event_id, case when data ? 'test' then 'test' else kind end as kind
    ), queued as (
      insert into deliveries (mailing_id, person_id, chapter_id, event_id, kind, priority, next_attempt_at, first_queued_at)
      select id, person_id, chapter_id, event_id, kind, case kind when 'digest' then 1 else 0 end, ${now}, ${now}
      from planned)`;
}

/** One mail for each change of an answer: an offer, or a confirmation of what stands now. */
export async function planAnswerMails(
  trx: Trx,
  event: AnsweredEvent,
  history: readonly { id: string; personId: string; state: string }[],
  now: Date,
): Promise<void> {
  // Her calendar takes an entry only if its sequence is newer (RFC 5546 section 2.1.4).
  await trx
    .updateTable('invitations')
    .set({ sequence: sql`sequence + 1` })
    .where('eventId', '=', event.id)
    .where(
      'personId',
      'in',
      history.map((row) => row.personId),
    )
    .execute();
  await sendToOne(
    trx,
    history.map((row) => ({
      kind: row.state === 'offered' ? 'offer' : 'confirmation',
      personId: row.personId,
      chapterId: event.chapterId,
      eventId: event.id,
      cause: `answer:${row.id}`,
      data: { historyId: row.id, state: row.state as RsvpState },
    })),
    now,
  );
}

/** Tells the member who invited a guest that she is coming. Once. */
export async function planGuestConfirmed(
  trx: Trx,
  event: AnsweredEvent,
  personId: string,
  now: Date,
): Promise<void> {
  const invitation = await trx
    .selectFrom('invitations')
    .select(['id', 'invitedByPersonId'])
    .where('eventId', '=', event.id)
    .where('personId', '=', personId)
    .where('invitedByPersonId', 'is not', null)
    .executeTakeFirst();
  if (!invitation?.invitedByPersonId) return;
  await sendToOne(
    trx,
    [
      {
        kind: 'confirmation',
        template: 'guest_confirmed',
        personId: invitation.invitedByPersonId,
        chapterId: event.chapterId,
        eventId: event.id,
        cause: `guest_confirmed:${invitation.id}`,
        data: { guestId: personId },
      },
    ],
    now,
  );
}

/** Whether an event's late window has begun, in which a seat given up is told to its coordinators at once. */
export function isLate(event: Pick<AnsweredEvent, 'startsAt' | 'lateWindowHours'>, now: Date): boolean {
  return now.getTime() >= event.startsAt.getTime() - event.lateWindowHours * 3_600_000;
}

/** Tells the coordinators at once when somebody gives up her seat in the event's late window. */
export async function planWithdrawalNotice(
  trx: Trx,
  event: AnsweredEvent,
  personId: string,
  historyId: string,
  now: Date,
): Promise<void> {
  if (!isLate(event, now)) return;
  const coordinators = await findCoordinators(trx, event.chapterId, now);
  await sendToOne(
    trx,
    coordinators.map((coordinator) => ({
      kind: 'digest' as const,
      personId: coordinator.personId,
      chapterId: event.chapterId,
      eventId: event.id,
      cause: `withdrawal:${historyId}:${coordinator.personId}`,
      data: { variant: 'withdrawal', who: personId },
    })),
    now,
  );
}

/** Those who coordinate a chapter at a moment. */
export async function findCoordinators(db: Db, chapterId: string, now: Date) {
  return db
    .selectFrom('memberships')
    .select('personId')
    .distinct()
    .where('chapterId', '=', chapterId)
    .where('role', '=', 'coordinator')
    .where(isCurrent('memberships', now))
    .execute();
}
