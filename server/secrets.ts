import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, ConfigError } from './config.ts';

/**
 * The keys that sign links: those of `SECRET_KEYS`, else one made once under `DATA_DIR`, readable by its owner alone.
 * Losing that file breaks every link that was mailed.
 * @throws ConfigError where the file holds something else
 */
export async function loadSecretKeys(
  config: Pick<Config, 'secretKeys' | 'dataDir'>,
): Promise<readonly string[]> {
  if (config.secretKeys) return config.secretKeys;
  const path = secretKeysFile(config);
  const text = (await read(path)) ?? (await make(config.dataDir, path));
  const keys = text.split(/[\s,]+/).filter(Boolean);
  if (keys.length === 0 || keys.some((key) => key.length < 32)) {
    throw new ConfigError(
      `${path} takes keys of at least 32 characters, one a line; restore it from a backup`,
    );
  }
  return keys;
}

/** Where the keys lie that were made here. */
export function secretKeysFile(config: Pick<Config, 'dataDir'>): string {
  return join(config.dataDir, 'secret-keys');
}

async function read(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** Two processes may start at once: each writes a file of its own, and the first to give it the name wins. */
async function make(directory: string, path: string): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const key = `${randomBytes(32).toString('base64url')}\n`;
  await writeFile(draft, key, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(draft, path);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFile(path, 'utf8');
  } finally {
    await unlink(draft);
  }
}
