import { setTimeout as sleep } from 'node:timers/promises';
import { openPlace, type Place, publishOne } from './mail/place.ts';
import { startSink } from './mail/sink.ts';
import { startWorker, stop } from './mail/worker.ts';
import { type BenchOptions, percentile, type Report, rounded } from './report.ts';
import { runCycle } from './scheduler/cycle.ts';
import { fillLedger } from './scheduler/fill.ts';
import { explainingPool } from './scheduler/plans.ts';

const members = 50;
const repeats = 20;
/** A mailing that falls due begins within this, in milliseconds. */
const mostLagMs = 1000;
/** Trees grow by a level or two: a statement may touch this many times as many pages, or this many more. */
const mostTimes = 1.5;
const mostMore = 16;

const small = 10_000;

type Measured = {
  lags: number[];
  firsts: number[];
  pages: Map<string, { pages: number; scanned: string[]; ms: number }>;
};

/**
 * A mailing that falls due, with 10,000,000 old deliveries and 1,000,000 planned mailings in the database and with a
 * thousandth of them: how long until it begins and until its first mail is sent, and for each statement that a worker asks
 * how many pages it touches and whether it reads a table from end to end. The smaller database is the limit.
 */
export async function benchScheduler({ say, only, rows }: BenchOptions): Promise<Report> {
  const report: Report = { name: 'scheduler', results: [], problems: [] };
  const few = await measure(small, say);
  const many = await measure(rows, say);
  const moments = { begin: [few.lags, many.lags], first_mail: [few.firsts, many.firsts] } as const;
  for (const [name, [limit, here]] of Object.entries(moments)) {
    const [p50, p95, p50Few] = [percentile(here, 0.5), percentile(here, 0.95), percentile(limit, 0.5)];
    report.results.push({
      case: name,
      perSecond: rounded(1000 / p50),
      limit: rounded(1000 / p50Few),
      ratio: rounded(p50Few / p50),
      rows,
      p50Ms: Math.round(p50),
      p95Ms: Math.round(p95),
      mostMs: Math.round(Math.max(...here)),
    });
    if (name === 'begin' && Math.max(...here) > mostLagMs)
      report.problems.push(
        `a mailing began after ${Math.round(Math.max(...here))} ms, more than ${mostLagMs}`,
      );
  }
  for (const [name, { pages, scanned, ms }] of many.pages) {
    const before = few.pages.get(name) ?? { pages: 0, ms: 0 };
    if (!name.startsWith(only)) continue;
    report.results.push({
      case: name,
      perSecond: rounded(1000 / ms),
      limit: rounded(1000 / before.ms),
      ratio: rounded(before.ms / ms),
      rows,
      pages,
      pagesBefore: before.pages,
      scanned: scanned.join(', ') || '-',
    });
    if (scanned.length > 0) report.problems.push(`${name} reads ${scanned.join(', ')} from end to end`);
    if (pages > before.pages * mostTimes && pages > before.pages + mostMore)
      report.problems.push(
        `${name} touches ${pages} pages, and ${before.pages} with a thousandth of the rows`,
      );
  }
  return report;
}

async function measure(deliveries: number, say: BenchOptions['say']): Promise<Measured> {
  say(`${deliveries.toLocaleString('en')} deliveries`);
  const place = await openPlace(members, say);
  const sink = await startSink();
  try {
    const first = await publishOne(place, 'Primo');
    const { id } = await invitationOf(place, first);
    await fillLedger(place.app.pool, { deliveries }, { mailingId: id }, say);
    const pages = await pagesOf(place, first, deliveries === small);
    const worker = await startWorker({
      databaseUrl: place.databaseUrl,
      smtpUrl: sink.url,
      connections: 5,
      dkim: null,
      rate: null,
    });
    try {
      const [lags, firsts]: [number[], number[]] = [[], []];
      for (let round = 0; round <= repeats; round += 1) {
        const { startedAt, dueAt, firstAt } = await begun(
          place,
          await publishOne(place, `Incontro ${round}`),
        );
        // Once in vain: a process that has just started is slower.
        if (round === 0) continue;
        lags.push(startedAt - dueAt);
        firsts.push(firstAt - dueAt);
      }
      return { lags, firsts, pages };
    } finally {
      await stop(worker);
    }
  } finally {
    sink.stop();
    await place.close();
  }
}

/** For each step of a worker's round: the pages that its statements touch, and the large tables that they read whole. */
async function pagesOf(
  { deps, databaseUrl }: Place,
  eventId: string,
  fewRows: boolean,
): Promise<Measured['pages']> {
  const { pool, plans } = explainingPool(databaseUrl, fewRows);
  const found: Measured['pages'] = new Map();
  try {
    await runCycle(deps, pool, eventId, async (name, work) => {
      plans.length = 0;
      await work();
      await sleep(20);
      plans.forEach(({ pages, scanned, ms }, index) => {
        const whole = scanned.filter((table) => growing.has(table));
        found.set(`${name} ${index + 1}`, { pages, scanned: whole, ms });
      });
    });
    return found;
  } finally {
    await pool.end();
  }
}

/** The tables that grow with the years. */
const growing = new Set([
  'deliveries',
  'mailings',
  'events',
  'people',
  'job',
  'job_common',
  'invitations',
  'rsvps',
]);

function invitationOf({ deps }: Place, eventId: string) {
  return deps.db
    .selectFrom('mailings')
    .select(['id', 'startedAt', 'dueAt'])
    .where('eventId', '=', eventId)
    .where('kind', '=', 'invitation')
    .executeTakeFirstOrThrow();
}

async function begun(place: Place, eventId: string) {
  for (;;) {
    const { id, startedAt, dueAt } = await invitationOf(place, eventId);
    const { sent, first } = await place.deps.db
      .selectFrom('deliveries')
      .select((select) => [
        select.fn.count<number>('id').filterWhere('state', '=', 'sent').as('sent'),
        select.fn.min('sentAt').as('first'),
      ])
      .where('mailingId', '=', id)
      .executeTakeFirstOrThrow();
    if (startedAt && first && sent >= members)
      return { startedAt: startedAt.getTime(), dueAt: dueAt.getTime(), firstAt: first.getTime() };
    await sleep(100);
  }
}
