import type { Pool } from 'pg';
import { createLinks } from '../../server/web/links.ts';
import { type Invited, invitedOf, invitedTo, makeAnswerable, spreadEvents } from './answers-data.ts';
import { openDurable } from './durable.ts';
import { Caller, flow } from './load.ts';
import { inPairs } from './pairs.ts';
import { RawAnswers } from './raw-answers.ts';
import type { BenchOptions, Report } from './report.ts';
import { secretKey, startWeb } from './web.ts';

/** As many as the product's own pool has: as many callers, and as many connections of the raw limit. */
const connections = 10;
const least = { hot: 0.75, spread: 0.55 } as const;

type Side = 'product' | 'limit';
type Next = (count: number) => { invited: Invited; yes: boolean };

/**
 * Who answers next. A hot event's thousand say yes one after the other, then no, and so on, each pair and side to an
 * event of its own; of those invited to each other event half answer on each side.
 */
const order: Record<keyof typeof least, (side: Side, pair: number, before: number) => Next> = {
  hot: (side, pair, before) => (count) => ({
    invited: invitedOf('hot', 2 * pair + (side === 'limit' ? 1 : 0), (before + count) % invitedTo.hot),
    yes: Math.floor((before + count) / invitedTo.hot) % 2 === 0,
  }),
  spread: (side, _pair, before) => (count) => {
    const half = invitedTo.spread / 2;
    const turn = Math.floor((before + count) / spreadEvents);
    const n = (turn % half) + (side === 'limit' ? half : 0);
    return {
      invited: invitedOf('spread', (before + count) % spreadEvents, n),
      yes: Math.floor(turn / half) % 2 === 0,
    };
  },
};

/** What the page's form sends with a yes, and a tap with a no. */
const forms = { yes: 'note=&visible=0&answer=yes', no: 'answer=no' };

/**
 * Answers a second by the form behind a member's link: real posts to a real server over connections that are kept alive,
 * every commit on the disk before the answer. Once all to one event of a thousand seats, where each waits for the other,
 * and once to a thousand events. The raw limit beside it is what PostgreSQL takes of seven fixed statements an answer.
 */
export async function benchRsvp({ seconds, say }: BenchOptions): Promise<Report> {
  const report: Report = { name: 'rsvp', results: [], problems: [] };
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const database = await openDurable(say);
    undo.push(database.remove);
    const { pool, url } = database;
    await makeAnswerable(pool);
    const web = await startWeb(url);
    undo.push(web.stop);
    const raw = await RawAnswers.open(url, connections);
    undo.push(() => raw.close());
    const callers = Array.from({ length: connections }, () => new Caller(web.url));
    undo.push(async () => {
      for (const caller of callers) caller.close();
    });
    const links = createLinks(web.url, [secretKey]);

    for (const name of ['hot', 'spread'] as const) {
      say(`answers: ${name}`);
      const there = await countAnswers(pool);
      let answered = 0;
      const measure = (side: Side, step: (lane: number, next: ReturnType<Next>) => Promise<void>) => {
        let [lastPair, before] = [0, 0];
        return async (pair: number, seconds: number) => {
          if (name === 'hot' && pair !== lastPair) before = 0;
          lastPair = pair;
          const next = order[name](side, pair, before);
          const flown = await flow(connections, seconds, (lane, count) => step(lane, next(count)));
          before += flown.done;
          answered += flown.done;
          return flown;
        };
      };
      const { result, problems } = await inPairs(
        name,
        { least: least[name], seconds },
        {
          product: measure('product', async (lane, { invited, yes }) => {
            const path = `/r/${links.rsvpToken({ ...invited, linkEpoch: 1 })}`;
            const { status } = await (callers[lane] as Caller).post(path, yes ? forms.yes : forms.no);
            if (status !== 303) throw new Error(`an answer was answered with ${status}`);
          }),
          limit: measure('limit', (lane, { invited, yes }) => raw.answer(lane, invited, yes)),
        },
      );
      await mustBeThere(pool, there, answered);
      report.results.push({ ...result, connections });
      report.problems.push(...problems);
    }
    return report;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

type Counts = { answers: number; mails: number };

async function countAnswers(pool: Pool): Promise<Counts> {
  const { rows } = await pool.query<Counts>(
    `SELECT (SELECT count(*) FROM rsvp_history) AS answers,
       (SELECT count(*) FROM deliveries d JOIN mailings m ON m.id = d.mailing_id WHERE m.cause LIKE 'answer:%') AS mails`,
  );
  return rows[0] as Counts;
}

/** What was answered is in the database: each answer once, and for each the mail that confirms it. */
async function mustBeThere(pool: Pool, before: Counts, done: number): Promise<void> {
  const after = await countAnswers(pool);
  if (after.answers - before.answers !== done || after.mails - before.mails !== done) {
    throw new Error(
      `${done} were answered; written down were ${after.answers - before.answers}, confirmed ${after.mails - before.mails}`,
    );
  }
}
