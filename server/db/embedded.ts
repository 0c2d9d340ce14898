import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './database.ts';
import { findHome, type Home, makeHome, removeHome } from './embedded-home.ts';
import { type Lock, tryLock } from './embedded-lock.ts';
import { findNative, type Native, reachableNative, SHARED_DIR } from './embedded-place.ts';
import {
  answers,
  ensureDatabase,
  findRunning,
  initCluster,
  interruptServer,
  startServer,
  stopServer,
  urlOf,
} from './embedded-server.ts';

const POLL_MS = 50;
const JOIN_MS = 60_000;

/** A database to connect to. `stop()` ends the server if we own it, and does nothing if we only joined it. */
export interface Embedded {
  url: string;
  owner: boolean;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  log: Log;
  /** Further PostgreSQL settings, for a server that we start: tests want theirs without fsync. */
  settings?: Record<string, string>;
  /** Other binaries than the installed ones. */
  native?: Native;
  /** Where root puts what PostgreSQL's user cannot reach in its place. */
  sharedDir?: string;
}

/**
 * A real PostgreSQL under `dataDir`, for trying and testing. The first process starts it, owns it and stops it; one
 * that comes while the owner lives joins and never stops it. Who owns is decided by a lock that dies with its holder:
 * after a kill -9 the next process finds the lock free, and adopts the server or clears what is left of it.
 * When the owner stops, a process that joined loses its connections in mid-work; we prefer that to a database that
 * outlives the service which the operator has stopped.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  await fs.mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  // One spelling for one folder: the server is recognised by it.
  const dataDir = await fs.realpath(options.dataDir);
  const deadline = Date.now() + JOIN_MS;
  for (;;) {
    const lock = tryLock(lockFile(dataDir));
    if (lock) return own(dataDir, lock, options);
    const url = await join(dataDir);
    if (url) return { url, owner: false, stop: async () => {} };
    if (Date.now() > deadline)
      throw new Error(`Another process holds ${dataDir}, but its database does not answer.`);
    await sleep(POLL_MS);
  }
}

const lockFile = (dataDir: string) => path.join(dataDir, 'postgres.lock');

async function join(dataDir: string): Promise<string | null> {
  const home = await findHome(dataDir);
  const running = home && findRunning(home);
  return running && (await answers(home, running.port, 'ritrovo')) ? urlOf(home, running.port) : null;
}

async function own(dataDir: string, lock: Lock, options: EmbeddedOptions): Promise<Embedded> {
  const { log, sharedDir = SHARED_DIR } = options;
  let stop = async () => lock.release();
  try {
    const { home, runAs } = await makeHome(dataDir, sharedDir, log);
    // For a process that ends without a word: the server stops by itself, a moment after us.
    const onExit = () => interruptServer(home);
    process.once('exit', onExit);
    stop = async () => {
      process.off('exit', onExit);
      await stopServer(home);
      lock.release();
    };
    let port = await adopt(home, log);
    if (!port) {
      const native = await reachableNative(options.native ?? (await findNative()), runAs, sharedDir, log);
      await initCluster(home, native, runAs);
      port = await startServer(home, native, runAs, options.settings ?? {});
    }
    await ensureDatabase(home, port);
    let stopping: Promise<void> | null = null;
    // Once: by a second call the server may be somebody else's.
    return { url: await urlOf(home, port), owner: true, stop: () => (stopping ??= stop()) };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The port of a server that an earlier process left, once it is ready. Null if there is none, or none any more. */
async function adopt(home: Home, log: Log): Promise<number | null> {
  for (let running = findRunning(home); running; running = findRunning(home)) {
    if (running.port > 0 && (await answers(home, running.port))) {
      log.info('adopted the embedded PostgreSQL that an earlier process left running');
      return running.port;
    }
    await sleep(POLL_MS);
  }
  return null;
}

/** Removes the database of `dataDir`, wherever it lies. Throws while another process uses it. */
export async function removeEmbedded(folder: string): Promise<void> {
  const dataDir = await fs.realpath(folder).catch(() => null);
  if (!dataDir) return;
  const lock = tryLock(lockFile(dataDir));
  if (!lock) throw new Error(`The database in ${dataDir} is in use.`);
  try {
    const home = await findHome(dataDir).catch(() => null);
    if (home) await stopServer(home);
    await removeHome(dataDir);
  } finally {
    lock.release();
  }
}
