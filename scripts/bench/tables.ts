import { pairsIn, scoreOf, suggestTables, tableSizes, upperBound } from '../../server/tables/rules.ts';
import { bestOfRandom, randomPast } from '../../test/tables/past.ts';
import { type BenchOptions, type Report, type Result, rounded } from './report.ts';

const longestMs = 2000;
const lots = 10_000;

/**
 * Suggested tables for 12, 40 and 200 people, of whom a share of the pairs has met: the share of pairs at one table who
 * have never met, beside the best of ten thousand seatings by lot and what no seating can exceed. `limit` is tables a
 * second by lot alone: the ratio says how much longer thinking takes.
 */
export async function benchTables({ say }: BenchOptions): Promise<Report> {
  const results: Result[] = [];
  const problems: string[] = [];
  for (const people of [12, 40, 200]) {
    for (const met of [0.3, 0.6, 0.9]) {
      const name = `${people} people, ${met * 100} % of pairs met`;
      say(name);
      const haveMet = randomPast(people, met, people);
      const pairs = pairsIn(tableSizes(people));
      const before = performance.now();
      const tables = suggestTables(people, haveMet, 1);
      const ms = performance.now() - before;
      const { fresh, least } = scoreOf(tables, haveMet);
      const lotsBefore = performance.now();
      const lot = bestOfRandom(people, haveMet, lots, 2);
      const lotMs = (performance.now() - lotsBefore) / lots;
      const bound = upperBound(people, haveMet);
      results.push({
        case: name,
        perSecond: rounded(1000 / ms),
        limit: rounded(1000 / lotMs),
        ratio: rounded(lotMs / ms),
        ms: Math.round(ms),
        neverMet: rounded(fresh / pairs),
        bestOfLots: rounded(lot.fresh / pairs),
        upperBound: rounded(bound / pairs),
        fewestNewFaces: least,
      });
      if (ms > longestMs) problems.push(`${name}: ${Math.round(ms)} ms, more than ${longestMs}`);
      if (fresh < lot.fresh) problems.push(`${name}: ${fresh} new pairs, fewer than ${lot.fresh} by lot`);
    }
  }
  return { name: 'tables', results, problems };
}
