import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openEmbedded, removeEmbedded } from '../../server/db/embedded.ts';
import { findNative, reachableNative } from '../../server/db/embedded-place.ts';
import { quietLog } from '../support/database.ts';
import { newFolder, openInChild, query } from './embedded-child.ts';

const NOBODY = { uid: 65534, gid: 65534 };

const mode = async (file: string) => (await fs.stat(file)).mode & 0o777;

// PostgreSQL refuses to run as root, and whoever it runs as instead cannot go wherever root can.
describe.runIf(process.getuid?.() === 0)('the embedded database under root', () => {
  let folder: string;
  let sharedDir: string;
  const log = { ...quietLog, warn: vi.fn() };

  beforeEach(async () => {
    folder = await newFolder();
    await fs.chmod(folder, 0o711);
    sharedDir = path.join(folder, 'shared');
  });
  afterEach(async () => {
    await fs.rm(folder, { recursive: true });
  });

  it('runs as another user, in a data folder that was closed to others', async () => {
    const dataDir = path.join(folder, 'data');
    await fs.mkdir(dataDir, { mode: 0o700 });
    await fs.writeFile(path.join(dataDir, 'secret'), 'ours', { mode: 0o600 });
    const embedded = await openEmbedded({ dataDir, log, sharedDir });
    expect(await query(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    // Others may pass, but see no list; the cluster is its user's alone.
    expect(await mode(dataDir)).toBe(0o711);
    expect(await mode(path.join(dataDir, 'postgres/cluster'))).toBe(0o700);
    expect((await fs.stat(path.join(dataDir, 'postgres/cluster'))).uid).not.toBe(0);
    expect((await fs.stat(path.join(dataDir, 'postgres/password'))).uid).toBe(0);
    await embedded.stop();
  });

  it('keeps its data elsewhere when a closed folder is above it, leaves that closed, and finds them again', async () => {
    const closed = path.join(folder, 'closed');
    const dataDir = path.join(closed, 'clone/.data');
    await fs.mkdir(closed, { mode: 0o700 });
    const first = await openEmbedded({ dataDir, log, sharedDir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    const place = (await fs.readFile(path.join(dataDir, 'postgres.path'), 'utf8')).trim();
    expect(path.dirname(place)).toBe(sharedDir);
    expect(log.warn).toHaveBeenCalledWith(expect.stringContaining(place));
    expect(await mode(closed)).toBe(0o700);
    // To open what lies behind a closed door would help nobody.
    expect(await mode(dataDir)).toBe(0o700);

    const joined = await openEmbedded({ dataDir, log, sharedDir });
    expect(joined).toMatchObject({ owner: false, url: first.url });
    await first.stop();

    const second = await openEmbedded({ dataDir, log, sharedDir });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    await second.stop();
    await removeEmbedded(dataDir);
    expect((await fs.readdir(sharedDir)).filter((name) => name.startsWith('data-'))).toEqual([]);
    expect(await fs.readdir(dataDir)).toEqual(['postgres.lock']);
  });

  it('says so when the data that lay elsewhere are gone, and does not begin an empty database', async () => {
    const dataDir = path.join(folder, 'data');
    await fs.mkdir(dataDir);
    await fs.writeFile(path.join(dataDir, 'postgres.path'), `${folder}/gone\n`);
    await expect(openEmbedded({ dataDir, log, sharedDir })).rejects.toThrow(`${folder}/gone`);
  });

  it('copies binaries that its user cannot reach, once, and runs the copy', async () => {
    const closed = path.join(folder, 'closed');
    await fs.mkdir(closed, { mode: 0o700 });
    const installed = await findNative();
    const native = { ...installed, dir: path.join(closed, 'native') };
    await fs.cp(installed.dir, native.dir, { recursive: true, verbatimSymlinks: true });
    // As npm leaves it under umask 077.
    spawnSync('chmod', ['-R', 'go=', native.dir]);

    const copies = await Promise.all([1, 2].map(() => reachableNative(native, NOBODY, sharedDir, log)));
    const copy = path.join(sharedDir, `postgresql-${native.build}`);
    expect(copies.map(({ dir }) => dir)).toEqual([copy, copy]);
    expect(await fs.readdir(sharedDir)).toEqual([path.basename(copy)]);
    expect((await fs.lstat(path.join(copy, 'lib/libpq.so.5'))).isSymbolicLink()).toBe(true);

    const { ino } = await fs.stat(copy);
    const embedded = await openEmbedded({ dataDir: path.join(folder, 'data'), log, sharedDir, native });
    expect(await query(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await embedded.stop();
    expect((await fs.stat(copy)).ino).toBe(ino);
  });

  it('trusts no shared folder that others could have prepared', async () => {
    const native = { dir: path.join(folder, 'none'), build: 'test' };
    await fs.mkdir(sharedDir);
    await fs.chmod(sharedDir, 0o777);
    await expect(reachableNative(native, NOBODY, sharedDir, log)).rejects.toThrow(
      'must be a folder that belongs to root',
    );
    await fs.chmod(sharedDir, 0o755);
    await fs.chown(sharedDir, NOBODY.uid, NOBODY.gid);
    await expect(reachableNative(native, NOBODY, sharedDir, log)).rejects.toThrow(
      'must be a folder that belongs to root',
    );
    await fs.rename(sharedDir, `${sharedDir}-real`);
    await fs.symlink(`${sharedDir}-real`, sharedDir);
    await expect(reachableNative(native, NOBODY, sharedDir, log)).rejects.toThrow(
      'must be a folder that belongs to root',
    );
  });

  it('goes on with the cluster of a plain user as that user', async (context) => {
    const readable = spawnSync(process.execPath, ['--version'], { ...NOBODY, cwd: import.meta.dirname });
    if (readable.status !== 0) return context.skip('this checkout is closed to other users');
    const dataDir = path.join(folder, 'data');
    await fs.mkdir(dataDir, { mode: 0o700 });
    await fs.chown(dataDir, NOBODY.uid, NOBODY.gid);
    const child = await openInChild(dataDir, { ...NOBODY, env: {} });
    expect(child).toMatchObject({ owner: true, uid: NOBODY.uid });
    await query(child.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await child.tell('stop');

    const embedded = await openEmbedded({ dataDir, log, sharedDir });
    expect(await query(embedded.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    await embedded.stop();

    const again = await openInChild(dataDir, { ...NOBODY, env: {} });
    expect(await query(again.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    await again.tell('stop');
  });
});
