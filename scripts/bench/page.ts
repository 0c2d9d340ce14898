import type { Pool } from 'pg';
import { createLinks } from '../../server/web/links.ts';
import { eventIdOf, invitedOf, invitedTo, makeAnswerable } from './answers-data.ts';
import { openDurable } from './durable.ts';
import { Caller, flow } from './load.ts';
import { inPairs } from './pairs.ts';
import { startRaw } from './raw.ts';
import type { BenchOptions, Report } from './report.ts';
import { secretKey, startWeb } from './web.ts';

const connections = 10;
const least = 0.5;
/** Over how many events the readers spread. */
const pages = 50;
/** How many come to each, one in three of them by name. */
const coming = 12;

/**
 * What many open at once, in pages a second: the event, a member's own page before her answer, and the same after it.
 * The raw limit beside each is a bare Fastify that sends the same statements and answers a constant as long.
 */
export async function benchPage({ seconds, say }: BenchOptions): Promise<Report> {
  const report: Report = { name: 'page', results: [], problems: [] };
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const database = await openDurable(say);
    undo.push(database.remove);
    await makeAnswerable(database.pool);
    await letSomeCome(database.pool);
    const web = await startWeb(database.url);
    undo.push(web.stop);
    const links = createLinks(web.url, [secretKey]);
    const linkOf = (event: number, n: number) =>
      `/r/${links.rsvpToken({ ...invitedOf('spread', event, n), linkEpoch: 1 })}`;
    const cases: Record<string, (event: number) => string> = {
      page: (event) => `/e/${eventIdOf('spread', event)}`,
      link: (event) => linkOf(event, invitedTo.spread - 1),
      answered: (event) => linkOf(event, 0),
    };
    for (const [name, pathOf] of Object.entries(cases)) {
      say(`pages: ${name}`);
      const paths = Array.from({ length: pages }, (_, event) => pathOf(event));
      const raw = await startRaw('raw-page.ts', [web.url, JSON.stringify(paths)], {
        DATABASE_URL: database.url,
      });
      const product = callers(web.url);
      const limit = callers(raw.url);
      try {
        const bytes: number[] = [];
        const { result, problems } = await inPairs(
          name,
          { least, seconds },
          {
            product: (_pair, seconds) =>
              flow(connections, seconds, async (lane, count) => {
                const answered = await product.at(lane).get(paths[count % pages] as string);
                if (answered.status !== 200) throw new Error(`a page answered ${answered.status}`);
                bytes[count % pages] = answered.bytes;
              }),
            limit: (_pair, seconds) =>
              flow(connections, seconds, async (lane, count) => {
                const answered = await limit.at(lane).get(`/${count % pages}`);
                if (answered.status !== 200) throw new Error(`the raw limit answered ${answered.status}`);
                if (bytes[count % pages] !== undefined && answered.bytes !== bytes[count % pages])
                  throw new Error(`a page has ${bytes[count % pages]} bytes, its constant ${answered.bytes}`);
              }),
          },
        );
        report.results.push({ ...result, connections, bytes: bytes[0] ?? 0 });
        report.problems.push(...problems);
      } finally {
        product.close();
        limit.close();
        await raw.stop();
      }
    }
    return report;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** Those first invited, and of them each third lets the others see her name. */
async function letSomeCome(pool: Pool): Promise<void> {
  const first = `FROM invitations i WHERE i.calendar_uid ~ '^spread-[0-9]+-(${Array.from({ length: coming }, (_, n) => n).join('|')})@'`;
  await pool.query(
    `INSERT INTO rsvps (event_id, person_id, chapter_id, state, mode, source, answered_at)
     SELECT i.event_id, i.person_id, i.chapter_id, 'going', 'room', 'link', now() ${first}`,
  );
  await pool.query(
    `INSERT INTO rsvp_history (event_id, person_id, chapter_id, state, mode, guests, source, at)
     SELECT i.event_id, i.person_id, i.chapter_id, 'going', 'room', 0, 'link', now() ${first}`,
  );
  await pool.query(
    `UPDATE invitations SET visible = true WHERE calendar_uid ~ '^spread-[0-9]+-(${Array.from({ length: coming / 3 }, (_, n) => 3 * n).join('|')})@'`,
  );
  await pool.query('VACUUM ANALYZE');
}

function callers(url: string): { at(lane: number): Caller; close(): void } {
  const all = Array.from({ length: connections }, () => new Caller(url));
  return {
    at: (lane) => all[lane] as Caller,
    close() {
      for (const caller of all) caller.close();
    },
  };
}
