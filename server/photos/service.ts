import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { lockLiving } from '../people/queries.ts';

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
    if (!(await lockLiving(trx, personId))) return;
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
