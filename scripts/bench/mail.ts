import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Dkim } from '../../server/config.ts';
import { measureMemory, measureMillion } from './mail/memory.ts';
import { oneMail, openPlace, type Place, publishOne } from './mail/place.ts';
import type { PoolJob } from './mail/pool-process.ts';
import { measureRate } from './mail/rate.ts';
import { sent } from './mail/sent.ts';
import { type Sink, startSink } from './mail/sink.ts';
import { processOf, startWorker, stop } from './mail/worker.ts';
import { type BenchOptions, percentile, type Report, type Result, rounded } from './report.ts';

const pairs = 5;
const messages = 4000;
const leastRatio: Record<number, number> = { 5: 0.7, 20: 0.85 };
/** By which share the mails of a second may differ from `MAIL_RATE`. */
const mostOffRate = 0.05;
/** How much more memory a hundred times the recipients may hold, in MB. */
const mostMoreMegabytes = 10;

/**
 * An invitation of 12 kB of HTML, personal for each, to a sink in a process of its own: messages a second through the
 * whole product (expand, claim, re-check, render, send, record) and one worker process, and in turns with it through
 * nodemailer's own pool with as many connections and no database, which is the raw limit. The same with DKIM; what two
 * workers send together under a `MAIL_RATE`; and what the worker's memory holds after 1,000 and after 100,000 recipients.
 */
export async function benchMail({ say, only }: BenchOptions): Promise<Report> {
  const report: Report = { name: 'mail', results: [], problems: [] };
  if (only === 'million') return { ...report, results: [await measureMillion(say)] };
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
    if ('rate'.startsWith(only)) {
      say('rate');
      const result = await measureRate(place, sink);
      report.results.push(result);
      for (const perSecond of [result.perSecond, Number(result.busiest)]) {
        if (Math.abs(perSecond / result.limit - 1) > mostOffRate)
          report.problems.push(`rate: ${perSecond} a second, not within 5 % of ${result.limit}`);
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
  const worker = await startWorker({
    databaseUrl: place.databaseUrl,
    smtpUrl: sink.url,
    connections,
    dkim,
    rate: null,
  });
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
