import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type BenchOptions, type Result, rounded } from '../report.ts';
import { openPlace, publishOne } from './place.ts';
import { sent } from './sent.ts';
import { startSink } from './sink.ts';
import { startWorker, stop } from './worker.ts';

type Say = BenchOptions['say'];

/** What the worker holds after a forced collection, in MB, after a mailing to 1,000 and after one to 100,000. */
export async function measureMemory(say: Say): Promise<{ result: Result; more: number }> {
  say('memory with 1000');
  const small = await sendTo(1000, ['--expose-gc'], say);
  say('memory with 100000');
  const large = await sendTo(100_000, ['--expose-gc'], say);
  return {
    more: large.megabytes - small.megabytes,
    result: {
      case: 'memory',
      perSecond: rounded(large.perSecond),
      limit: rounded(small.megabytes),
      ratio: rounded(large.megabytes / small.megabytes),
      megabytes1000: rounded(small.megabytes),
      megabytes100000: rounded(large.megabytes),
    },
  };
}

/** A mailing to a million by a worker whose heap may hold 128 MB: half an hour, so only where it is asked for by name. */
export async function measureMillion(say: Say): Promise<Result> {
  const allowed = 128;
  const { perSecond, megabytes } = await sendTo(
    1_000_000,
    ['--expose-gc', `--max-old-space-size=${allowed}`],
    say,
  );
  return {
    case: 'million',
    perSecond: rounded(perSecond),
    limit: allowed,
    ratio: rounded(megabytes / allowed),
    megabytes: rounded(megabytes),
  };
}

/** Sends one mailing to so many, and asks the worker what it holds then. */
async function sendTo(
  recipients: number,
  execArgv: string[],
  say: Say,
): Promise<{ perSecond: number; megabytes: number }> {
  const place = await openPlace(recipients, say);
  const sink = await startSink();
  const { databaseUrl } = place;
  const worker = await startWorker(
    { databaseUrl, smtpUrl: sink.url, connections: 20, dkim: null, rate: null },
    execArgv,
  );
  try {
    const eventId = await publishOne(place, 'Incontro');
    const seconds = await Promise.race([sent(place, eventId), death(worker)]);
    const answer = once(worker, 'message');
    worker.send('memory');
    const [{ megabytes }] = (await answer) as [{ megabytes: number }];
    return { perSecond: recipients / seconds, megabytes };
  } finally {
    await stop(worker);
    sink.stop();
    await place.close();
  }
}

/** Nobody waits for a worker that is gone. */
async function death(worker: ChildProcess): Promise<never> {
  const [code, signal] = await once(worker, 'exit');
  throw new Error(`the worker ended with ${signal ?? code}`);
}
