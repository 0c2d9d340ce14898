import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Log } from './database.ts';
import { canPass, chooseUser, ownSharedDir, type RunAs } from './embedded-place.ts';

/**
 * The folder that holds one database server. All in it is ours, but for `cluster`, which belongs to the user that
 * PostgreSQL runs as.
 */
export interface Home {
  dir: string;
  cluster: string;
  password: string;
  port: string;
  log: string;
}

const homeIn = (dir: string): Home => ({
  dir,
  cluster: path.join(dir, 'cluster'),
  password: path.join(dir, 'password'),
  port: path.join(dir, 'port'),
  log: path.join(dir, 'server.log'),
});

const pointer = (dataDir: string) => path.join(dataDir, 'postgres.path');

/** Where the database of this data folder is, or null if it has none yet. */
export async function findHome(dataDir: string): Promise<Home | null> {
  const elsewhere = await fs.readFile(pointer(dataDir), 'utf8').catch(() => null);
  const home = homeIn(elsewhere?.trim() || path.join(dataDir, 'postgres'));
  if (existsSync(home.dir)) return home;
  if (!elsewhere) return null;
  throw new Error(
    `${pointer(dataDir)} says that the database is in ${home.dir}, and there is none. Remove that file to start with an empty one.`,
  );
}

/**
 * Finds or makes the place of the database, and says whom to run it as. Only for the holder of the lock.
 * Root alone has to think: PostgreSQL runs as another user, who must reach the cluster. A data folder of ours that is
 * closed to others is opened for passing, not for listing. A closed folder above it (/root) is not ours to open: the
 * database then lies in `sharedDir`, and the data folder remembers where.
 */
export async function makeHome(
  dataDir: string,
  sharedDir: string,
  log: Log,
): Promise<{ home: Home; runAs: RunAs }> {
  const found = await findHome(dataDir);
  const runAs = await chooseUser(found?.cluster ?? null);
  if (runAs) await openForPassing(dataDir, runAs, log);
  const home = found ?? homeIn(path.join(dataDir, 'postgres'));
  await fs.mkdir(home.dir, { recursive: true, mode: 0o700 });
  if (!runAs) return { home, runAs };

  await fs.chmod(home.dir, 0o711);
  if (canPass(home.dir, runAs)) return { home, runAs };
  if (existsSync(home.cluster)) {
    throw new Error(
      `PostgreSQL cannot reach its data in ${home.dir}: a folder above it is closed to its user.`,
    );
  }
  await fs.rmdir(home.dir);
  const elsewhere = homeIn(await fs.mkdtemp(path.join(await ownSharedDir(sharedDir), 'data-')));
  await fs.chmod(elsewhere.dir, 0o711);
  await fs.writeFile(pointer(dataDir), `${elsewhere.dir}\n`);
  log.warn(`the database lies in ${elsewhere.dir}: its user cannot reach ${dataDir}`);
  return { home: elsewhere, runAs };
}

async function openForPassing(dataDir: string, runAs: { uid: number; gid: number }, log: Log): Promise<void> {
  const { uid, mode } = await fs.stat(dataDir);
  const isTheOneDoor = !canPass(dataDir, runAs) && canPass(path.dirname(dataDir), runAs);
  if (!isTheOneDoor || uid !== 0) return;
  await fs.chmod(dataDir, (mode & 0o777) | 0o011);
  log.info(`opened ${dataDir} for passing through (0711): PostgreSQL runs as another user`);
}

/** Removes the database of a data folder, wherever it lies. Only for the holder of the lock, and only when stopped. */
export async function removeHome(dataDir: string): Promise<void> {
  const home = await findHome(dataDir).catch(() => null);
  if (home) await fs.rm(home.dir, { recursive: true });
  await fs.rm(pointer(dataDir), { force: true });
}
