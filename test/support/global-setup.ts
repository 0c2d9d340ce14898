import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { createDb, type Log, openPool } from '../../server/db/database.ts';
import { openEmbedded, removeEmbedded } from '../../server/db/embedded.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server on which tests may create databases: the address of its maintenance database. */
    adminUrl: string;
    /** A migrated, empty database to clone. */
    templateName: string;
  }
}

const PREFIX = 'ritrovo-test-';

const quiet: Log = { info: () => {}, warn: console.warn, error: console.error };

/** One server and one migrated template for the whole run: a test file clones it in some 50 ms. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openServer();
  const templateName = `ritrovo_template_${randomBytes(6).toString('hex')}`;
  try {
    await onServer(server.adminUrl, `CREATE DATABASE ${templateName}`);
    await migrate(server.adminUrl, templateName);
    // CREATE DATABASE refuses a template that somebody is connected to.
    await onServer(server.adminUrl, `ALTER DATABASE ${templateName} ALLOW_CONNECTIONS false`);
  } catch (error) {
    await server.close();
    throw error;
  }
  project.provide('adminUrl', server.adminUrl);
  project.provide('templateName', templateName);
  return async () => {
    await onServer(server.adminUrl, `DROP DATABASE ${templateName} WITH (FORCE)`);
    await server.close();
  };
}

async function openServer(): Promise<{ adminUrl: string; close(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { adminUrl: given, close: async () => {} };

  await sweep();
  const dataDir = await fs.mkdtemp(path.join(os.tmpdir(), PREFIX));
  const remove = async () => {
    await removeEmbedded(dataDir);
    await fs.rm(dataDir, { recursive: true });
  };
  // Nothing here outlives the run, so nothing needs to survive a power cut.
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  try {
    const embedded = await openEmbedded({ dataDir, log: quiet, settings });
    const close = async () => {
      await embedded.stop();
      await remove();
    };
    return { adminUrl: embedded.url, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Clears what runs that were killed have left, servers included. One that is in use is locked, and stays. */
async function sweep(): Promise<void> {
  for (const name of await fs.readdir(os.tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = path.join(os.tmpdir(), name);
    const stat = await fs.lstat(folder).catch(() => null);
    // Not a folder that somebody else has laid there, and not one that a run beside us has made this minute.
    if (!stat?.isDirectory() || stat.uid !== process.getuid?.() || Date.now() - stat.ctimeMs < 60_000)
      continue;
    await removeEmbedded(folder).then(
      () => fs.rm(folder, { recursive: true, force: true }),
      () => {},
    );
  }
}

async function onServer(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function migrate(adminUrl: string, database: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const pool = openPool(url.href, { max: 2, log: quiet });
  await migrateToLatest(createDb(pool), { log: quiet }).finally(() => pool.end());
}
