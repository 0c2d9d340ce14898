import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const root = new URL('../..', import.meta.url).pathname;

/** A demo that runs, and the addresses that it printed. */
export type DemoProcess = {
  child: ChildProcess;
  /** All that it has said so far. */
  said(): string;
  site: string;
  inbox: string;
  signIn: string;
};

/**
 * Starts the demo as somebody at a terminal does: npm, its shell and Node in one process group of their own. Whoever
 * starts it ends it.
 */
export async function startDemo(dataDir: string, ...args: string[]): Promise<DemoProcess> {
  const child = spawn('npm', ['run', 'demo', '--', ...args], {
    cwd: root,
    env: { ...process.env, DATA_DIR: dataDir },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const find = (name: string) => said.match(new RegExp(`^ {2}${name} +(http\\S+)\\n`, 'm'))?.[1];
  for (;;) {
    const [site, inbox, signIn] = [find('Site'), find('Inbox'), find('Desk')];
    if (site && inbox && signIn) return { child, said: () => said, site, inbox, signIn };
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode}:\n${said}`);
    await sleep(50);
  }
}

/** Ctrl-C, as a terminal sends it: to the whole process group at once. Gives npm's exit code. */
export const pressCtrlC = (demo: DemoProcess) => end(demo.child, 'SIGINT', -demo.child.pid!);

/** How a supervisor ends it: npm alone is told, and passes it on. */
export const terminate = (demo: DemoProcess) => end(demo.child, 'SIGTERM', demo.child.pid!);

async function end(child: ChildProcess, signal: 'SIGINT' | 'SIGTERM', pid: number): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  process.kill(pid, signal);
  return ended;
}

export type InboxMail = {
  id: string;
  subject: string;
  to: { address: string; name: string }[];
  headers: Record<string, string>;
  html: string;
  text: string;
};

/** Everything in its inbox, oldest first. */
export async function readInbox({ inbox }: DemoProcess): Promise<InboxMail[]> {
  return (await fetch(`${inbox}/api/email`)).json() as Promise<InboxMail[]>;
}
