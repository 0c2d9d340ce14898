import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dkim } from '../../server/config.ts';
import { oneMail, openPlace, type Place, publishOne } from './mail/place.ts';
import type { PoolJob } from './mail/pool-process.ts';
import { type Sink, startSink } from './mail/sink.ts';
import { processOf, startWorker, stop } from './mail/worker.ts';
import { type BenchOptions, percentile, type Report, type Result, rounded } from './report.ts';

const pairs = 5;
const messages = 4000;
const leastRatio: Record<number, number> = { 5: 0.7, 20: 0.85 };
/** How much more memory a hundred times the recipients may hold, in MB. */
const mostMoreMegabytes = 10;

/**
 * An invitation of 12 kB of HTML, personal for each, to a sink in a process of its own: messages a second through the
 * whole product (expand, claim, re-check, render, send, record) and one worker process, and in turns with it through
 * nodemailer's own pool with as many connections and no database, which is the raw limit. The same with DKIM, and
 * what the worker's memory holds after 1,000 and after 100,000 recipients.
 */
export async function benchMail({ say, only }: BenchOptions): Promise<Report> {
  const report: Report = { name: 'mail', results: [], problems: [] };
  const place = await openPlace(messages, say);
  const sink = await startSink();
  say(`sink: ${sink.name}`);
  try {
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const dkim of [null, { domain: 'localhost', selector: 'bench', key: pem }]) {
      for (const connections of [5, 20]) {
        const name = `connections${connections}${dkim ? '_dkim' : ''}`;
        if (!name.startsWith(only)) continue;
        say(name);
        const result = await compare(place, sink, { name, connections, dkim });
        report.results.push(result);
        const least = leastRatio[connections] ?? 0;
        if (!dkim && result.ratio < least)
          report.problems.push(`${name}: ratio ${result.ratio} below ${least}`);
      }
    }
  } finally {
    sink.stop();
    await place.close();
  }
  if (!'memory'.startsWith(only)) return report;
  const memory = await measureMemory(say);
  report.results.push(memory.result);
  if (memory.more > mostMoreMegabytes)
    report.problems.push(`memory: ${rounded(memory.more)} MB more, above ${mostMoreMegabytes}`);
  return report;
}

type Case = { name: string; connections: number; dkim: Dkim | null };

async function compare(place: Place, sink: Sink, { name, connections, dkim }: Case): Promise<Result> {
  const worker = await startWorker({ databaseUrl: place.databaseUrl, smtpUrl: sink.url, connections, dkim });
  const warm = await publishOne(place, 'Prova');
  const mail = await oneMail(place, warm);
  await sent(place, warm);
  const job: PoolJob = { smtpUrl: sink.url, connections, dkim, mail };
  const pool = fork(processOf('pool'), [JSON.stringify(job)]);
  try {
    await sendByPool(pool, messages);
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let pair = 0; pair < pairs; pair += 1) {
      theirs.push(messages / (await sendByPool(pool, messages)));
      ours.push(messages / (await sent(place, await publishOne(place, `Incontro ${pair}`))));
    }
    const [perSecond, limit] = [percentile(ours, 0.5), percentile(theirs, 0.5)];
    const ratio = percentile(
      ours.map((value, index) => value / (theirs[index] as number)),
      0.5,
    );
    return {
      case: name,
      perSecond: rounded(perSecond),
      limit: rounded(limit),
      ratio: rounded(ratio),
      htmlBytes: Buffer.byteLength(mail.html),
    };
  } finally {
    await stop(pool);
    await stop(worker);
  }
}

async function sendByPool(pool: ChildProcess, count: number): Promise<number> {
  const answer = once(pool, 'message');
  pool.send({ send: count });
  const [{ seconds }] = (await answer) as [{ seconds: number }];
  return seconds;
}

/** How long an event's invitation took from its beginning until the last of its mails was written down as sent, in seconds. */
async function sent({ deps }: Place, eventId: string): Promise<number> {
  for (;;) {
    const mailing = await deps.db
      .selectFrom('mailings')
      .select(['id', 'state', 'startedAt'])
      .where('eventId', '=', eventId)
      .where('kind', '=', 'invitation')
      .executeTakeFirstOrThrow();
    if (mailing.state === 'done' && mailing.startedAt) {
      const { last, count } = await deps.db
        .selectFrom('deliveries')
        .select((select) => [select.fn.max('sentAt').as('last'), select.fn.countAll<number>().as('count')])
        .where('mailingId', '=', mailing.id)
        .where('state', '=', 'sent')
        .executeTakeFirstOrThrow();
      if (!last || count === 0) throw new Error('nothing was sent');
      return (last.getTime() - mailing.startedAt.getTime()) / 1000;
    }
    await sleep(200);
  }
}

/** What the worker holds after a forced collection, in MB, after a mailing to 1,000 and after one to 100,000. */
async function measureMemory(say: BenchOptions['say']): Promise<{ result: Result; more: number }> {
  const held: number[] = [];
  let perSecond = 0;
  for (const recipients of [1000, 100_000]) {
    say(`memory with ${recipients}`);
    const place = await openPlace(recipients, say);
    const sink = await startSink();
    const worker = await startWorker(
      { databaseUrl: place.databaseUrl, smtpUrl: sink.url, connections: 20, dkim: null },
      ['--expose-gc'],
    );
    try {
      perSecond = recipients / (await sent(place, await publishOne(place, 'Incontro')));
      const answer = once(worker, 'message');
      worker.send('memory');
      const [{ megabytes }] = (await answer) as [{ megabytes: number }];
      held.push(megabytes);
    } finally {
      await stop(worker);
      sink.stop();
      await place.close();
    }
  }
  const [small = 0, large = 0] = held;
  return {
    more: large - small,
    result: {
      case: 'memory',
      perSecond: rounded(perSecond),
      limit: rounded(small),
      ratio: rounded(large / small),
      megabytes1000: rounded(small),
      megabytes100000: rounded(large),
    },
  };
}
