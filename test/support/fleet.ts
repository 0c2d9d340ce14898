import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const main = new URL('../../server/main.ts', import.meta.url).pathname;

export type Role = 'web' | 'worker';
export type Member = { role: Role; port: number; process: ChildProcess; said: string };

/** Several processes of the service, as supervisors on several machines would run them. */
export type Fleet = {
  members: Member[];
  /** Resolves when it serves or works. */
  start(role: Role, port?: number): Promise<Member>;
  /** Sends a signal, and waits for the end. Gives the exit code, null where the signal ended it. */
  end(member: Member, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  /** Ends it and starts another in its place. */
  replace(member: Member, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
  close(): Promise<void>;
};

export function createFleet(env: NodeJS.ProcessEnv): Fleet {
  const fleet: Fleet = {
    members: [],
    async start(role, port = 0) {
      const child = spawn(process.execPath, [main], {
        env: { PATH: process.env.PATH, LOG_LEVEL: 'info', ...env, ROLE: role, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const member: Member = { role, port, process: child, said: '' };
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk) => (member.said += chunk));
      }
      fleet.members.push(member);
      while (!(await isUp(member))) {
        if (child.exitCode !== null)
          throw new Error(`a ${role} ended with ${child.exitCode}:\n${member.said}`);
        await sleep(50);
      }
      return member;
    },
    async end(member, signal) {
      fleet.members.splice(fleet.members.indexOf(member), 1);
      const ended = once(member.process, 'exit');
      member.process.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
    async replace(member, signal) {
      const code = await fleet.end(member, signal);
      await fleet.start(member.role, member.port);
      return code;
    },
    async close() {
      await Promise.all(fleet.members.splice(0).map((member) => kill(member.process)));
    },
  };
  return fleet;
}

async function isUp({ role, port, said }: Member): Promise<boolean> {
  if (role === 'worker') return said.includes('the workers are at work');
  return fetch(`http://127.0.0.1:${port}/health/ready`).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer().listen(0, '127.0.0.1');
      await once(probe, 'listening');
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as { port: number }).port);
  for (const probe of probes) probe.close();
  return ports;
}
