import type { Flow } from './load.ts';
import { percentile, type Result, rounded } from './report.ts';

/** How often what is measured is set beside its raw limit. */
const pairs = 5;
/** The pair that warms up lasts until each side has done so much, or so long: code that has not run often is slower. */
const warmUp = { done: 4000, seconds: 10 };
/** The two of a pair take turns this often: what else this machine does, which comes and goes, then falls on both. */
const turnSeconds = 0.5;

/** One side of a pair, for a turn: what of it comes later goes on where this ended. */
type Side = (pair: number, seconds: number) => Promise<Flow>;

/**
 * The product and its raw limit in five pairs, each a row of short turns; one pair more, the first, warms up. The ratio
 * is the median of the pairs' own.
 * @param options.least the ratio below which something is wrong
 * @param options.seconds how long each side of a pair lasts
 */
export async function inPairs(
  name: string,
  { least, seconds }: { least: number; seconds: number },
  { product, limit }: { product: Side; limit: Side },
): Promise<{ result: Result; problems: string[] }> {
  const rates: { product: number; limit: number }[] = [];
  const times: number[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    const length = Math.min(seconds, turnSeconds);
    const turns = Math.round((pair === 0 ? warmUp.seconds : seconds) / length);
    const sums = { product: { done: 0, ms: 0 }, limit: { done: 0, ms: 0 } };
    for (let turn = 0; turn < turns; turn += 1) {
      if (pair === 0 && Math.min(sums.product.done, sums.limit.done) >= warmUp.done) break;
      // Neither always goes first.
      for (const side of turn % 2 === 0 ? (['product', 'limit'] as const) : (['limit', 'product'] as const)) {
        const { done, ms, samples } = await (side === 'product' ? product : limit)(pair, length);
        sums[side].done += done;
        sums[side].ms += ms;
        if (side === 'product' && pair > 0) times.push(...samples);
      }
    }
    const rate = ({ done, ms }: { done: number; ms: number }) => (1000 * done) / ms;
    if (pair > 0) rates.push({ product: rate(sums.product), limit: rate(sums.limit) });
  }
  const ratios = rates.map((rate) => rate.product / rate.limit);
  const median = (values: readonly number[]) => percentile(values, 0.5);
  const ratio = median(ratios);
  const result: Result = {
    case: name,
    perSecond: rounded(median(rates.map((rate) => rate.product))),
    limit: rounded(median(rates.map((rate) => rate.limit))),
    ratio: rounded(ratio),
    lowest: rounded(Math.min(...ratios)),
    highest: rounded(Math.max(...ratios)),
    p50: rounded(percentile(times, 0.5)),
    p95: rounded(percentile(times, 0.95)),
  };
  const problems = ratio < least ? [`${name}: ${rounded(ratio)} of the raw limit, less than ${least}`] : [];
  return { result, problems };
}
