import type { Pool } from 'pg';
import { PgBoss } from 'pg-boss';
import { dueQueue } from './alarm.ts';

/** pg-boss on the pool that we have: it opens no connections of its own. */
export function createBoss(pool: Pool, options: { supervise: boolean }): PgBoss {
  return new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    supervise: options.supervise,
    schedule: false,
    migrate: options.supervise,
  });
}

/** Makes or upgrades the queue's own tables, and the queue. One process at a time; safe to repeat. */
export async function installBoss(pool: Pool): Promise<void> {
  const boss = createBoss(pool, { supervise: true });
  await boss.start();
  await boss.createQueue(dueQueue, {
    policy: 'short',
    retryLimit: 10,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 300,
    expireInSeconds: 300,
  });
  await boss.stop({ graceful: false });
}
