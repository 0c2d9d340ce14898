import type { Db, Trx } from '../db/database.ts';

/** Does something to see what comes of it: whatever it writes is rolled back, and what it gives back remains. */
export async function rehearse<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  try {
    await db.transaction().execute(async (trx) => {
      resolve(await work(trx));
      throw new RollBack();
    });
  } catch (error) {
    if (!(error instanceof RollBack)) throw error;
  }
  return promise;
}

class RollBack extends Error {}
