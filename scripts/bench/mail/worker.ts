import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { WorkerJob } from './worker-process.ts';

export const processOf = (name: string) => fileURLToPath(new URL(`./${name}-process.ts`, import.meta.url));

/** The product's worker, as a process of its own that is ready. */
export async function startWorker(job: WorkerJob, execArgv: string[] = []): Promise<ChildProcess> {
  const worker = fork(processOf('worker'), [JSON.stringify(job)], { execArgv });
  await once(worker, 'message');
  return worker;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
