import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { choosePort } from '../../demo/ports.ts';

/** A mail server that throws everything away, in a process of its own. */
export type Sink = { url: string; name: string; stop(): void };

const debian = '/usr/sbin/smtp-sink';
const ours = fileURLToPath(new URL('./sink-process.ts', import.meta.url));

/** Postfix's `smtp-sink` where Debian has put it, else one of ours on bare sockets. */
export async function startSink(): Promise<Sink> {
  const port = await choosePort('127.0.0.1', 0, null);
  const isDebian = existsSync(debian);
  const child: ChildProcess = isDebian
    ? spawn(debian, [...(process.getuid?.() === 0 ? ['-u', 'nobody'] : []), `127.0.0.1:${port}`, '1024'], {
        stdio: 'ignore',
      })
    : fork(ours, [`${port}`]);
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error('the sink did not start');
    await sleep(50);
  }
  return { url: `smtp://127.0.0.1:${port}`, name: isDebian ? 'smtp-sink' : 'ours', stop: () => child.kill() };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
