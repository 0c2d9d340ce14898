import fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../server/db/database.ts';
import { makeHome } from '../../server/db/embedded-home.ts';
import { findNative, reachableNative, SHARED_DIR } from '../../server/db/embedded-place.ts';
import {
  ensureDatabase,
  findRunning,
  initCluster,
  startServer,
  stopServer,
  urlOf,
} from '../../server/db/embedded-server.ts';

/** A PostgreSQL whose commits are durable, and that can be made to crash. */
export type Cluster = {
  url: string;
  /** Stops it as `pg_ctl stop -m immediate` does, without writing anything down, and starts it again: it recovers from its log. */
  crash(): Promise<void>;
  stop(): Promise<void>;
};

/** @param dataDir an empty folder, whose parents others may pass */
export async function openCluster(dataDir: string, log: Log): Promise<Cluster> {
  const { home, runAs } = await makeHome(await fs.realpath(dataDir), SHARED_DIR, log);
  const native = await reachableNative(await findNative(), runAs, SHARED_DIR, log);
  await initCluster(home, native, runAs);
  const start = () => startServer(home, native, runAs, { max_connections: '200' });
  const port = await start();
  await ensureDatabase(home, port);
  return {
    url: await urlOf(home, port),
    async crash() {
      const running = findRunning(home);
      if (running) process.kill(running.pid, 'SIGQUIT');
      while (findRunning(home)) await sleep(20);
      await start();
    },
    stop: () => stopServer(home),
  };
}
