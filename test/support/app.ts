import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { PgBoss } from 'pg-boss';
import { afterAll, beforeAll } from 'vitest';
import { type App, buildApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import type { Db } from '../../server/db/database.ts';
import type { Deps } from '../../server/deps.ts';
import { createBoss, installBoss } from '../../server/jobs/boss.ts';
import { startWorker, type Worker } from '../../server/worker.ts';
import { type TestClock, testClock } from './clock.ts';
import { type TestDatabase, useDatabase } from './database.ts';
import { secretKeys } from './deps.ts';
import { type SinkOptions, type SmtpSink, startSmtpSink } from './smtp-sink.ts';

/** The whole service on a database of its own, a clock that the test sets, and a real SMTP server as the inbox. */
export type TestService = {
  readonly server: FastifyInstance;
  readonly deps: Deps;
  readonly db: Db;
  readonly clock: TestClock;
  readonly inbox: SmtpSink;
  readonly worker: Worker;
  /** Where pages are served, for a browser. */
  readonly url: string;
  /** Where its database is, for another process. */
  readonly databaseUrl: string;
  /** Lets everything that is due by the clock happen, mails sent included. */
  settle(): Promise<void>;
  /** Sets the clock, and lets what is due happen. */
  travel(at: string | Date): Promise<void>;
};

export type TestServiceOptions = {
  now: string;
  listen?: boolean;
  env?: NodeJS.ProcessEnv;
  /** Another database than one of its own on the run's server, filled in before the service starts. */
  database?: Pick<TestDatabase, 'url' | 'pool'>;
  worker?: Partial<Parameters<typeof startWorker>[3]>;
  /** What the mail server can do. */
  inbox?: SinkOptions;
  /** Where its log goes; nowhere if left out. */
  logger?: FastifyBaseLogger;
};

export function useService(options: TestServiceOptions): TestService {
  const database = options.database ?? useDatabase();
  const clock = testClock(options.now);
  let app: App;
  let boss: PgBoss;
  let worker: Worker;
  let inbox: SmtpSink;
  let url = 'http://localhost:3000';

  beforeAll(async () => {
    inbox = await startSmtpSink(options.inbox);
    await installBoss(database.pool);
    const port = options.listen ? await freePort() : 3000;
    url = `http://localhost:${port}`;
    const config = readConfig({ LOG_LEVEL: 'silent', PORT: String(port), PUBLIC_URL: url, ...options.env });
    app = await buildApp({
      config,
      databaseUrl: database.url,
      secretKeys,
      clock,
      ...(options.logger && { logger: options.logger }),
    });
    if (options.listen) await app.server.listen({ port, host: '127.0.0.1' });
    else await app.server.ready();
    boss = await createBoss(app.pool, { supervise: true });
    boss.on('error', (error) => app.server.log.error({ err: error }, 'the queue failed'));
    await boss.start();
    worker = await startWorker(app.deps, boss, app.server.log, {
      smtpUrl: inbox.url,
      connections: 3,
      rate: null,
      pollMs: 50,
      offersEveryMs: 3_600_000,
      sweepEveryMs: 3_600_000,
      dueEveryMs: 3_600_000,
      importsEveryMs: 3_600_000,
      ...options.worker,
    });
  });

  afterAll(async () => {
    await worker?.stop();
    await boss?.stop({ graceful: false });
    await app?.close();
    await inbox?.close();
  });

  return {
    get server() {
      return app.server;
    },
    get deps() {
      return app.deps;
    },
    get db() {
      return app.deps.db;
    },
    clock,
    get inbox() {
      return inbox;
    },
    get worker() {
      return worker;
    },
    get url() {
      return url;
    },
    get databaseUrl() {
      return database.url;
    },
    settle: () => worker.tick(),
    async travel(at) {
      clock.set(at);
      await worker.tick();
    },
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
