import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../server/db/open.ts';

const script = fileURLToPath(new URL('../../scripts/cli.ts', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ritrovo-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A command as a process of its own, without any configuration but where its data lies. */
async function cli(...args: string[]) {
  const { DATABASE_URL: _, SECRET_KEYS: __, ...env } = process.env;
  return promisify(execFile)(process.execPath, [script, ...args], { env: { ...env, DATA_DIR: folder } });
}

it('a fresh machine is set up without any configuration, and a running database is joined and left running', {
  timeout: 60_000,
}, async () => {
  const made = await cli(
    ...['setup', '--network', 'Rete', '--chapter', 'bologna', '--chapter-name', 'Bologna'],
    ...['--time-zone', 'Europe/Rome', '--coordinator', 'anna@example.org'],
  );
  expect(made.stdout).toMatch(/^http:\/\/127\.0\.0\.1:3000\/sign-in\/[\w.-]+\n$/);
  expect((await stat(join(folder, 'secret-keys'))).mode & 0o777).toBe(0o600);

  const said: string[] = [];
  const running = await openDatabase({ databaseUrl: null, dataDir: folder }, (line) => said.push(line));
  try {
    const token = await cli('token', 'create', '--name', 'sito');
    expect(token).toEqual({ stdout: expect.stringMatching(/^ritrovo_[\w-]{43}\n$/), stderr: '' });
    expect((await cli('person', 'export', 'anna@example.org')).stdout).toContain('"firstName": "Anna"');
  } finally {
    await running.close();
  }
  await expect(cli('person', 'export', 'nessuna@example.org')).rejects.toMatchObject({ code: 1, stdout: '' });
});
