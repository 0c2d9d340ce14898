import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createDb, openPool } from '../../server/db/database.ts';
import { type Embedded, openEmbedded, removeEmbedded } from '../../server/db/embedded.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';
import { quietLog, type TestDatabase } from '../support/database.ts';

/** A PostgreSQL of the test file's own, which it may stop and start again: at the same address, as one that was restarted. */
export type OwnServer = TestDatabase & { stop(): Promise<void>; start(): Promise<void> };

export function useOwnServer(): OwnServer {
  const silent = { ...quietLog, warn: () => {} };
  let dataDir: string;
  let embedded: Embedded;
  const own = {
    stop: () => embedded.stop(),
    async start() {
      embedded = await openEmbedded({ dataDir, log: quietLog, settings: { fsync: 'off' } });
    },
  } as OwnServer;

  beforeAll(async () => {
    // The prefix under which the next run clears what a killed one has left.
    dataDir = await fs.mkdtemp(path.join(os.tmpdir(), 'ritrovo-test-'));
    await own.start();
    const pool = openPool(embedded.url, { max: 4, log: silent });
    Object.assign(own, { url: embedded.url, pool, db: createDb(pool) });
    await migrateToLatest(own.db, { log: quietLog });
  }, 60_000);

  afterAll(async () => {
    await own.pool?.end();
    await embedded?.stop();
    await removeEmbedded(dataDir);
    await fs.rm(dataDir, { recursive: true, force: true });
  });

  return own;
}
