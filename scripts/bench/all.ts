import { benchDesk } from './desk.ts';
import { benchFeed } from './feed.ts';
import { benchMail } from './mail.ts';
import { benchPage } from './page.ts';
import type { BenchOptions, Report } from './report.ts';
import { benchRsvp } from './rsvp.ts';
import { benchScheduler } from './scheduler.ts';
import { benchTables } from './tables.ts';

/** What can be measured, by name. */
export const benches = {
  desk: benchDesk,
  feed: benchFeed,
  mail: benchMail,
  page: benchPage,
  rsvp: benchRsvp,
  scheduler: benchScheduler,
  tables: benchTables,
} satisfies Record<string, (options: BenchOptions) => Promise<Report>>;

export function isBench(name: string): name is keyof typeof benches {
  return Object.hasOwn(benches, name);
}
