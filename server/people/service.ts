import type { Trx } from '../db/database.ts';
import type { Links } from '../web/links.ts';
import { findPersonByAddress, insertPerson, isErasedAddress, type Person } from './queries.ts';
import { tidyName } from './rules.ts';

export type NewPerson = {
  /** As `readAddress` gives it; null for somebody known by name alone. */
  email: string | null;
  firstName: string;
  lastName?: string | undefined;
  locale?: string | null | undefined;
  phone?: string | null | undefined;
  form?: string | null | undefined;
};

export type PersonOutcome =
  | { ok: true; person: Person; created: boolean }
  | { ok: false; reason: 'address_erased' };

/**
 * The person behind an address, made where there is none. What is known of her already stays as it is. An address whose
 * owner had herself erased does not come back this way: only she can bring it back.
 */
export async function ensurePerson(
  trx: Trx,
  links: Links,
  input: NewPerson,
  options: { source: string; now: Date },
): Promise<PersonOutcome> {
  const { email } = input;
  const known = email && (await findPersonByAddress(trx, email));
  if (known) return { ok: true, person: known, created: false };
  if (email && (await isErasedAddress(trx, links, email))) return { ok: false, reason: 'address_erased' };
  const made = await insertPerson(trx, {
    email,
    firstName: tidyName(input.firstName),
    lastName: tidyName(input.lastName ?? ''),
    locale: input.locale ?? null,
    phone: input.phone ?? null,
    form: input.form ?? null,
    source: options.source,
    createdAt: options.now,
  });
  if (made) return { ok: true, person: made, created: true };
  // Somebody made her between the two statements: the unique key decided.
  const other = email && (await findPersonByAddress(trx, email));
  if (!other) throw new Error('a person with this address was made and erased at the same moment');
  return { ok: true, person: other, created: false };
}
