import type { Flow } from './load.ts';
import { percentile, type Result, rounded } from './report.ts';

/** How often what is measured and its raw limit take turns. */
export const rounds = 5;

/** So many times longer lasts the pair that warms up: code that has not run often is slower. */
const warmUp = 3;

type Measured = { product: Flow; limit: Flow };
type Side = (round: number, seconds: number) => Promise<Flow>;

/**
 * The product and its raw limit in turns, so that what else this machine does falls on both; the first pair warms up and
 * does not count. The ratio is the median of the pairs' own.
 * @param options.least the ratio below which something is wrong
 * @param options.seconds how long each side of a pair lasts
 */
export async function inPairs(
  name: string,
  { least, seconds }: { least: number; seconds: number },
  { product, limit }: { product: Side; limit: Side },
): Promise<{ result: Result; problems: string[] }> {
  const pairs: Measured[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    // Neither always goes first.
    const [first, second] = round % 2 === 0 ? [product, limit] : [limit, product];
    const lasts = round === 0 ? warmUp * seconds : seconds;
    const [one, other] = [await first(round, lasts), await second(round, lasts)];
    if (round > 0)
      pairs.push(round % 2 === 0 ? { product: one, limit: other } : { product: other, limit: one });
  }
  const ratios = pairs.map((pair) => pair.product.perSecond / pair.limit.perSecond);
  const ratio = percentile(ratios, 0.5);
  const times = pairs.flatMap((pair) => pair.product.samples);
  const result: Result = {
    case: name,
    perSecond: rounded(median(pairs.map((pair) => pair.product.perSecond))),
    limit: rounded(median(pairs.map((pair) => pair.limit.perSecond))),
    ratio: rounded(ratio),
    lowest: rounded(Math.min(...ratios)),
    highest: rounded(Math.max(...ratios)),
    p50: rounded(percentile(times, 0.5)),
    p95: rounded(percentile(times, 0.95)),
  };
  const problems = ratio < least ? [`${name}: ${rounded(ratio)} of the raw limit, less than ${least}`] : [];
  return { result, problems };
}

const median = (values: readonly number[]) => percentile(values, 0.5);
