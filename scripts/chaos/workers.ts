import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const program = new URL('worker-process.ts', import.meta.url).pathname;

export type Workers = {
  /** Kills one with SIGKILL; another takes its place. */
  kill(which: number): void;
  /** Stops one in mid-work for longer than its leases last, then lets it go on as if nothing had been. */
  suspend(which: number, ms: number): Promise<void>;
  /** Kills all of them, for good. */
  end(): Promise<void>;
};

/** Workers as real processes: one that ends, for whatever reason, is started again. */
export function startWorkers(count: number, ...args: string[]): Workers {
  const processes: ChildProcess[] = [];
  let ending = false;
  const start = (which: number) => {
    const child = fork(program, args, { stdio: 'ignore' });
    processes[which] = child;
    child.once('exit', async () => {
      await sleep(200);
      if (!ending) start(which);
    });
  };
  for (let which = 0; which < count; which += 1) start(which);
  const signal = (which: number, name: NodeJS.Signals) => processes[which]?.kill(name);

  return {
    kill: (which) => void signal(which, 'SIGKILL'),
    async suspend(which, ms) {
      const child = processes[which];
      child?.kill('SIGSTOP');
      await sleep(ms);
      child?.kill('SIGCONT');
    },
    async end() {
      ending = true;
      const ended = processes.map((child) =>
        child.exitCode !== null || child.signalCode !== null
          ? null
          : new Promise((resolve) => child.once('exit', resolve)),
      );
      for (const child of processes) child.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
}
