import type { Pool } from 'pg';
import { createLinks } from '../../server/web/links.ts';
import { type Invited, invitedOf, invitedTo, makeAnswerable, spreadEvents } from './answers-data.ts';
import { openDurable } from './durable.ts';
import { Caller, type Flow, flow } from './load.ts';
import { inPairs } from './pairs.ts';
import { RawAnswers } from './raw-answers.ts';
import type { BenchOptions, Report } from './report.ts';
import { secretKey, startWeb } from './web.ts';

/** As many as the product's own pool has: as many callers, and as many connections of the raw limit. */
const connections = 10;
const least = { hot: 0.75, spread: 0.55 } as const;

type Next = (count: number) => { invited: Invited; yes: boolean };

/** Who answers next. A hot event's thousand say yes one after the other, then no, and so on; so do those of each other event. */
const order: Record<keyof typeof least, (round: number) => Next> = {
  hot: (round) => (count) => ({
    invited: invitedOf('hot', round, count % invitedTo.hot),
    yes: Math.floor(count / invitedTo.hot) % 2 === 0,
  }),
  spread: () => (count) => {
    const turn = Math.floor(count / spreadEvents);
    return {
      invited: invitedOf('spread', count % spreadEvents, turn % invitedTo.spread),
      yes: Math.floor(turn / invitedTo.spread) % 2 === 0,
    };
  },
};

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
      const measure = (step: (next: Next) => Parameters<typeof flow>[2]) => async (round: number) => {
        await startOver(pool);
        const before = await countAnswers(pool);
        const done = await flow(connections, seconds, step(order[name](round)));
        await mustBeThere(pool, before, done);
        return done;
      };
      const { result, problems } = await inPairs(name, least[name], {
        product: measure((next) => async (lane, count) => {
          const { invited, yes } = next(count);
          const path = `/r/${links.rsvpToken({ ...invited, linkEpoch: 1 })}`;
          const { status } = await (callers[lane] as Caller).post(
            path,
            `answer=${yes ? 'yes' : 'no'}&mode=room`,
          );
          if (status !== 303) throw new Error(`an answer was answered with ${status}`);
        }),
        limit: measure((next) => async (lane, count) => {
          const { invited, yes } = next(count);
          await raw.answer(lane, invited, yes);
        }),
      });
      report.results.push({ ...result, connections });
      report.problems.push(...problems);
    }
    return report;
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** Nobody has answered: both sides begin each round with the same tables. */
async function startOver(pool: Pool): Promise<void> {
  await pool.query('DELETE FROM rsvps');
  await pool.query('VACUUM rsvps, events, invitations');
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
async function mustBeThere(pool: Pool, before: Counts, { done }: Flow): Promise<void> {
  const after = await countAnswers(pool);
  if (after.answers - before.answers !== done || after.mails - before.mails !== done) {
    throw new Error(
      `${done} were answered; written down were ${after.answers - before.answers}, confirmed ${after.mails - before.mails}`,
    );
  }
}
