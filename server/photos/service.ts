import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';

export async function findOwnPhoto(db: Db, personId: string): Promise<Buffer | null> {
  const row = await db
    .selectFrom('photos')
    .select('bytes')
    .where('personId', '=', personId)
    .executeTakeFirst();
  return row?.bytes ?? null;
}

/** Keeps her photo in the place of the one before. */
export async function savePhoto(
  deps: Pick<Deps, 'db' | 'clock'>,
  personId: string,
  bytes: Buffer,
): Promise<void> {
  const row = { bytes, takenAt: deps.clock() };
  await deps.db.transaction().execute(async (trx) => {
    // An erasure that is under way takes her row first, and what comes then is not kept any more.
    const person = await trx
      .selectFrom('people')
      .select('id')
      .where('id', '=', personId)
      .where('erasedAt', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!person) return;
    await trx
      .insertInto('photos')
      .values({ personId, ...row })
      .onConflict((conflict) => conflict.column('personId').doUpdateSet(row))
      .execute();
  });
}

export async function removePhoto(db: Db, personId: string): Promise<void> {
  await db.deleteFrom('photos').where('personId', '=', personId).execute();
}
