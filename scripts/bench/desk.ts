import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDb, openPool } from '../../server/db/database.ts';
import { openEmbedded, removeEmbedded } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/upgrade.ts';
import { deskAccess } from '../../server/organizers/access.ts';
import { createSession } from '../../server/organizers/sessions.ts';
import { makeNetwork, type NetworkSize } from './network.ts';
import { type Page, pagesOf } from './pages.ts';
import { type BenchOptions, percentile, type Report, rounded } from './report.ts';
import { startWeb, type Web } from './web.ts';

/** The most that the 95th percentile of a page may take, in milliseconds. */
const mostMs = 100;
/** How much longer it may take than with a hundredth of the data: this many times, or this many milliseconds. */
const mostTimes = 1.5;
const mostMoreMs = 10;

const whole: NetworkSize = { chapters: 200 };
const hundredth: NetworkSize = { chapters: 2 };

/** Needs a session, and nothing else. */
const help = { path: () => '/desk/help', who: (chapter: number) => chapter };

type Site = { web: Web; cookieOf(chapter: number): string; chapters: number };

/**
 * Every page of the desk, as the table of access names them, opened by coordinators of many chapters: on a network of
 * 200 chapters, 100,000 people and 5,000 events, and in the same minute on a hundredth of it. The raw limit beside it
 * is the help page, which needs a session and nothing else.
 */
export async function benchDesk({ requests, say }: BenchOptions): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-bench-'));
  const log = { info: () => {}, warn: say, error: say } as never;
  const undo: (() => Promise<unknown>)[] = [
    () => removeEmbedded(dataDir).then(() => rm(dataDir, { recursive: true })),
  ];
  try {
    const database = await openEmbedded({ dataDir, log });
    undo.push(() => database.stop());
    const open = async (name: string, size: NetworkSize) => {
      const site = await openSite(database.url, name, size, say);
      undo.push(() => site.web.stop());
      return site;
    };
    const small = await open('hundredth', hundredth);
    const large = await open('whole', whole);
    return await measure(large, small, requests, say);
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

async function measure(
  large: Site,
  small: Site,
  requests: number,
  say: BenchOptions['say'],
): Promise<Report> {
  const report: Report = { name: 'desk', results: [], problems: [] };
  const pages = await pagesOf(deskAccess, (path, chapter) => get(large, path, chapter));
  // Once in vain: a process that has just started is slower.
  await time(large, help, requests);
  const limit = 1000 / mean(await time(large, help, requests));
  for (const page of pages) {
    const [here, there]: [number[], number[]] = [[], []];
    // In turns, so that what else this machine does falls on both.
    for (let round = 0; round < 10; round += 1) {
      const share = Math.ceil(requests / 10);
      here.push(...(await time(large, page, share, round)));
      there.push(...(await time(small, page, share, round)));
    }
    const [p95, p95Hundredth] = [percentile(here, 0.95), percentile(there, 0.95)];
    const perSecond = 1000 / mean(here);
    const times = p95 / p95Hundredth;
    report.results.push({
      case: page.name,
      perSecond: rounded(perSecond),
      limit: rounded(limit),
      ratio: rounded(perSecond / limit),
      p50: rounded(percentile(here, 0.5)),
      p95: rounded(p95),
      p95Hundredth: rounded(p95Hundredth),
      times: rounded(times),
    });
    if (p95 > mostMs) report.problems.push(`${page.name}: ${rounded(p95)} ms, more than ${mostMs}`);
    if (times > mostTimes && p95 > p95Hundredth + mostMoreMs) {
      report.problems.push(
        `${page.name}: ${rounded(p95)} ms, with a hundredth of the data ${rounded(p95Hundredth)}`,
      );
    }
    say(`  ${page.name}: ${rounded(p95)} ms`);
  }
  return report;
}

/** How long each of so many requests took, in milliseconds, after two that warm up. */
async function time(
  site: Site,
  page: Pick<Page, 'path' | 'who'>,
  requests: number,
  round = 0,
): Promise<number[]> {
  const samples: number[] = [];
  for (let i = -2; i < requests; i += 1) {
    const chapter = ((round * requests + i + 2) * 7) % site.chapters;
    const before = performance.now();
    const status = await get(site, page.path(chapter), page.who(chapter));
    if (i >= 0) samples.push(performance.now() - before);
    if (status !== 200) throw new Error(`${page.path(chapter)} answered ${status}`);
  }
  return samples;
}

async function get(site: Site, path: string, chapter: number): Promise<number> {
  const response = await fetch(site.web.url + path, {
    redirect: 'manual',
    headers: { cookie: site.cookieOf(chapter), accept: 'text/html' },
  });
  await response.arrayBuffer();
  return response.status;
}

async function openSite(
  serverUrl: string,
  name: string,
  size: NetworkSize,
  say: BenchOptions['say'],
): Promise<Site> {
  const url = new URL(serverUrl);
  const admin = openPool(url.href, { max: 1 });
  await admin.query(`CREATE DATABASE bench_${name}`).finally(() => admin.end());
  url.pathname = `/bench_${name}`;
  await migrate(url.href);
  say(`a network of ${size.chapters} chapters`);
  const pool = openPool(url.href, { max: 2 });
  try {
    const now = new Date();
    await makeNetwork(pool, size, now, say);
    const coordinators = await pool.query<{ personId: string }>(
      `SELECT person_id AS "personId" FROM memberships WHERE role = 'coordinator' ORDER BY person_id`,
    );
    const cookies: string[] = [];
    for (const { personId } of coordinators.rows) {
      cookies.push(`ritrovo_desk=${await createSession(createDb(pool), personId, now)}`);
    }
    const web = await startWeb(url.href);
    return { web, chapters: size.chapters, cookieOf: (chapter) => cookies[chapter] as string };
  } finally {
    await pool.end();
  }
}

const mean = (samples: readonly number[]) => samples.reduce((sum, one) => sum + one, 0) / samples.length;
