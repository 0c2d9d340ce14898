import { benchDesk } from './desk.ts';
import type { BenchOptions, Report } from './report.ts';
import { benchTables } from './tables.ts';

/** What can be measured, by name. */
export const benches = { desk: benchDesk, tables: benchTables } satisfies Record<
  string,
  (options: BenchOptions) => Promise<Report>
>;

export function isBench(name: string): name is keyof typeof benches {
  return Object.hasOwn(benches, name);
}
