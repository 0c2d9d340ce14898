import { sql } from 'kysely';
import { Gauge, type Metric, type Registry } from 'prom-client';
import type { Db } from '../db/database.ts';
import { type FigureName, figureNames } from '../deliveries/figure-names.ts';
import type { Deps } from '../deps.ts';

/** How long something waits, in seconds: how many wait for longer than each. */
const ages = [0, 10, 60, 300, 900, 3_600, 21_600, 86_400];
/** Where counting stops: a look at the figures reads no more of the ledger, however much waits. */
export const countedAtMost = 100_000;

/**
 * The figures of mail. What waits now is read from the indexes over open deliveries alone, what happened from the sums that
 * the workers keep: neither grows with the ledger. The sums are those of all processes: take `max` of several, not `sum`.
 */
export function registerMailMetrics(registry: Registry, deps: Pick<Deps, 'db' | 'clock'>): void {
  const registers = [registry];
  const open = shared(() => findOpen(deps.db, deps.clock()));
  const counted = shared(() => findFigures(deps.db));

  new Gauge({
    name: 'ritrovo_deliveries',
    help: `Mails to one person each that are still open: queued (due), deferred (due later), sending; and unknown for good or until their retry. Counted to ${countedAtMost}.`,
    labelNames: ['state'],
    registers,
    async collect() {
      const { due, deferred, sending, unknown, unknownRetry } = await open();
      this.reset();
      for (const row of due) this.inc({ state: 'queued' }, row.counts[0] ?? 0);
      this.set({ state: 'deferred' }, deferred);
      this.set({ state: 'sending' }, sending);
      this.set({ state: 'unknown' }, unknown);
      this.set({ state: 'unknown_retry' }, unknownRetry);
    },
  });
  new Gauge({
    name: 'ritrovo_deliveries_waiting',
    help: `Mails that may leave now, by how many seconds they have waited longer than; urgent ones are those somebody waits for. Counted from the oldest to ${countedAtMost}.`,
    labelNames: ['priority', 'longer_than'],
    registers,
    async collect() {
      this.reset();
      for (const { priority, counts } of (await open()).due) {
        for (const [at, age] of ages.entries()) {
          this.set({ priority, longer_than: String(age) }, counts[at] ?? 0);
        }
      }
    },
  });
  new Gauge({
    name: 'ritrovo_deliveries_oldest_seconds',
    help: 'How long the mail has waited that has waited longest among those that may leave now; 0 where none does.',
    labelNames: ['priority'],
    registers,
    async collect() {
      this.reset();
      for (const { priority, oldest } of (await open()).due) this.set({ priority }, oldest);
    },
  });
  for (const name of Object.keys(figureNames) as FigureName[]) {
    registry.registerMetric(summed(name, counted) as unknown as Metric);
  }
}

type Row = { name: string; labels: string; value: number };

/** A metric whose values lie in the database: the library's own count in this process alone. */
function summed(name: FigureName, rows: () => Promise<Row[]>) {
  const { type, help } = figureNames[name];
  const series = type === 'counter' ? [name] : ['_bucket', '_sum', '_count'].map((end) => name + end);
  return {
    name,
    help,
    type,
    async get() {
      const found = (await rows()).filter((row) => series.includes(row.name));
      const values = found.map((row) => ({
        metricName: row.name,
        labels: JSON.parse(row.labels) as Record<string, string>,
        value: row.value,
      }));
      // The ends of a histogram's buckets in their order, whatever the database thinks of texts.
      const end = ({ labels: { le } }: (typeof values)[number]) =>
        le === undefined ? Number.POSITIVE_INFINITY : le === '+Inf' ? Number.MAX_VALUE : Number(le);
      values.sort((a, b) => end(a) - end(b));
      return { name, help, type, aggregator: 'sum', values };
    },
    reset() {},
  };
}

/** One question for all metrics of one look. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | null = null;
  return () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

type Open = {
  due: { priority: 'urgent' | 'bulk'; counts: number[]; oldest: number }[];
  deferred: number;
  sending: number;
  unknown: number;
  unknownRetry: number;
};

type Due = { priority: number; counts: number[]; oldest: number };

/** What is open now: from partial indexes that hold open rows alone, and from each no more than is counted. */
export async function findOpen(db: Db, now: Date): Promise<Open> {
  const waits = sql`state in ('queued', 'unknown') and next_attempt_at is not null`;
  // What somebody waits for, what has its first try, and what was put off.
  const priorities = sql`(values (0::smallint), (1::smallint), (2::smallint))`;
  const counts = sql.join(
    ages.map((age) => sql`(count(*) filter (where since <= ${before(now, age)}::timestamptz))::int`),
  );
  const due = await sql<Due>`
    select p.priority, c.counts, c.oldest from ${priorities} as p (priority)
    cross join lateral (
      select array[${counts}] as counts,
        coalesce(greatest(0, extract(epoch from ${now}::timestamptz - min(since))), 0)::float8 as oldest
      from (
        -- A mailing's row in the queue begins before the mailing does.
        select greatest(next_attempt_at, first_queued_at) as since from deliveries
        where ${waits} and priority = p.priority and next_attempt_at <= ${now}
        order by next_attempt_at limit ${countedAtMost}
      ) w
    ) c order by p.priority`.execute(db);
  const rest = await sql<Omit<Open, 'due'>>`
    select
      (select count(*)::int from (
        select 1 from ${priorities} as p (priority) cross join lateral (
          select 1 from deliveries where ${waits} and priority = p.priority and next_attempt_at > ${now}
          limit ${countedAtMost}) w) t) as deferred,
      (select count(*)::int from (select 1 from deliveries where state = 'sending' limit ${countedAtMost}) t) as sending,
      (select count(*)::int from (select 1 from deliveries where state = 'unknown' and next_attempt_at is null
        limit ${countedAtMost}) t) as unknown,
      (select count(*)::int from (select 1 from deliveries where state = 'unknown' and next_attempt_at is not null
        limit ${countedAtMost}) t) as "unknownRetry"`.execute(db);
  const [{ deferred, sending, unknown, unknownRetry }] = rest.rows as [Omit<Open, 'due'>];
  const [urgent, first, again] = due.rows as [Due, Due, Due];
  return {
    due: [
      { priority: 'urgent', counts: urgent.counts, oldest: urgent.oldest },
      {
        priority: 'bulk',
        counts: first.counts.map((count, at) => count + (again.counts[at] ?? 0)),
        oldest: Math.max(first.oldest, again.oldest),
      },
    ],
    deferred,
    sending,
    unknown,
    unknownRetry,
  };
}

async function findFigures(db: Db): Promise<Row[]> {
  return db
    .selectFrom('figures')
    .select(['name', 'labels', 'value'])
    .orderBy('name')
    .orderBy('labels')
    .execute();
}

const before = (now: Date, seconds: number) => new Date(now.getTime() - seconds * 1000);
