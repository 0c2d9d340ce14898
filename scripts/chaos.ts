import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createDb, openPool } from '../server/db/database.ts';
import { migrate } from '../server/db/upgrade.ts';
import { installBoss } from '../server/jobs/boss.ts';
import { seeded } from '../server/seeded.ts';
import { openCluster } from './chaos/cluster.ts';
import { countAll, type Tally } from './chaos/count.ts';
import { answerOne, makeNetwork, publishOne } from './chaos/load.ts';
import { openMailboxes } from './chaos/mailboxes.ts';
import { openService } from './chaos/service.ts';
import { startWorkers } from './chaos/workers.ts';

const usage = `Usage: npm run chaos -- [--minutes N] [--members N] [--seed N] [--json]

Sends mail while everything breaks: two workers are killed, or stopped for longer than their leases last; PostgreSQL crashes
under them; the mail server refuses, hesitates and hangs up at every step. Then it counts in the mailboxes.

  --minutes N  how long things break (1)
  --members N  to how many each event's invitation goes (60)
  --seed N     the order of what breaks (1)
  --json       print one JSON object on stdout, and nothing else there`;

const line = (text: string) => void process.stderr.write(`${text}\n`);
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      members: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [minutes, members, seed] = [Number(values.minutes), Number(values.members), Number(values.seed)];
  if (values.help) {
    line(usage);
    return 0;
  }
  if (!(minutes > 0) || !Number.isInteger(members) || members < 2 || !Number.isInteger(seed)) {
    line(usage);
    return 2;
  }
  const { tally, crashes } = await run({ minutes, members, seed });
  const lost = tally.lost.length;
  const unexplained = tally.unexplained.length;
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ name: 'chaos', minutes, seed, ...tally, crashes })}\n`);
  } else {
    process.stdout.write(`${reportOf(tally, crashes)}\n`);
  }
  for (const what of [...tally.lost, ...tally.unexplained].slice(0, 20)) line(what);
  return lost + unexplained === 0 ? 0 : 1;
}

async function run({ minutes, members, seed }: { minutes: number; members: number; seed: number }) {
  const random = seeded(seed);
  const dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-chaos-'));
  await chmod(dataDir, 0o755);
  const cluster = await openCluster(dataDir, quiet);
  const mailboxes = await openMailboxes(random);
  const since = Date.now();
  const crashes: Record<string, number> = {};
  let workers: ReturnType<typeof startWorkers> | null = null;
  try {
    await migrate(cluster.url);
    const app = await openService(cluster.url, since);
    await app.server.ready();
    const { deps } = app;
    await installBoss(app.pool);
    const chapterId = await makeNetwork(deps, members);
    workers = startWorkers(2, cluster.url, mailboxes.url, String(since));
    const until = since + minutes * 60_000;

    const breaking = (async () => {
      while (Date.now() < until) {
        await sleep(1500 + random() * 3000);
        const what = (['kill', 'kill', 'suspend', 'database'] as const)[Math.floor(random() * 4)] ?? 'kill';
        crashes[what] = (crashes[what] ?? 0) + 1;
        const which = Math.floor(random() * 2);
        if (what === 'kill') workers?.kill(which);
        else if (what === 'suspend') await workers?.suspend(which, 4000 + random() * 2000);
        else await cluster.crash();
      }
    })();
    const events: string[] = [];
    // What the crash of the database took with it is tried again, as somebody at a form does.
    const attempt = (work: () => Promise<unknown>) => work().catch(() => sleep(200));
    const loading = (async () => {
      while (Date.now() < until) {
        await attempt(async () => {
          events.push(await publishOne(deps, chapterId, `Incontro ${events.length + 1}`));
        });
        for (let i = 0; i < 5; i += 1) {
          await sleep(100 + random() * 300);
          const eventId = events[Math.floor(random() * events.length)];
          if (eventId) await attempt(() => answerOne(deps, eventId, random));
        }
      }
    })();
    await Promise.all([breaking, loading]);
    mailboxes.calmDown();
    await app.close();

    const pool = openPool(cluster.url, { max: 2, log: quiet });
    try {
      const db = createDb(pool);
      await settled(db);
      await workers.end();
      return { tally: await countAll(db, mailboxes.copies), crashes: { ...crashes, ...mailboxes.moods } };
    } finally {
      await pool.end();
    }
  } finally {
    await workers?.end();
    await mailboxes.close();
    await cluster.stop();
    await rm(dataDir, { recursive: true });
  }
}

/** Waits until nothing is to be sent any more: the last retries come a quarter of an hour of the fast clock later. */
async function settled(db: ReturnType<typeof createDb>): Promise<void> {
  const deadline = Date.now() + 10 * 60_000;
  for (let calm = 0; calm < 3; ) {
    if (Date.now() > deadline) throw new Error('the ledger did not come to rest within ten minutes');
    const open = await db
      .selectFrom('deliveries')
      .select('id')
      .where((where) =>
        where.or([where('state', 'in', ['queued', 'sending']), where('nextAttemptAt', 'is not', null)]),
      )
      .limit(1)
      .executeTakeFirst();
    const due = await db
      .selectFrom('mailings')
      .select('id')
      .where('state', '=', 'planned')
      .where('kind', '=', 'invitation')
      .limit(1)
      .executeTakeFirst();
    calm = open || due ? 0 : calm + 1;
    await sleep(500);
  }
}

function reportOf(tally: Tally, crashes: Record<string, number>): string {
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return [
    `mailings ${tally.mailings}, deliveries ${tally.deliveries}: ${list(tally.states)}`,
    `what broke: ${list(crashes)}`,
    `lost ${tally.lost.length}`,
    `doubles, each with its cause: ${list(tally.doubles)}`,
    `unknown for good and not arrived, as listed: ${tally.listedUnarrived}`,
    `unexplained ${tally.unexplained.length}`,
  ].join('\n');
}

process.exitCode = await main().catch((error: NodeJS.ErrnoException) => {
  line(error.code?.startsWith('ERR_PARSE_ARGS') ? `${error.message}\n\n${usage}` : `${error.stack}`);
  return error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
});
