import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Home } from './embedded-home.ts';
import { CHILD_ENV, type Native, type RunAs } from './embedded-place.ts';

const POLL_MS = 25;
/** Recovery after a crash may take a while; a server that is not there by then never will be. */
const START_MS = 60_000;
const STOP_MS = 60_000;

/** Role and database of the service, in a cluster that is its own. */
const ROLE = 'ritrovo';

/** A running server: its process, and the port that it listens on. */
export interface Running {
  pid: number;
  port: number;
}

/** Makes the cluster if it is missing: UTF-8 and C.UTF-8 whatever the terminal says. Interrupted, it leaves nothing. */
export async function initCluster(home: Home, native: Native, runAs: RunAs): Promise<boolean> {
  if (existsSync(home.cluster)) return false;
  for (const name of await fs.readdir(home.dir)) {
    if (name.startsWith('draft-')) await fs.rm(path.join(home.dir, name), { recursive: true, force: true });
  }
  const password = randomBytes(24).toString('base64url');
  await fs.writeFile(home.password, password, { mode: 0o600 });

  const draft = await fs.mkdtemp(path.join(home.dir, 'draft-'));
  const passwordOnce = path.join(home.dir, 'password.once');
  await fs.rm(passwordOnce, { force: true });
  await fs.writeFile(passwordOnce, password, { mode: 0o600 });
  if (runAs) for (const made of [draft, passwordOnce]) await fs.chown(made, runAs.uid, runAs.gid);
  try {
    await runInitdb(native, runAs, [
      `--pgdata=${draft}`,
      `--username=${ROLE}`,
      `--pwfile=${passwordOnce}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own C.UTF-8: the same order whichever C library is below. macOS has no C.UTF-8 for the rest.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      `--locale=${process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'}`,
    ]);
    await fs.rename(draft, home.cluster);
  } finally {
    await fs.rm(passwordOnce, { force: true });
    await fs.rm(draft, { recursive: true, force: true });
  }
  return true;
}

async function runInitdb(native: Native, runAs: RunAs, args: string[]): Promise<void> {
  const child = spawn(path.join(native.dir, 'bin/initdb'), args, {
    ...runAs,
    cwd: '/',
    env: CHILD_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`PostgreSQL's initdb failed:\n${said.trim()}`);
}

/**
 * The server that runs on this cluster now, perhaps still starting or already stopping. postmaster.pid alone proves
 * nothing: after a reboot, or in a new container, its pid may be anybody's.
 */
export function findRunning(home: Home): Running | null {
  const { pid, port } = readPidFile(home);
  return pid > 0 && serves(pid, home.cluster) ? { pid, port } : null;
}

function readPidFile(home: Home): Running {
  try {
    const lines = readFileSync(pidFile(home), 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  } catch {
    return { pid: 0, port: 0 };
  }
}

const pidFile = (home: Home) => path.join(home.cluster, 'postmaster.pid');

function serves(pid: number, cluster: string): boolean {
  try {
    return commandLine(pid).includes(cluster);
  } catch {
    return false;
  }
}

// A slim container has no ps, macOS no /proc.
const commandLine = (pid: number): string =>
  process.platform === 'linux'
    ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    : execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });

/**
 * Starts the server in a session of its own, so that Ctrl-C on the terminal reaches the service and not the database
 * under it, and waits until it answers. Gives its port.
 */
export async function startServer(
  home: Home,
  native: Native,
  runAs: RunAs,
  settings: Record<string, string>,
): Promise<number> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    await clearForeignPid(home);
    const port = await choosePort(home);
    const server = await launch(home, native, runAs, port, settings);
    while (!server.ended()) {
      if (await answers(home, port)) {
        await fs.writeFile(home.port, `${port}\n`);
        return port;
      }
      if (Date.now() > deadline) {
        process.kill(server.pid, 'SIGQUIT');
        throw new Error(`The embedded PostgreSQL did not get ready. Its log is ${home.log}`);
      }
      await sleep(POLL_MS);
    }
    const said = await fs.readFile(home.log, 'utf8');
    // Somebody took the port between our look and its start, or the last of a killed server's processes still live.
    const passing =
      /could not bind|pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(said);
    if (!passing || Date.now() > deadline) {
      throw new Error(`The embedded PostgreSQL did not start:\n${said.trim()}`);
    }
    await sleep(POLL_MS * 4);
  }
}

// PostgreSQL clears its own stale file, with care for processes that survived. It does not when the pid lives on as
// somebody else's.
async function clearForeignPid(home: Home): Promise<void> {
  const { pid } = readPidFile(home);
  if (pid > 0 && alive(pid) && !serves(pid, home.cluster)) await fs.rm(pidFile(home));
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The port of last time, so that an operator's psql finds it again; where it is busy, a free one. */
async function choosePort(home: Home): Promise<number> {
  const kept = Number(await fs.readFile(home.port, 'utf8').catch(() => '0'));
  return (await bind(kept)) ?? (await bind(0)) ?? kept;
}

function bind(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.on('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const bound = (server.address() as net.AddressInfo).port;
      server.close(() => resolve(bound));
    });
  });
}

async function launch(
  home: Home,
  native: Native,
  runAs: RunAs,
  port: number,
  settings: Record<string, string>,
): Promise<{ pid: number; ended(): boolean }> {
  const options = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // The service reports its own errors. Here they would repeat what members wrote ("Key (email)=…").
    log_min_messages: 'log',
    log_checkpoints: 'off',
    ...settings,
  };
  const args = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // Emptied at each start: it never grows, and tells of this start alone.
  const log = await fs.open(home.log, 'w', 0o600);
  const child = spawn(path.join(native.dir, 'bin/postgres'), ['-D', home.cluster, ...args], {
    ...runAs,
    cwd: '/',
    env: CHILD_ENV,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await new Promise((resolve, reject) => child.on('error', reject).on('spawn', resolve)).finally(() =>
    log.close(),
  );
  child.unref();
  return { pid: child.pid!, ended: () => child.exitCode !== null || child.signalCode !== null };
}

/** The address of `database` on the server at `port`. */
export async function urlOf(home: Home, port: number, database: string = ROLE): Promise<string> {
  const password = await fs.readFile(home.password, 'utf8');
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
}

/** True once the server takes queries. Throws where it refuses our password. */
export async function answers(home: Home, port: number, database = 'postgres'): Promise<boolean> {
  return withClient(await urlOf(home, port, database), async () => true).catch((error) => {
    if (error.code === '28P01')
      throw new Error(`The password in ${home.password} is not the one of the database.`);
    return false;
  });
}

/** Makes the service's database on a new cluster. */
export async function ensureDatabase(home: Home, port: number): Promise<void> {
  await withClient(await urlOf(home, port, 'postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [ROLE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${ROLE}`);
  });
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A server that stops under us rejects the query; unheard, the event would kill the process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Asks the server to end all connections, write everything to disk and go. Waits for nothing. */
export function interruptServer(home: Home): void {
  const running = findRunning(home);
  if (running) process.kill(running.pid, 'SIGINT');
}

/** Stops the server, if one runs, and waits until it is gone. */
export async function stopServer(home: Home): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  interruptServer(home);
  for (let running = findRunning(home); running; running = findRunning(home)) {
    if (Date.now() > deadline)
      throw new Error(`The embedded PostgreSQL (process ${running.pid}) does not stop.`);
    await sleep(POLL_MS);
  }
}
