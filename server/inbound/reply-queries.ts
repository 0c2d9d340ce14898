import { type RawBuilder, sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Links } from '../web/links.ts';

/** Whose calendar entry a UID is, as far as it can be told without the mail. */
export type InvitationOfUid = {
  id: string;
  eventId: string;
  personId: string;
  chapterId: string;
  /** Where she is reached, as it stands on record. */
  email: string | null;
};

/**
 * The invitation whose entry a UID names: its own, or one of a row that was merged into hers. All of the event's are
 * compared, so that the time it takes says nothing about how much of a guess was right.
 * @returns null for a UID of nobody, or of somebody who is erased
 */
export async function findInvitationOfUid(
  db: Db,
  links: Links,
  uid: string,
): Promise<InvitationOfUid | null> {
  const named = links.readCalendarUid(uid);
  if (!named) return null;
  const { rows } = await sql<InvitationOfUid & { calendarUid: string; mergedIds: string[] }>`
    select i.id, i.event_id, i.person_id, i.chapter_id, i.calendar_uid, p.email, ${mergedIds} as merged_ids
    from invitations i join people p on p.id = i.person_id and p.erased_at is null
    where i.event_id = ${named.eventId}`.execute(db);
  let found: InvitationOfUid | null = null;
  for (const { calendarUid, mergedIds, ...row } of rows) {
    const isHers = [
      links.isCalendarUid(uid, calendarUid),
      // Of two entries that she had before two rows became one, one is stored.
      ...[row.personId, ...mergedIds].map((personId) =>
        links.isCalendarMac(named.mac, { eventId: row.eventId, personId }),
      ),
    ].some(Boolean);
    if (isHers) found = row;
  }
  return found;
}

/** The rows whose links, and entries, have become hers; none once her links were revoked. */
const mergedIds: RawBuilder<string[]> = sql`array(
  select a.merged_id from invitation_aliases a where a.invitation_id = i.id)`;

/** How far her calendar's entry is, read under the lock of its event. */
export async function findEntry(trx: Trx, invitationId: string) {
  return trx
    .selectFrom('invitations')
    .innerJoin('people', 'people.id', 'invitations.personId')
    .select([
      'invitations.sequence',
      'invitations.calendarReplyAt',
      'invitations.calendarReplyHash',
      'people.email',
    ])
    .where('invitations.id', '=', invitationId)
    .where('people.erasedAt', 'is', null)
    .executeTakeFirst();
}

/** Notes what was taken last, so that neither it nor anything older is taken again. */
export async function markTaken(
  trx: Trx,
  invitationId: string,
  { at, hash }: { at: Date; hash: Buffer },
): Promise<void> {
  await trx
    .updateTable('invitations')
    .set({ calendarReplyAt: at, calendarReplyHash: hash })
    .where('id', '=', invitationId)
    .execute();
}

/** How often her calendar has changed her answer since a moment. */
export async function countChanges(
  trx: Trx,
  of: { eventId: string; personId: string },
  since: Date,
): Promise<number> {
  const { count } = await trx
    .selectFrom('rsvpHistory')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .where('source', '=', 'calendar')
    .where('at', '>', since)
    .executeTakeFirstOrThrow();
  return count;
}

export type Said = 'yes' | 'no' | 'maybe' | 'delegated' | 'counter';
export type Failed = 'attendee' | 'sender' | 'proof' | 'sequence';

/**
 * Keeps for the coordinator what could not be proved: what it said, and which check failed. Asks for the lock of its event.
 * @returns false where the same came before
 */
export async function keepUncertain(
  trx: Trx,
  of: { eventId: string; personId: string; chapterId: string },
  { said, failed, now }: { said: Said; failed: Failed; now: Date },
): Promise<boolean> {
  const { eventId, personId, chapterId } = of;
  const again = await trx
    .updateTable('calendarReplies')
    .set({ at: now })
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('said', '=', said)
    .where('failed', '=', failed)
    .executeTakeFirst();
  if (again.numUpdatedRows > 0n) return false;
  await trx
    .insertInto('calendarReplies')
    .values({ eventId, personId, chapterId, said, failed, at: now })
    .execute();
  return true;
}
