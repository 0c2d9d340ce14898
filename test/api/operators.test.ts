import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerMetrics } from '../../server/api/metrics.ts';
import { operatorRoutes } from '../../server/api/operators.ts';
import { attachPoolErrors, createDb, type Db, poolOptions } from '../../server/db/database.ts';
import { createFigures } from '../../server/deliveries/figures.ts';
import { type Claimed, claimDeliveries, settleDelivery } from '../../server/deliveries/ledger.ts';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { registerDraining } from '../../server/web/draining.ts';
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
  registerDraining(app);
  registerMetrics(app, { db, clock });
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

  it('say what is open and for how long it has waited, urgent mail apart', async () => {
    expect(text).toContain('ritrovo_deliveries{state="queued"} 1');
    expect(text).toContain('ritrovo_deliveries_waiting{priority="bulk",longer_than="0"} 1');
    expect(text).toContain('process_resident_memory_bytes');
    const app = await appOn(database.db);
    const old = async () => {
      const body = (await app.inject('/metrics')).body.split('\n');
      return body.filter((line) => /^ritrovo_deliveries.*[^0]$|^[^#]*_oldest_/.test(line));
    };
    clock.advance(100_000);
    expect(await old()).toEqual([
      'ritrovo_deliveries{state="queued"} 1',
      ...[0, 10, 60].map((age) => `ritrovo_deliveries_waiting{priority="bulk",longer_than="${age}"} 1`),
      'ritrovo_deliveries_oldest_seconds{priority="urgent"} 0',
      'ritrovo_deliveries_oldest_seconds{priority="bulk"} 100',
    ]);
    const [claimed] = await claimDeliveries(database.db, { limit: 1, leaseSeconds: 30, now: clock() });
    expect(await old()).toContain('ritrovo_deliveries{state="sending"} 1');
    await settleDelivery(database.db, claimed as Claimed, { kind: 'unknown', cause: 'x' }, clock());
    expect(await old()).toContain('ritrovo_deliveries{state="unknown_retry"} 1');
    expect(await old()).toContain('ritrovo_deliveries{state="deferred"} 1');
  });

  it('show what the workers counted, whoever they are, histograms with their buckets in order', async () => {
    const figures = createFigures({ db: database.db, clock }, quietLog);
    const claim = { mailingId: randomUUID(), kind: 'reminder', attempts: 1 };
    figures.settled(claim, { kind: 'failed', response: '550 5.1.1 no' }, 'rcpt');
    await figures.close();
    const lag = 'ritrovo_mailing_first_lag_seconds';
    await database.db
      .insertInto('figures')
      .values(
        ['0.5', '10', '2', '+Inf'].map((le, at) => ({
          name: `${lag}_bucket`,
          labels: `{"le":"${le}"}`,
          value: at,
        })),
      )
      .execute();
    const app = await appOn(database.db);
    const { body } = await app.inject('/metrics');
    expect(body).toContain(
      '# TYPE ritrovo_mails_failed_total counter\nritrovo_mails_failed_total{class="5.1",stage="rcpt"} 1\n',
    );
    expect(body.match(/first_lag_seconds_bucket\{le="[^"]+"/g)?.map((line) => line.split('"')[1])).toEqual([
      '0.5',
      '2',
      '10',
      '+Inf',
    ]);
  });
});
