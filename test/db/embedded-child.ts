import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';

const PROCESS = path.resolve(import.meta.dirname, 'embedded-process.ts');

export interface Child {
  url: string;
  owner: boolean;
  uid: number;
  /** Everything that it logged. */
  said(): string;
  tell(order: 'stop' | 'exit'): Promise<number | null>;
  signal(signal: NodeJS.Signals): Promise<number | null>;
}

/** Opens the database of `dataDir` in another process. Throws with what that one wrote if it does not come up. */
export async function openInChild(dataDir: string, options: SpawnOptions = {}): Promise<Child> {
  const child = spawn(process.execPath, [PROCESS, dataDir], {
    // A group of its own, to press Ctrl-C on it without pressing it on the tests.
    detached: true,
    ...options,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const opened = new Promise<Pick<Child, 'url' | 'owner' | 'uid'>>((resolve) => {
    child.stdout?.on('data', () => {
      const line = said.split('\n').find((text) => text.startsWith('{') && text.endsWith('}'));
      if (line) resolve(JSON.parse(line));
    });
  });
  const failed = exited.then((code) => Promise.reject(new Error(`the process ended with ${code}:\n${said}`)));
  failed.catch(() => {});
  return {
    ...(await Promise.race([opened, failed])),
    said: () => said,
    tell(order) {
      child.stdin?.write(`${order}\n`);
      return exited;
    },
    signal(signal) {
      process.kill(-child.pid!, signal);
      return exited;
    },
  };
}

export async function query<T>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** The process id of the server: the parent of the one that answers. */
export async function serverPid(dataDir: string): Promise<number> {
  return Number.parseInt(
    await fs.readFile(path.join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8'),
    10,
  );
}

export const newFolder = async (): Promise<string> =>
  fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'ritrovo-embedded-')));
