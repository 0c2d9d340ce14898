import { installBoss } from '../jobs/boss.ts';
import { createDb, openPool } from './database.ts';
import { migrateToLatest } from './migrate.ts';

/** Brings the database up to date, the queue's tables included, before anything else speaks to it. */
export async function migrate(databaseUrl: string): Promise<void> {
  const pool = openPool(databaseUrl, { max: 2 });
  try {
    await migrateToLatest(createDb(pool));
    await installBoss(pool);
  } finally {
    await pool.end();
  }
}
