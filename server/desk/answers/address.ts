import { type Actor, audit } from '../../audit.ts';
import type { Deps } from '../../deps.ts';
import { findPersonByAddress, isErasedAddress } from '../../people/queries.ts';

/**
 * Writes down the address of somebody who was known by name alone. One that is there is hers to change, not the
 * coordinator's.
 */
export async function addAddress(
  deps: Pick<Deps, 'db' | 'links'>,
  input: { personId: string; chapterId: string; email: string; actor: Actor; now: Date },
): Promise<{ ok: true } | { ok: false; reason: 'addressErased' | 'addressTaken' | 'addressKnown' }> {
  const { personId, email } = input;
  return deps.db
    .transaction()
    .execute(async (trx) => {
      if (await isErasedAddress(trx, deps.links, email))
        return { ok: false, reason: 'addressErased' } as const;
      // Hers or another's before: then there are two of one, and they are merged instead.
      if (await findPersonByAddress(trx, email)) return { ok: false, reason: 'addressTaken' } as const;
      const written = await trx
        .updateTable('people')
        .set({ email, addressSince: input.now })
        .where('id', '=', personId)
        .where('email', 'is', null)
        .where('erasedAt', 'is', null)
        .executeTakeFirst();
      if (written.numUpdatedRows === 0n) return { ok: false, reason: 'addressKnown' } as const;
      await audit(trx, {
        actor: input.actor,
        chapterId: input.chapterId,
        action: 'person.address_added',
        subjectType: 'person',
        subjectId: personId,
      });
      return { ok: true } as const;
    })
    .catch((error: { constraint?: string }) => {
      // The unique key decides whose address it is.
      if (error.constraint === 'people_email_key') return { ok: false, reason: 'addressTaken' } as const;
      throw error;
    });
}
