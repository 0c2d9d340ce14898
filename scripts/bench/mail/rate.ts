import { type Result, rounded } from '../report.ts';
import { type Place, publishOne } from './place.ts';
import { sent } from './sent.ts';
import type { Sink } from './sink.ts';
import { startWorker, stop } from './worker.ts';

/** Messages a second that two workers may send together. */
const rate = 200;
const windowSeconds = 5;

/**
 * What two workers of five connections send together where `MAIL_RATE` allows less than either could: on the average
 * of a mailing, and in the busiest five seconds of it.
 */
export async function measureRate(place: Place, sink: Sink): Promise<Result> {
  const job = { databaseUrl: place.databaseUrl, smtpUrl: sink.url, connections: 5, dkim: null, rate };
  const workers = await Promise.all([startWorker(job), startWorker(job)]);
  try {
    const eventId = await publishOne(place, 'Con misura');
    await sent(place, eventId);
    const times = await sendingOf(place, eventId);
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    const perSecond = ((times.length - 1) * 1000) / (last - first);
    return {
      case: 'rate',
      perSecond: rounded(perSecond),
      limit: rate,
      ratio: rounded(perSecond / rate),
      busiest: rounded(busiest(times) / windowSeconds),
    };
  } finally {
    await Promise.all(workers.map(stop));
  }
}

/** When each mail had been taken by the server, in milliseconds, the first one first. */
async function sendingOf({ deps }: Place, eventId: string): Promise<number[]> {
  const rows = await deps.db
    .selectFrom('deliveries as d')
    .innerJoin('mailings as m', 'm.id', 'd.mailingId')
    .select('d.sentAt')
    .where('m.eventId', '=', eventId)
    .where('m.kind', '=', 'invitation')
    .where('d.state', '=', 'sent')
    .orderBy('d.sentAt')
    .execute();
  return rows.flatMap(({ sentAt }) => (sentAt ? [sentAt.getTime()] : []));
}

/** The most that left within so many seconds; `times` are sorted, in milliseconds. */
function busiest(times: readonly number[]): number {
  let [from, most] = [0, 0];
  for (const [index, at] of times.entries()) {
    while (at - (times[from] as number) > windowSeconds * 1000) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}
