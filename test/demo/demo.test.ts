import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeEmbedded } from '../../server/db/embedded.ts';
import { type DemoProcess, pressCtrlC, readInbox, startDemo, terminate } from '../support/demo-process.ts';

let dataDir: string;
const started: DemoProcess[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-demo-'));
  // Root's PostgreSQL runs as another user, who must pass through.
  await chmod(dataDir, 0o711);
});

afterAll(async () => {
  for (const { child } of started) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    process.kill(-child.pid!, 'SIGKILL');
    await ended;
  }
  await removeEmbedded(join(dataDir, 'demo'));
  await rm(dataDir, { recursive: true });
});

async function start(...args: string[]): Promise<DemoProcess> {
  const demo = await startDemo(dataDir, ...args);
  started.push(demo);
  return demo;
}

/** What still runs of a demo: members of its process group, and any process that names its folder. */
function leftovers({ child }: DemoProcess): string[] {
  return listProcesses()
    .filter(({ group, args }) => group === child.pid || args.includes(dataDir))
    .map(({ args }) => args);
}

/** A bare machine has no `ps`; where there is no /proc there is one. */
function listProcesses(): { group: number; args: string }[] {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-ww', '-A', '-o', 'pgid=,args='], { encoding: 'utf8' }).split('\n');
    return lines.map((line) => ({ group: Number.parseInt(line, 10), args: line }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        // The name in brackets may hold anything; after it come state, parent and group (proc_pid_stat(5)).
        const [, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return [{ group: Number(group), args }];
      } catch {
        return [];
      }
    });
}

/** What the coordinator sees first, by the printed link. */
async function openDesk({ signIn, site }: DemoProcess): Promise<string> {
  const signedIn = await fetch(signIn, { method: 'POST', redirect: 'manual' });
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
  const page = await (await fetch(new URL('/desk/', site), { headers: { cookie } })).text();
  return page.slice(page.indexOf('<main'), page.indexOf('</main'));
}

test('the demo sends its invitations, ends at Ctrl-C without leftovers, and finds everything again', {
  timeout: 90_000,
}, async () => {
  const first = await start('--port', '0');
  const invited = (await readInbox(first)).filter(
    ({ headers }) => headers['x-ritrovo-kind'] === 'invitation',
  );
  expect(new Set(invited.map(({ to }) => to[0]?.address)).size).toBe(30);
  const desk = await openDesk(first);
  expect(desk).toContain('Aperitivo di rete');
  expect(desk).toContain('Raccontarsi');
  expect(desk).toContain('A pranzo, una volta al mese');

  expect(await pressCtrlC(first), first.said()).toBe(0);
  expect(leftovers(first)).toEqual([]);
  await expect(fetch(first.site)).rejects.toThrow();

  const second = await start();
  expect(second.site).toBe(first.site);
  expect(second.signIn).not.toBe(first.signIn);
  expect(await openDesk(second)).toBe(desk);
  expect((await readInbox(second)).length).toBeGreaterThanOrEqual(invited.length);
  expect(await terminate(second), second.said()).toBe(0);
  expect(leftovers(second)).toEqual([]);
});
