import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { buildApp } from '../../../server/app.ts';
import { systemClock } from '../../../server/clock.ts';
import { type Dkim, readConfig } from '../../../server/config.ts';
import { createBoss } from '../../../server/jobs/boss.ts';
import { startWorker } from '../../../server/worker.ts';
import { secretKeys } from './place.ts';

/** The product's worker as a process of its own, forked with a JSON argument; it says `ready`, and its memory when asked. */
export type WorkerJob = {
  databaseUrl: string;
  smtpUrl: string;
  connections: number;
  dkim: Dkim | null;
  /** Messages a second over all workers; null for no limit. */
  rate: number | null;
};

const { databaseUrl, smtpUrl, connections, dkim, rate } = JSON.parse(process.argv[2] ?? '') as WorkerJob;
const log = pino({ level: 'error' }) as FastifyBaseLogger;
const config = { ...readConfig({ LOG_LEVEL: 'error' }), dkim };
const app = await buildApp({ config, databaseUrl, secretKeys, clock: systemClock, logger: log });
await app.server.ready();
const boss = await createBoss(app.pool, { supervise: true });
boss.on('error', (error) => log.error(error));
await boss.start();
await startWorker(app.deps, boss, log, { smtpUrl, connections, rate });

process.on('message', () => {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ megabytes: (heapUsed + external) / 1024 / 1024 });
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
