import Fastify from 'fastify';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerMetrics } from '../../server/api/metrics.ts';
import { operatorRoutes } from '../../server/api/operators.ts';
import { attachPoolErrors, createDb, type Db, poolOptions } from '../../server/db/database.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { registerErrorHandlers } from '../../server/web/errors.ts';
import { testClock } from '../support/clock.ts';
import { createDatabase, quietLog, useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';
import { makeChapter, makeEvent } from '../support/factories.ts';

const database = useDatabase();
const clock = testClock('2026-11-10T09:00:00Z');
const close: (() => Promise<unknown>)[] = [];

async function appOn(db: Db) {
  const app = Fastify();
  registerErrorHandlers(app);
  registerMetrics(app, db);
  app.get('/r/:token', async () => 'x');
  await app.register(operatorRoutes, { deps: testDeps(db, clock) });
  close.push(() => app.close());
  return app;
}
afterAll(async () => {
  for (const step of close.reverse()) await step();
});

describe('the health of the service', () => {
  it('is live and ready on a migrated database', async () => {
    const app = await appOn(database.db);
    expect((await app.inject('/health/live')).json()).toEqual({ status: 'live' });
    expect((await app.inject('/health/ready')).json()).toEqual({ status: 'ready' });
  });

  it('is live but not ready on one that is empty, behind or away', async () => {
    const empty = await createDatabase();
    const pools = [empty.url, 'postgres://nobody@127.0.0.1:9/none'].map(
      (url) => new pg.Pool(poolOptions(url, { max: 1 })),
    );
    const [emptyPool, noPool] = pools as [pg.Pool, pg.Pool];
    for (const pool of pools) attachPoolErrors(pool, quietLog);
    const onEmpty = await appOn(createDb(emptyPool));
    expect((await onEmpty.inject('/health/ready')).json()).toMatchObject({
      status: 503,
      code: 'not_migrated',
    });
    const onNone = await appOn(createDb(noPool));
    const away = await onNone.inject('/health/ready');
    expect(away.json()).toMatchObject({ status: 503, code: 'database_away' });
    expect(away.headers['retry-after']).toBe('5');
    expect((await onNone.inject('/health/live')).statusCode).toBe(200);
    for (const pool of pools) await pool.end();
    await empty.drop();

    await database.db
      .transaction()
      .execute(async (trx) => {
        await sql`delete from kysely_migration where name = (select max(name) from kysely_migration)`.execute(
          trx,
        );
        const behind = await appOn(trx);
        expect((await behind.inject('/health/ready')).statusCode).toBe(503);
        throw new Error('rolled back');
      })
      .catch(() => {});
  });
});

describe('the figures', () => {
  let text = '';
  beforeAll(async () => {
    const app = await appOn(database.db);
    const deps = testDeps(database.db, clock);
    const chapter = await makeChapter(database.db);
    await makeEvent(deps, chapter.id);
    await runOverdueMailings(deps);
    await app.inject('/r/a-secret-token');
    await app.inject('/nowhere/at/all');
    text = (await app.inject('/metrics')).body;
  });

  it('time requests by route, never by address', () => {
    expect(text).toContain(
      'ritrovo_http_request_duration_seconds_count{method="GET",route="/r/:token",status="200"} 1',
    );
    expect(text).toContain('route="unknown",status="404"');
    expect(text).not.toContain('a-secret-token');
    expect(text).not.toContain('/nowhere');
  });

  it('count mails by what became of them, beside those of the process', () => {
    expect(text).toContain('ritrovo_deliveries{state="queued"} 1');
    expect(text).toContain('process_resident_memory_bytes');
  });
});
