import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort } from '../demo/ports.ts';

/** A web process of its own. */
export type Web = { url: string; stop(): Promise<void> };

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const patienceMs = 30_000;

/** What its links are signed with. */
export const secretKey = 'k'.repeat(40);

/** Starts the service's web part, as an operator would, on a database. */
export async function startWeb(databaseUrl: string): Promise<Web> {
  const port = await choosePort('127.0.0.1', 0, null);
  const url = `http://127.0.0.1:${port}`;
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    SECRET_KEYS: secretKey,
    ROLE: 'web',
    DRAIN_SECONDS: '0',
    PORT: `${port}`,
    PUBLIC_URL: url,
    LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  try {
    await ready(child, url);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    url,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(100)) {
    if (child.exitCode !== null) throw new Error(`the web process ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
  }
  throw new Error(`the web process did not answer within ${patienceMs / 1000} s`);
}
