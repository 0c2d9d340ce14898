import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeEmbedded } from '../../server/db/embedded.ts';

const root = new URL('../..', import.meta.url).pathname;

type Running = { child: ChildProcess; said: () => string; site: string; inbox: string; signIn: string };

let dataDir: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-demo-'));
  // Root's PostgreSQL runs as another user, who must pass through.
  await chmod(dataDir, 0o711);
});

afterAll(async () => {
  for (const child of started) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL');
  }
  await removeEmbedded(join(dataDir, 'demo'));
  await rm(dataDir, { recursive: true });
});

/** Starts the demo as somebody at a terminal does: npm, its shell and Node in one process group of their own. */
async function startDemo(...args: string[]): Promise<Running> {
  const child = spawn('npm', ['run', 'demo', '--', ...args], {
    cwd: root,
    env: { ...process.env, DATA_DIR: dataDir },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (said += chunk));
  const find = (name: string) => said.match(new RegExp(`^ {2}${name} +(http\\S+)\\n`, 'm'))?.[1];
  while (!find('Desk')) {
    if (child.exitCode !== null) throw new Error(`the demo ended with ${child.exitCode}:\n${said}`);
    await sleep(50);
  }
  const address = (name: string) => find(name) ?? expect.fail(`no ${name} in:\n${said}`);
  return {
    child,
    said: () => said,
    site: address('Site'),
    inbox: address('Inbox'),
    signIn: address('Desk'),
  };
}

/** Ctrl-C, as a terminal sends it: to the whole process group at once. */
const pressCtrlC = (demo: Running) => end(demo, 'SIGINT', -demo.child.pid!);

/** How a supervisor ends it: npm alone is told, and passes it on. */
const terminate = (demo: Running) => end(demo, 'SIGTERM', demo.child.pid!);

async function end({ child }: Running, signal: 'SIGINT' | 'SIGTERM', pid: number): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  process.kill(pid, signal);
  return ended;
}

/** What still runs of a demo: members of its process group, and any process that names its folder. */
function leftovers({ child }: Running): string[] {
  const lines = execFileSync('ps', ['-ww', '-e', '-o', 'pgid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => Number.parseInt(line, 10) === child.pid || line.includes(dataDir));
}

async function mails({ inbox }: Running): Promise<{ headers: Record<string, string>; subject: string }[]> {
  return (await fetch(`${inbox}/api/email`)).json() as Promise<never>;
}

/** What the coordinator sees first, by the printed link. */
async function openDesk({ signIn, site }: Running): Promise<string> {
  const signedIn = await fetch(signIn, { method: 'POST', redirect: 'manual' });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = await (await fetch(new URL('/desk/', site), { headers: { cookie } })).text();
  return page.slice(page.indexOf('<main'), page.indexOf('</main'));
}

test('the demo sends its invitations, ends at Ctrl-C without leftovers, and finds everything again', {
  timeout: 90_000,
}, async () => {
  const first = await startDemo('--port', '0');
  const invitations = (await mails(first)).filter(
    ({ headers }) => headers['x-ritrovo-kind'] === 'invitation',
  );
  expect(invitations).toHaveLength(30);
  const desk = await openDesk(first);
  expect(desk).toContain('Aperitivo di rete');
  expect(desk).toContain('Raccontarsi');

  expect(await pressCtrlC(first), first.said()).toBe(0);
  expect(leftovers(first)).toEqual([]);
  await expect(fetch(first.site)).rejects.toThrow();

  const second = await startDemo();
  expect(second.site).toBe(first.site);
  expect(second.signIn).not.toBe(first.signIn);
  expect(await openDesk(second)).toBe(desk);
  expect((await mails(second)).length).toBeGreaterThanOrEqual(invitations.length);
  expect(await terminate(second), second.said()).toBe(0);
  expect(leftovers(second)).toEqual([]);
});
