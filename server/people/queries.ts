import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Links } from '../web/links.ts';

/** The person behind an address, or whose address it was before; erased ones excepted: they have none. */
export async function findPersonByAddress(db: Db, email: string) {
  return (
    db
      .selectFrom('people')
      .selectAll()
      .where((where) =>
        where.or([
          where('email', '=', email),
          where(
            'id',
            '=',
            where.selectFrom('formerAddresses').select('personId').where('formerAddresses.email', '=', email),
          ),
        ]),
      )
      // Whoever has it now comes before whoever had it.
      .orderBy(sql`(email = ${email}) is true`, 'desc')
      .limit(1)
      .executeTakeFirst()
  );
}

export type Person = NonNullable<Awaited<ReturnType<typeof findPersonByAddress>>>;

/** The row that stands for one which was merged away. */
export async function findKept(db: Db, personId: string): Promise<string | null> {
  const row = await db
    .selectFrom('mergedPeople')
    .select('keptId')
    .where('id', '=', personId)
    .executeTakeFirst();
  return row?.keptId ?? null;
}

/**
 * Locks her before anything of hers is written: an erasure that is under way takes her row first, and what comes then is
 * not kept any more.
 * @returns false where she has been erased
 */
export async function lockLiving(trx: Trx, personId: string): Promise<boolean> {
  const person = await trx
    .selectFrom('people')
    .select('id')
    .where('id', '=', personId)
    .where('erasedAt', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return person !== undefined;
}

/** Whether the person behind an address had herself erased. Asked of every key, since keys are rotated. */
export async function isErasedAddress(db: Db, links: Links, email: string): Promise<boolean> {
  const found = await db
    .selectFrom('suppressions')
    .select('addressHash')
    .where('addressHash', 'in', links.addressHashes(email))
    .where('reason', '=', 'erased')
    .executeTakeFirst();
  return found !== undefined;
}

/** The new person, or undefined where somebody else with that address came first. */
export async function insertPerson(
  trx: Trx,
  person: {
    email: string | null;
    firstName: string;
    lastName: string;
    locale: string | null;
    phone: string | null;
    form: string | null;
    source: string;
    createdAt: Date;
  },
): Promise<Person | undefined> {
  return trx
    .insertInto('people')
    .values(person)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returningAll()
    .executeTakeFirst();
}
