import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openEmbedded, removeEmbedded } from '../../server/db/embedded.ts';
import { quietLog } from '../support/database.ts';
import { newFolder, openInChild, query, serverPid } from './embedded-child.ts';

describe('the embedded database', () => {
  // Making a cluster takes a second, so most tests share one, and leave it stopped.
  let dataDir: string;
  const open = () => openEmbedded({ dataDir, log: quietLog });
  const file = (name: string) => path.join(dataDir, 'postgres', name);

  beforeAll(async () => {
    dataDir = await newFolder();
  });
  afterAll(async () => {
    await removeEmbedded(dataDir);
    await fs.rm(dataDir, { recursive: true });
  });

  it('starts in an empty folder, with a secret password and for this machine alone', async () => {
    const embedded = await open();
    expect(embedded.owner).toBe(true);
    const url = new URL(embedded.url);
    expect(url.hostname).toBe('127.0.0.1');
    expect(url.password.length).toBeGreaterThanOrEqual(32);
    expect((await fs.stat(file('password'))).mode & 0o777).toBe(0o600);
    expect(await query(embedded.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(embedded.url, 'SHOW unix_socket_directories')).toEqual([
      { unix_socket_directories: '' },
    ]);

    url.password = 'wrong';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    await embedded.stop();
    await expect(query(embedded.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('finds its data, its port and its password again', async () => {
    const first = await open();
    await query(first.url, 'CREATE TABLE by_stop AS SELECT 7 AS n');
    await first.stop();
    const second = await open();
    expect(second.owner).toBe(true);
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT n FROM by_stop')).toEqual([{ n: 7 }]);
    await second.stop();
    expect(await fs.readFile(file('server.log'), 'utf8')).not.toContain('not properly shut down');
  });

  it('speaks UTF-8 where the terminal says nothing of it', async () => {
    await removeEmbedded(dataDir);
    const child = await openInChild(dataDir, { env: {} });
    expect(
      await query(child.url, `SELECT lower('PERCHÉ'), current_setting('server_encoding') AS encoding`),
    ).toEqual([{ lower: 'perché', encoding: 'UTF8' }]);
    await child.tell('stop');
  });

  it('is joined by a second process, which does not stop it', async () => {
    const owner = await open();
    const guest = await openInChild(dataDir);
    expect(guest.owner).toBe(false);
    expect(guest.url).toBe(owner.url);
    expect(await guest.tell('stop')).toBe(0);
    expect(await query(owner.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);

    const killed = await openInChild(dataDir);
    await killed.signal('SIGKILL');
    expect(await query(owner.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await owner.stop();
  });

  it('is started by one of two processes that come at once, and joined by the other', async () => {
    await removeEmbedded(dataDir);
    const both = await Promise.all([openInChild(dataDir), openInChild(dataDir)]);
    expect(both.map((child) => child.owner).sort()).toEqual([false, true]);
    expect(both[0].url).toBe(both[1].url);
    expect(await query(both[0].url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    for (const child of both.sort((a, b) => Number(a.owner) - Number(b.owner))) {
      expect(await child.tell('stop')).toBe(0);
    }
  });

  it('is adopted when its owner was killed, and stopped by the one that adopted it', async () => {
    const killed = await openInChild(dataDir);
    await query(killed.url, 'CREATE TABLE by_heir AS SELECT 7 AS n');
    const pid = await serverPid(dataDir);
    await killed.signal('SIGKILL');
    expect(await query(killed.url, 'SELECT n FROM by_heir')).toEqual([{ n: 7 }]);

    const heir = await open();
    expect(heir).toMatchObject({ owner: true, url: killed.url });
    expect(await serverPid(dataDir)).toBe(pid);
    await heir.stop();
    await expect(query(heir.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('recovers when the server was killed together with its owner', async () => {
    const killed = await openInChild(dataDir);
    await query(killed.url, 'CREATE TABLE by_crash AS SELECT 7 AS n');
    const pid = await serverPid(dataDir);
    process.kill(pid, 'SIGKILL');
    await killed.signal('SIGKILL');
    const next = await open();
    expect(next.owner).toBe(true);
    expect(await serverPid(dataDir)).not.toBe(pid);
    expect(await query(next.url, 'SELECT n FROM by_crash')).toEqual([{ n: 7 }]);
    await next.stop();
  });

  it('starts although the pid in a stale file belongs to somebody else by now', async () => {
    await (await open()).stop();
    // PostgreSQL believes in a living process of its own user only.
    const { uid, gid } = await fs.stat(file('cluster'));
    const somebody = spawn('sleep', ['60'], { uid, gid, stdio: 'ignore' });
    try {
      const lines = [somebody.pid, file('cluster'), 1, 1, '', '127.0.0.1', '', 'ready   ', ''];
      await fs.writeFile(file('cluster/postmaster.pid'), lines.join('\n'));
      await fs.chown(file('cluster/postmaster.pid'), uid, gid);
      const embedded = await open();
      expect(await query(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await embedded.stop();
      expect(somebody.exitCode ?? somebody.signalCode).toBe(null);
    } finally {
      somebody.kill();
    }
  });

  it('starts where an earlier process was interrupted while it made the cluster', async () => {
    await removeEmbedded(dataDir);
    const draft = file('draft-left');
    await fs.mkdir(draft, { recursive: true });
    await fs.writeFile(path.join(draft, 'PG_VERSION'), '18\n');
    await fs.writeFile(file('password'), 'of the one that never came to be');
    await fs.writeFile(file('password.once'), 'of the one that never came to be');
    const embedded = await open();
    expect(await query(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await embedded.stop();
    expect((await fs.readdir(file(''))).sort()).toEqual(['cluster', 'password', 'port', 'server.log']);
  });

  it('takes another port when its own is busy', async () => {
    const first = await open();
    await first.stop();
    const squatter = net.createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    try {
      const second = await open();
      expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
      expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await second.stop();
    } finally {
      squatter.close();
    }
  });

  it('outlives Ctrl-C until its owner has finished', async () => {
    const child = await openInChild(dataDir);
    expect(await child.signal('SIGINT')).toBe(0);
    await expect(query(child.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('ends after an owner that ended without stopping it', async () => {
    const child = await openInChild(dataDir);
    expect(await child.tell('exit')).toBe(3);
    await vi.waitFor(() => expect(query(child.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED'), 5_000);
  });

  it('starts at once when the one before is still stopping', async () => {
    const child = await openInChild(dataDir);
    await child.tell('exit');
    const next = await open();
    expect(next.owner).toBe(true);
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await next.stop();
  });

  it('says what is wrong when it cannot start, and lets the next one try', async () => {
    const settings = { shared_buffers: 'much' };
    await expect(openEmbedded({ dataDir, log: quietLog, settings })).rejects.toThrow('shared_buffers');
    const embedded = await open();
    expect(embedded.owner).toBe(true);
    await embedded.stop();
  });

  it('is not removed while it is in use', async () => {
    const embedded = await open();
    await expect(removeEmbedded(dataDir)).rejects.toThrow('is in use');
    expect(await query(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await embedded.stop();
    await removeEmbedded(dataDir);
    expect(await fs.readdir(dataDir)).toEqual(['postgres.lock']);
  });
});
