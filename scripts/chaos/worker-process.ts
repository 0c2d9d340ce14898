import pino from 'pino';
import { createBoss } from '../../server/jobs/boss.ts';
import { startWorker } from '../../server/worker.ts';
import { openService } from './service.ts';

/**
 * One worker as a process of its own, to be killed: `node worker-process.ts DATABASE_URL SMTP_URL SINCE`. Its leases are
 * short, so that what a dead one held comes back while the run lasts.
 */
const [databaseUrl = '', smtpUrl = '', since = ''] = process.argv.slice(2);
const app = await openService(databaseUrl, Number(since));
await app.server.ready();
const log = pino({ level: 'silent' });
const boss = await createBoss(app.pool, { supervise: true });
boss.on('error', () => {});
await boss.start();
await startWorker(app.deps, boss, log, {
  smtpUrl,
  connections: 5,
  rate: null,
  leaseSeconds: 3,
  renewEveryMs: 1000,
  recoverEveryMs: 500,
  pollMs: 100,
  sweepEveryMs: 1000,
});
// Whoever started it may end without a word.
process.on('disconnect', () => process.exit(0));
