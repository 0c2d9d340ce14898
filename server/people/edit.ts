import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { revokeLinks } from './links.ts';
import { isErasedAddress } from './queries.ts';
import { belongsElsewhere, type Reach } from './ties.ts';

/** What is known of a person beside what she answers. */
export type Basics = {
  firstName: string;
  lastName: string;
  email: string | null;
  phone: string | null;
  locale: string | null;
  form: string | null;
};

export type EditOutcome =
  | { ok: true; addressChanged: boolean }
  | { ok: false; reason: 'not_found' }
  /** She is another chapter's too. */
  | { ok: false; reason: 'shared' }
  | { ok: false; reason: 'address_erased' }
  /** Somebody else has it, or had it: most likely the same woman twice. */
  | { ok: false; reason: 'address_taken'; by: string | null };

/**
 * Writes down what a person is called and where she is reached. With another address what an earlier one refused no
 * longer counts, and what is about to leave goes there. Her links keep working, since they are hers; where the earlier
 * address was somebody else's, all that were sent so far stop.
 */
export async function changePerson(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  input: {
    personId: string;
    basics: Omit<Basics, 'phone'> & Partial<Pick<Basics, 'phone'>>;
    wasNotHers: boolean;
    chapterId: string;
    /** How far whoever asks may reach. */
    reach: Reach;
    actor: Actor;
  },
): Promise<EditOutcome> {
  const { personId, basics } = input;
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx): Promise<EditOutcome> => {
      const person = await trx
        .selectFrom('people')
        .selectAll()
        .where('id', '=', personId)
        .where('erasedAt', 'is', null)
        .forUpdate()
        .executeTakeFirst();
      if (!person) return { ok: false, reason: 'not_found' };
      // Asked where her row is locked: nothing new can be tied to it meanwhile.
      if (await belongsElsewhere(trx, personId, input.reach, now)) return { ok: false, reason: 'shared' };
      const { email } = basics;
      const addressChanged = (person.email ?? '').toLowerCase() !== (email ?? '').toLowerCase();
      if (addressChanged && email) {
        if (await isErasedAddress(trx, deps.links, email)) return { ok: false, reason: 'address_erased' };
        const before = await findFormerOwner(trx, email);
        if (before && before !== personId) return { ok: false, reason: 'address_taken', by: before };
        await trx.deleteFrom('formerAddresses').where('email', '=', email).execute();
      }
      await trx
        .updateTable('people')
        .set({ ...basics, ...(addressChanged && { addressSince: now, addressFailedAt: null }) })
        .where('id', '=', personId)
        .execute();
      if (addressChanged) await moveMail(trx, personId, person.email, input.wasNotHers, now);
      await audit(trx, {
        actor: input.actor,
        chapterId: input.chapterId,
        action: addressChanged ? 'person.address_changed' : 'person.changed',
        subjectType: 'person',
        subjectId: personId,
      });
      return { ok: true, addressChanged };
    })
    .catch(async (error: { constraint?: string }) => {
      // The unique key decides whose address it is.
      if (error.constraint !== 'people_email_key') throw error;
      const other = await deps.db
        .selectFrom('people')
        .select('id')
        .where('email', '=', basics.email)
        .executeTakeFirst();
      return { ok: false, reason: 'address_taken', by: other?.id ?? null } as const;
    });
}

async function findFormerOwner(trx: Trx, email: string): Promise<string | null> {
  const row = await trx
    .selectFrom('formerAddresses')
    .select('personId')
    .where('email', '=', email)
    .executeTakeFirst();
  return row?.personId ?? null;
}

async function moveMail(
  trx: Trx,
  personId: string,
  before: string | null,
  wasNotHers: boolean,
  now: Date,
): Promise<void> {
  await releaseClaims(trx, [personId], now);
  if (!before) return;
  if (!wasNotHers) {
    await trx.insertInto('formerAddresses').values({ email: before, personId, createdAt: now }).execute();
    return;
  }
  await revokeLinks(trx, personId);
}

/**
 * Takes mails back that a sender has claimed and whose body has not begun: they are written anew, to where they belong
 * now. The raised fence keeps the sender from sending, and from writing down what an earlier address refused.
 */
export async function releaseClaims(trx: Trx, personIds: readonly string[], now: Date): Promise<void> {
  await sql`
    update deliveries set state = 'queued', phase = null, lease_until = null, next_attempt_at = ${now},
      fence = fence + 1, attempts = greatest(attempts - 1, 0)
    where person_id = any (${personIds}::uuid[]) and state = 'sending' and phase = 'pre'`.execute(trx);
}
