import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Db } from './db/database.ts';
import type { Figures } from './deliveries/figures.ts';
import type { Alarm } from './jobs/alarm.ts';
import type { Links } from './web/links.ts';

/** What a use case needs beside its input. Made once, in main.ts, and passed in. */
export type Deps = {
  db: Db;
  clock: Clock;
  links: Links;
  alarm: Alarm;
  config: Config;
  figures: Figures;
};
