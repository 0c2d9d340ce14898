import type { Pool } from 'pg';
import { openDurable } from './durable.ts';
import { Caller, type Flow, flow } from './load.ts';
import { inPairs } from './pairs.ts';
import { startRaw } from './raw.ts';
import type { BenchOptions, Report } from './report.ts';
import { startWeb } from './web.ts';

const events = 500;
/** What a calendar may wait for, in milliseconds, at the 95th percentile. */
const most = { anew: 50, again: 50, unchanged: 5 };

/**
 * The feed of a chapter with 500 events, as one calendar after the other fetches it: `anew` after an event has changed
 * since the last answer, `again` where it was put together before, `unchanged` where the calendar has it already (304).
 * The raw limit beside each is a bare Fastify that answers a constant as long, without a database.
 */
export async function benchFeed({ seconds, say }: BenchOptions): Promise<Report> {
  const report: Report = { name: 'feed', results: [], problems: [] };
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const database = await openDurable(say);
    undo.push(database.remove);
    await makeEvents(database.pool);
    const web = await startWeb(database.url);
    undo.push(web.stop);
    const path = '/c/bologna/calendar.ics';
    const fetched = await fetch(web.url + path, { headers: { 'accept-encoding': 'identity' } });
    const text = await fetched.text();
    if (text.match(/^BEGIN:VEVENT/gm)?.length !== events)
      throw new Error(`the feed has not ${events} events`);
    const bytes = Buffer.byteLength(text);
    const raw = await startRaw('raw-feed.ts', [`${bytes}`]);
    undo.push(raw.stop);
    const product = new Caller(web.url);
    const limit = new Caller(raw.url);
    undo.push(
      async () => product.close(),
      async () => limit.close(),
    );
    const has = { 'if-none-match': fetched.headers.get('etag') ?? '' };
    const asked = async (caller: Caller, at: string, status: number, headers = {}) => {
      const answered = await caller.get(at, headers);
      if (answered.status !== status) throw new Error(`${at} answered ${answered.status}`);
    };
    const one = (seconds: number, step: () => Promise<void>) => flow(1, seconds, step);
    const cases = {
      unchanged: {
        product: (_pair: number, seconds: number) => one(seconds, () => asked(product, path, 304, has)),
        limit: (_pair: number, seconds: number) => one(seconds, () => asked(limit, '/unchanged', 304, has)),
      },
      again: {
        product: (_pair: number, seconds: number) => one(seconds, () => asked(product, path, 200)),
        limit: (_pair: number, seconds: number) => one(seconds, () => asked(limit, '/', 200)),
      },
      anew: {
        product: (_pair: number, seconds: number) =>
          afterChange(database.pool, seconds, () => asked(product, path, 200)),
        limit: (_pair: number, seconds: number) => one(seconds, () => asked(limit, '/', 200)),
      },
    };
    for (const name of ['unchanged', 'again', 'anew'] as const) {
      say(`feed: ${name}`);
      const { result } = await inPairs(name, { least: 0, seconds }, cases[name]);
      report.results.push({ ...result, events, bytes: name === 'unchanged' ? 0 : bytes });
      if (Number(result.p95) >= most[name])
        report.problems.push(`${name}: ${result.p95} ms at p95, not less than ${most[name]}`);
    }
    return report;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** Like `flow` in one lane, where before each step an event changes; only the step's own time counts. */
async function afterChange(pool: Pool, seconds: number, step: () => Promise<void>): Promise<Flow> {
  const samples: number[] = [];
  const ends = performance.now() + seconds * 1000;
  while (performance.now() < ends) {
    await pool.query(
      `UPDATE events SET revision = revision + 1, changed_at = clock_timestamp()
       WHERE id = (SELECT id FROM events ORDER BY random() LIMIT 1)`,
    );
    const before = performance.now();
    await step();
    samples.push(performance.now() - before);
  }
  return { done: samples.length, ms: samples.reduce((sum, ms) => sum + ms, 0), samples };
}

/** Two years of a busy chapter: in three time zones, across all clock changes, with long texts. */
async function makeEvents(pool: Pool): Promise<void> {
  // Several statements in one go are one transaction: a chapter without a coordinator is refused at its end.
  await pool.query(
    `INSERT INTO networks (name) VALUES ('Rete di prova');
     INSERT INTO chapters (slug, name, time_zone, locale) VALUES ('bologna', 'Bologna', 'Europe/Rome', 'it');
     INSERT INTO people (first_name, last_name, source) VALUES ('Anna', 'Ricci', 'bench');
     INSERT INTO memberships (chapter_id, person_id, role, source, starts_at)
     SELECT c.id, p.id, 'coordinator', 'bench', now() FROM chapters c, people p`,
  );
  await pool.query(
    `INSERT INTO events (chapter_id, title, description, format, venue_name, venue_address, time_zone,
       starts_at, ends_at, access, state, published_at)
     SELECT c.id, 'Aperitivo di rete, numero ' || n, repeat('Due ore per ritrovarci; un minuto a testa. ', 8),
       'in_person', 'Enoteca "Storica"', 'Via Marsala ' || n || ', Bologna',
       (ARRAY['Europe/Rome', 'Europe/London', 'America/New_York'])[1 + n % 3],
       date_trunc('hour', now()) + n * interval '35 hours', date_trunc('hour', now()) + n * interval '35 hours' + interval '2 hours',
       'public', 'published', now()
     FROM chapters c, generate_series(1, ${events}) n`,
  );
  await pool.query('VACUUM ANALYZE');
}
