import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeEmbedded } from '../../server/db/embedded.ts';

/** Something the person at the terminal can put right. The message is all that she reads. */
export class DemoError extends Error {}

/** What the demo remembers of itself between two starts. `ready`: all was loaded. */
export type Memory = { ready: boolean; port: number | null; address: string | null };

const nothing: Memory = { ready: false, port: null, address: null };
const fileIn = (dir: string) => join(dir, 'demo.json');

export async function remember(dir: string, memory: Memory): Promise<void> {
  const file = fileIn(dir);
  await writeFile(`${file}.new`, `${JSON.stringify(memory)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

async function recall(dir: string): Promise<Memory> {
  const text = await readFile(fileIn(dir), 'utf8').catch(() => '{}');
  return { ...nothing, ...(JSON.parse(text) as Partial<Memory>) };
}

/**
 * Makes the demo's own folder ready, and says what it remembers. Emptied where that was asked for, or where an earlier
 * start was interrupted before all was loaded. What is not the demo's is never touched.
 * @throws DemoError where the folder holds something else, or a demo that runs is to be removed
 */
export async function openPlace(dir: string, { fresh }: { fresh: boolean }): Promise<Memory> {
  const known = existsSync(fileIn(dir));
  const inside = await readdir(dir).catch(() => []);
  if (!known && inside.length > 0) {
    throw new DemoError(`${dir} holds something that the demo did not put there. Name another DATA_DIR.`);
  }
  const memory = await recall(dir);
  if (known && (fresh || !memory.ready)) {
    await clear(dir, memory);
    return openPlace(dir, { fresh: false });
  }
  if (!known) {
    // PostgreSQL runs as another user where we are root: she passes through the folder above, and lists neither.
    await mkdir(dirname(dir), { recursive: true, mode: 0o711 });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await remember(dir, nothing);
  }
  return memory;
}

async function clear(dir: string, memory: Memory): Promise<void> {
  try {
    // Root's database may lie elsewhere, where its user can reach it.
    await removeEmbedded(dir);
  } catch (error) {
    throw alreadyRunning(dir, memory, error);
  }
  await rm(dir, { recursive: true, force: true });
}

export function alreadyRunning(dir: string, { address }: Memory, cause?: unknown): DemoError {
  const where = address ? ` at ${address}` : '';
  return new DemoError(`The demo in ${dir} is running already${where}. Stop that one first (Ctrl-C).`, {
    cause,
  });
}
