import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Person } from './queries.ts';

/** What an erasure changes, one statement each. All of it runs in one transaction. */

/** The events to come that she is invited to: nobody may answer for her in them meanwhile. */
export async function listOpenEvents(trx: Trx, personId: string, now: Date): Promise<string[]> {
  const rows = await trx
    .selectFrom('invitations')
    .innerJoin('events', 'events.id', 'invitations.eventId')
    .select('events.id')
    .where('invitations.personId', '=', personId)
    .where('events.endsAt', '>', now)
    .orderBy('events.id')
    .execute();
  return rows.map((row) => row.id);
}

export async function lockPerson(trx: Trx, personId: string): Promise<Person | undefined> {
  return trx.selectFrom('people').selectAll().where('id', '=', personId).forUpdate().executeTakeFirst();
}

/** Whether she still waits, comes or may come to an event. */
export async function hasStanding(trx: Trx, eventId: string, personId: string): Promise<boolean> {
  const row = await trx
    .selectFrom('rsvps')
    .select('state')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('state', 'in', ['going', 'maybe', 'waitlisted', 'offered'])
    .executeTakeFirst();
  return row !== undefined;
}

/** The row stays, since history points to it; nothing in it says who she was. Her links no longer open anything. */
export async function anonymise(trx: Trx, personId: string, now: Date): Promise<void> {
  await trx
    .updateTable('people')
    .set({
      email: null,
      firstName: '',
      lastName: '',
      phone: null,
      locale: null,
      form: null,
      linkEpoch: sql`link_epoch + 1`,
      erasedAt: now,
    })
    .where('id', '=', personId)
    .execute();
}

/** What remains of her address: a keyed hash, so that no import brings it back. Whatever stood there gives way. */
export async function suppressAddress(trx: Trx, addressHash: Buffer, now: Date): Promise<void> {
  await trx
    .insertInto('suppressions')
    .values({ addressHash, reason: 'erased', createdAt: now })
    .onConflict((conflict) => conflict.column('addressHash').doUpdateSet({ reason: 'erased' }))
    .execute();
}

/** @throws a violation of `chapters_keep_a_coordinator` where she is the last coordinator of a chapter */
export async function endMemberships(trx: Trx, personId: string, now: Date): Promise<void> {
  await trx.deleteFrom('networkAdministrators').where('personId', '=', personId).execute();
  await trx
    .updateTable('memberships')
    .set({ endsAt: sql`greatest(starts_at, ${now}::timestamptz)` })
    .where('personId', '=', personId)
    .where((where) => where.or([where('endsAt', 'is', null), where('endsAt', '>', now)]))
    .execute();
  // The rule is checked at the end of the transaction otherwise, too late to say what is in the way.
  await sql`set constraints all immediate`.execute(trx);
}

/** What coordinators wrote down about her, and the links that she was sent under a row merged into hers. */
export async function forgetPast(trx: Trx, personId: string): Promise<void> {
  await trx.deleteFrom('pastPresence').where('personId', '=', personId).execute();
  await trx.deleteFrom('personNotes').where('personId', '=', personId).execute();
  await trx.deleteFrom('formerAddresses').where('personId', '=', personId).execute();
  await trx
    .deleteFrom('invitationAliases')
    .where('mergedId', 'in', (merged) =>
      merged.selectFrom('mergedPeople').select('id').where('keptId', '=', personId),
    )
    .execute();
  await trx
    .updateTable('mergedPeople')
    .set({ firstName: '', lastName: '' })
    .where('keptId', '=', personId)
    .execute();
}

/** What she was called and where she was reached before, under her own row and those merged into it. */
export async function findPastNames(
  trx: Trx,
  personId: string,
): Promise<{ merged: Pick<Person, 'id' | 'firstName' | 'lastName'>[]; emails: string[] }> {
  const merged = await trx
    .selectFrom('mergedPeople')
    .select(['id', 'firstName', 'lastName'])
    .where('keptId', '=', personId)
    .execute();
  const addresses = await trx
    .selectFrom('formerAddresses')
    .select('email')
    .where('personId', '=', personId)
    .execute();
  return { merged, emails: addresses.map(({ email }) => email) };
}

/** The chapters that nobody but she coordinates. */
export async function listSoleChapters(trx: Trx, personId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('chapters as c')
    .select('c.slug')
    .where((where) =>
      where.exists(
        where
          .selectFrom('memberships as m')
          .select('m.id')
          .whereRef('m.chapterId', '=', 'c.id')
          .where('m.role', '=', 'coordinator')
          .where('m.endsAt', 'is', null)
          .where('m.personId', '=', personId),
      ),
    )
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('memberships as m')
            .select('m.id')
            .whereRef('m.chapterId', '=', 'c.id')
            .where('m.role', '=', 'coordinator')
            .where('m.endsAt', 'is', null)
            .where('m.personId', '<>', personId),
        ),
      ),
    )
    .orderBy('c.slug')
    .execute();
  return rows.map((row) => row.slug);
}

export async function deleteSignIns(trx: Trx, personId: string): Promise<void> {
  await trx.deleteFrom('sessions').where('personId', '=', personId).execute();
  await trx.deleteFrom('signInLinks').where('personId', '=', personId).execute();
  await trx.deleteFrom('preferences').where('personId', '=', personId).execute();
  await trx.deleteFrom('standingYeses').where('personId', '=', personId).execute();
  await trx.deleteFrom('profiles').where('personId', '=', personId).execute();
  await trx.deleteFrom('photos').where('personId', '=', personId).execute();
  await trx.deleteFrom('mailReports').where('personId', '=', personId).execute();
}

/** Her notes, what she said to questions, and the guests she brought: how many there were stays, who they were goes. */
export async function clearAnswers(trx: Trx, personId: string): Promise<void> {
  await trx.updateTable('rsvps').set({ note: null }).where('personId', '=', personId).execute();
  await trx.deleteFrom('rsvpGuests').where('personId', '=', personId).execute();
  await trx.deleteFrom('questionAnswers').where('personId', '=', personId).execute();
  await trx.deleteFrom('feedbackAnswers').where('personId', '=', personId).execute();
  await trx.deleteFrom('eventHosts').where('personId', '=', personId).execute();
  await trx.deleteFrom('calendarReplies').where('personId', '=', personId).execute();
  await trx
    .updateTable('invitations')
    .set({
      invitedBy: null,
      visible: false,
      inPhotos: null,
      calendarReplyAt: null,
      calendarReplyHash: null,
    })
    .where('personId', '=', personId)
    .execute();
  await trx.updateTable('attendance').set({ device: null }).where('recordedBy', '=', personId).execute();
  // What she tapped at a door stays; that it came from one telephone does not.
  await sql`update door_marks set device = gen_random_uuid() where recorded_by = ${personId}`.execute(trx);
}

/**
 * What others wrote about her: as a guest of theirs, or as the one who brought them. Her name counts where it is all
 * of it: a homonym loses a name on an old list, which we prefer to hers staying there.
 */
export async function clearMentions(
  trx: Trx,
  person: Pick<Person, 'id' | 'email' | 'firstName' | 'lastName'>,
): Promise<void> {
  const name = `${person.firstName} ${person.lastName}`.trim().toLowerCase();
  const whole = person.firstName !== '' && person.lastName !== '' ? name : null;
  await sql`update rsvp_guests set name = '', email = null
    where email = ${person.email}::citext or lower(name) = ${whole}::text`.execute(trx);
  await sql`update invitations set invited_by = null, invited_by_person_id = null
    where invited_by_person_id = ${person.id} or lower(invited_by) = ${whole}::text
      or position(lower(${person.email}::text) in lower(invited_by)) > 0`.execute(trx);
  await sql`update chapters set reply_to = null where reply_to = ${person.email}::citext`.execute(trx);
  await sql`update chapters set sender_name = null
    where position(${whole}::text in lower(sender_name)) > 0`.execute(trx);
  // An answer that is kept for a repeated call may name her.
  await sql`delete from idempotency_keys
    where position(${person.id}::text in body) > 0 or position(lower(${person.email}::text) in lower(body)) > 0`.execute(
    trx,
  );
}

/**
 * Lines of files that name her and wait to be imported, or were not taken: by her address, by her telephone number, and by
 * her whole name where no address says that another woman is meant.
 */
export async function clearImportLines(
  trx: Trx,
  person: Pick<Person, 'email' | 'firstName' | 'lastName'> & { phone?: string | null },
): Promise<void> {
  const { email, firstName, lastName } = person;
  const names = firstName && lastName ? [`${firstName} ${lastName}`, `${lastName} ${firstName}`] : [];
  const digits = (person.phone ?? '').replace(/\D/g, '').slice(-9);
  await sql`delete from member_import_lines where (import_id, line) in (
    select l.import_id, l.line from member_import_lines l
    cross join lateral (select lower(regexp_replace(array_to_string(l.cells, ' '), '\\s+', ' ', 'g')) as words) w
    where position(lower(${email}::text) in w.words) > 0
      or (position('@' in w.words) = 0
        and exists (select 1 from unnest(${names}::text[]) n where position(lower(n) in w.words) > 0))
      or (${digits.length >= 6} and position(${digits}::text in regexp_replace(w.words, '[^0-9]', '', 'g')) > 0))`.execute(
    trx,
  );
}

/**
 * Mail servers name the address in their answers. What is still to leave does not leave; what is leaving at this very
 * moment ends as `unknown`, because the raised fence keeps the sender from writing the answer down.
 */
export async function clearMails(trx: Trx, personId: string): Promise<void> {
  await sql`update deliveries set
      state = case
        when state in ('queued', 'unknown') and next_attempt_at is not null then 'suppressed'
        when state = 'sending' then case phase when 'data' then 'unknown' else 'suppressed' end
        else state end,
      reason = case
        when state = 'sending' or state in ('queued', 'unknown') and next_attempt_at is not null then 'erased' end,
      fence = fence + 1, phase = null, lease_until = null, next_attempt_at = null, response = null,
      unknown_causes = (select coalesce(array_agg(split_part(cause, ':', 1)), '{}') from unnest(unknown_causes) as cause)
    where person_id = ${personId}`.execute(trx);
  await trx.updateTable('mailings').set({ data: '{}' }).where('personId', '=', personId).execute();
  // Nobody picks her out of a list any more.
  await trx.deleteFrom('messagePeople').where('personId', '=', personId).execute();
}
