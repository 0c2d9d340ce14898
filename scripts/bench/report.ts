export type BenchOptions = {
  /** How often each case is repeated. */
  requests: number;
  /** How the names of the cases begin that are wanted; empty for all. Heeded where a case takes long. */
  only: string;
  /** How many old rows lie in a ledger that has a past. */
  rows: number;
  /** How long each side of a pair lasts, where something is set beside its raw limit. */
  seconds: number;
  /** Takes a line of progress. */
  say(line: string): void;
};

/** One case: how much goes through in a second, what the raw limit of this machine was in the same run, and their ratio. */
export type Result = { case: string; perSecond: number; limit: number; ratio: number } & Record<
  string,
  string | number
>;

export type Report = {
  name: string;
  results: Result[];
  /** What misses its mark, in words; none where all is well. */
  problems: string[];
};

/** The value below which a share of the sorted samples lies, by the nearest rank. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new Error('a percentile of no samples');
  return found;
}

export const rounded = (value: number) => Math.round(value * 100) / 100;

/** The results as a table for people. */
export function tableOf({ name, results }: Report): string {
  const columns = [...new Set(results.flatMap((result) => Object.keys(result)))];
  const rows = [columns, ...results.map((result) => columns.map((column) => String(result[column] ?? '')))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  '),
  );
  return [`${name}:`, ...lines].join('\n');
}
