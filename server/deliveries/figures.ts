import { sql } from 'kysely';
import type { Log } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { countsByState, type DeliveryState } from '../mailings/queries.ts';
import { causeOf, classOf, type FigureName, type Labels, labelText, lagBuckets } from './figure-names.ts';
import type { Claimed, Settlement } from './ledger.ts';

/**
 * What the workers count, and what they say of each mailing. A count is kept in memory and added to the sums in the
 * database once a second, so that no delivery costs a statement more, and any process can show the sums of all of them. A
 * process that is killed loses at most that second's counts: they are figures, the ledger is the truth.
 */
export type Figures = {
  /** What became of a delivery, once the ledger has it. */
  settled(claim: Pick<Claimed, 'mailingId' | 'kind' | 'attempts'>, what: Settlement, stage?: string): void;
  /** What a mail that came in turned out to be. */
  tookIn(what: string): void;
  /** Says that a mailing to many begins. Never throws. */
  began(mailingId: string): Promise<void>;
  /** Says of each mailing to many of these that it is done, and how it went. Never throws. */
  ended(mailingIds: readonly string[]): Promise<void>;
  /** Adds what was counted to the sums. */
  flush(): Promise<void>;
  /** Adds the rest, and stops. */
  close(): Promise<void>;
};

/** Counts nothing and says nothing. */
export const noFigures: Figures = {
  settled: () => {},
  tookIn: () => {},
  began: async () => {},
  ended: async () => {},
  flush: async () => {},
  close: async () => {},
};

/** How many mailings a process remembers to have begun: more are asked of the database again. */
const mostKnown = 10_000;

export function createFigures(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  log: Log,
  { flushEveryMs = 1_000 }: { flushEveryMs?: number } = {},
): Figures {
  let counts = new Map<string, { name: FigureName; labels: string; series: string; value: number }>();
  /** Mailings that this process sent the first mail of, and has not told of yet. */
  let firsts = new Map<string, Date>();
  const known = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();

  function add(name: FigureName, labels: Labels, value = 1, series = ''): void {
    const text = labelText(labels);
    const key = `${name}${series} ${text}`;
    const entry = counts.get(key);
    if (entry) entry.value += value;
    else counts.set(key, { name, labels: text, series, value });
    arm();
  }

  function observe(name: FigureName, seconds: number, labels: Labels): void {
    for (const end of lagBuckets)
      add(name, { ...labels, le: String(end) }, seconds <= end ? 1 : 0, '_bucket');
    add(name, { ...labels, le: '+Inf' }, 1, '_bucket');
    add(name, labels, seconds, '_sum');
    add(name, labels, 1, '_count');
  }

  function arm(): void {
    timer ??= setTimeout(() => void flush(), flushEveryMs).unref();
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    flushing = flushing.then(write);
    return flushing;
  }

  async function write(): Promise<void> {
    const begun = firsts;
    firsts = new Map();
    if (begun.size > 0) {
      try {
        for (const { kind, seconds } of await noteFirsts(begun)) {
          observe('ritrovo_mailing_first_lag_seconds', seconds, { kind });
        }
      } catch (error) {
        for (const [id, at] of begun) if (!firsts.has(id)) firsts.set(id, at);
        failed(error);
      }
    }
    const taken = counts;
    counts = new Map();
    try {
      await addUp([...taken.values()]);
    } catch (error) {
      for (const [key, entry] of taken) {
        const newer = counts.get(key);
        if (newer) newer.value += entry.value;
        else counts.set(key, entry);
      }
      failed(error);
    }
  }

  /** The counts stay, and are added once the database is back. */
  function failed(error: unknown): void {
    log.warn({ reason: (error as Error).message }, 'figures could not be written; trying again');
    arm();
  }

  async function addUp(entries: { name: string; series: string; labels: string; value: number }[]) {
    if (entries.length === 0) return;
    // In one order, so that two workers do not wait for each other's rows.
    const rows = entries
      .map(({ name, series, labels, value }) => ({ name: name + series, labels, value }))
      .sort((a, b) => (a.name + a.labels < b.name + b.labels ? -1 : 1));
    await sql`
      insert into figures (name, labels, value)
      select * from unnest(${rows.map((r) => r.name)}::text[], ${rows.map((r) => r.labels)}::text[],
        ${rows.map((r) => r.value)}::float8[])
      on conflict (name, labels) do update set value = figures.value + excluded.value
    `.execute(db);
  }

  /** The first worker to write it down tells of it; the others find it written. */
  async function noteFirsts(begun: ReadonlyMap<string, Date>) {
    const { rows } = await sql<{ kind: string; seconds: number }>`
      update mailings m set first_sent_at = f.at
      from unnest(${[...begun.keys()]}::uuid[], ${[...begun.values()]}::timestamptz[]) as f (id, at)
      where m.id = f.id and m.first_sent_at is null and m.audience is not null
      returning m.kind, greatest(0, extract(epoch from m.first_sent_at - m.due_at))::float8 as seconds
    `.execute(db);
    return rows;
  }

  return {
    settled(claim, what, stage) {
      if (claim.attempts > 1 && what.kind !== 'released') add('ritrovo_mails_retried_total', {});
      const at = stage === undefined ? {} : { stage };
      switch (what.kind) {
        case 'sent':
          add('ritrovo_mails_sent_total', { kind: claim.kind });
          if (known.has(claim.mailingId)) break;
          if (known.size >= mostKnown) known.clear();
          known.add(claim.mailingId);
          firsts.set(claim.mailingId, clock());
          break;
        case 'failed':
          add('ritrovo_mails_failed_total', { class: classOf(what.response), ...at });
          break;
        case 'deferred':
          add('ritrovo_mails_deferred_total', { class: classOf(what.response), ...at });
          break;
        case 'unknown':
          add('ritrovo_mails_unknown_total', { cause: causeOf(what.cause) });
          break;
        case 'suppressed':
          add('ritrovo_mails_suppressed_total', { reason: what.reason });
          break;
        case 'skipped':
          add('ritrovo_mails_skipped_total', { reason: what.reason });
          break;
        case 'released':
          break;
      }
    },
    tookIn: (what) => add('ritrovo_inbound_mails_total', { what }),
    async began(mailingId) {
      try {
        for (const { lastSentAt: _, sentFrom: __, ...row } of await findCourses(db, [mailingId])) {
          const { id, kind, chapterId, eventId, counts } = row;
          const lagMs = row.startedAt && since(row.dueAt, row.startedAt);
          log.info(
            { mailing: id, kind, chapter: chapterId, event: eventId, lagMs, counts },
            'a mailing begins',
          );
        }
      } catch (error) {
        log.warn({ reason: (error as Error).message, mailing: mailingId }, 'a mailing’s begin is not told');
      }
    },
    async ended(mailingIds) {
      try {
        for (const row of await findCourses(db, mailingIds)) {
          const { id, kind, chapterId, eventId, counts, dueAt, sentFrom, lastSentAt } = row;
          const lag = {
            beginLagMs: row.startedAt && since(dueAt, row.startedAt),
            firstLagMs: sentFrom && since(dueAt, sentFrom),
            lastLagMs: lastSentAt && since(dueAt, lastSentAt),
          };
          if (lag.lastLagMs !== null) {
            observe('ritrovo_mailing_last_lag_seconds', lag.lastLagMs / 1000, { kind });
          }
          log.info(
            { mailing: id, kind, chapter: chapterId, event: eventId, ...lag, counts },
            'a mailing is done',
          );
        }
      } catch (error) {
        log.warn({ reason: (error as Error).message }, 'the end of mailings is not told');
      }
    },
    flush,
    async close() {
      await flush();
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

type Course = {
  id: string;
  kind: string;
  chapterId: string | null;
  eventId: string | null;
  dueAt: Date;
  startedAt: Date | null;
  sentFrom: Date | null;
  lastSentAt: Date | null;
  counts: Record<DeliveryState, number>;
};

/** How mailings to many went; those to one person are left out. Reads each delivery of theirs once. */
async function findCourses(db: Deps['db'], ids: readonly string[]): Promise<Course[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Course>`
    select m.id, m.kind, m.chapter_id as "chapterId", m.event_id as "eventId", m.due_at as "dueAt",
      m.started_at as "startedAt", c.counts, c.sent_from as "sentFrom", c.last_sent_at as "lastSentAt"
    from mailings m cross join lateral (
      select ${countsByState} as counts, min(d.sent_at) as sent_from, max(d.sent_at) as last_sent_at
      from deliveries d where d.mailing_id = m.id
    ) c
    where m.id = any (${[...ids]}::uuid[]) and m.audience is not null
    order by m.id
  `.execute(db);
  return rows;
}

const since = (from: Date, until: Date) => Math.max(0, until.getTime() - from.getTime());
