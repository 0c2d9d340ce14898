import type { Db, Trx } from '../db/database.ts';
import type { Links } from '../web/links.ts';

/** The person behind an address, erased ones excepted: they have none. */
export async function findPersonByAddress(db: Db, email: string) {
  return db.selectFrom('people').selectAll().where('email', '=', email).executeTakeFirst();
}

export type Person = NonNullable<Awaited<ReturnType<typeof findPersonByAddress>>>;

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
