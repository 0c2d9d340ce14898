import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadSecretKeys } from '../server/secrets.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ritrovo-secrets-'));
});
afterEach(() => rm(folder, { recursive: true }));

const load = (dataDir = folder, secretKeys: string[] | null = null) =>
  loadSecretKeys({ dataDir, secretKeys });

it('a key is made once, by whoever comes first, and can be read by its owner alone', async () => {
  const dataDir = join(folder, 'not', 'there', 'yet');
  const loaded = await Promise.all(Array.from({ length: 10 }, () => load(dataDir)));
  expect(new Set(loaded.map((keys) => keys.join())).size).toBe(1);
  expect(loaded[0]?.[0]).toMatch(/^[\w-]{43}$/);
  expect((await stat(join(dataDir, 'secret-keys'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['secret-keys']);
  expect(await load(dataDir)).toEqual(loaded[0]);
});

it('keys that are configured leave the folder alone', async () => {
  expect(await load(folder, ['a', 'b'])).toEqual(['a', 'b']);
  expect(await readdir(folder)).toEqual([]);
});

it('keys can be rotated in the file, the first one signs', async () => {
  const keys = ['n'.repeat(40), 'o'.repeat(40)];
  await writeFile(join(folder, 'secret-keys'), `${keys.join('\n')}\n`);
  expect(await load()).toEqual(keys);
});

it('a file that holds no key is named, and not overwritten', async () => {
  for (const text of ['', '\n', 'short']) {
    await writeFile(join(folder, 'secret-keys'), text);
    await expect(load()).rejects.toThrow(/secret-keys takes keys of at least 32 characters/);
  }
});
