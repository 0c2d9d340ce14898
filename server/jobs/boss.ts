import { createRequire } from 'node:module';
import type { Pool } from 'pg';
import type { PgBoss } from 'pg-boss';
import { type Alarm, type DueJob, dueQueue } from './alarm.ts';

/**
 * pg-boss on the pool that we have: it opens no connections of its own. Loaded when it is first needed, since a page
 * needs none.
 */
export async function createBoss(pool: Pool, options: { supervise: boolean }): Promise<PgBoss> {
  const { PgBoss } = await import('pg-boss');
  return new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    supervise: options.supervise,
    schedule: false,
    migrate: options.supervise,
  });
}

/** The alarm on pg-boss, which is started by the first one that is set. */
export function bossAlarm(
  pool: Pool,
  onError: (error: Error) => void,
): Alarm & { warm(): Promise<void>; close(): Promise<void> } {
  let started: Promise<PgBoss> | null = null;
  const start = async () => {
    const boss = await createBoss(pool, { supervise: false });
    boss.on('error', onError);
    return boss.start();
  };
  return {
    async set(trx, mailing) {
      const { fromKysely } = await import('pg-boss');
      started ??= start();
      // A start that failed is tried again by the next alarm.
      const boss = await started.catch((error: unknown) => {
        started = null;
        throw error;
      });
      const job: DueJob = { mailingId: mailing.id, revision: mailing.revision };
      // `upsert`, because a second plain `send` with the same key is silently dropped.
      await boss.upsert(dueQueue, job, {
        singletonKey: mailing.id,
        startAfter: mailing.dueAt,
        db: fromKysely(trx),
      });
    },
    /** Starts the queue before it is needed: then no transaction waits for it with a connection in hand. */
    async warm() {
      started ??= start();
      await started.catch(() => {
        started = null;
      });
    },
    async close() {
      const boss = await started?.catch(() => null);
      await boss?.stop({ graceful: false });
    },
  };
}

/**
 * Makes or upgrades the queue's own tables, and the queue. One process at a time; safe to repeat. Which version did it
 * is noted beside them, so that a start against a current database need not ask.
 */
export async function installBoss(pool: Pool): Promise<void> {
  const { version } = createRequire(import.meta.url)('pg-boss/package.json') as { version: string };
  const note = `pg-boss ${version}`;
  const found = await pool.query("select obj_description(to_regnamespace('pgboss'), 'pg_namespace') as note");
  if (found.rows[0]?.note === note) return;
  const boss = await createBoss(pool, { supervise: true });
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
  await pool.query(`comment on schema pgboss is '${note}'`);
}
