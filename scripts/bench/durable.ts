import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { openPool } from '../../server/db/database.ts';
import { openEmbedded, removeEmbedded } from '../../server/db/embedded.ts';
import { migrate } from '../../server/db/upgrade.ts';

/**
 * A migrated PostgreSQL of the bench's own with the settings that it comes with, which put every commit on the disk.
 * @throws where a setting says otherwise: what is measured would be the memory's speed
 */
export async function openDurable(
  say: (line: string) => void,
): Promise<{ url: string; pool: Pool; remove(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ritrovo-bench-'));
  const undo: (() => Promise<unknown>)[] = [
    () => removeEmbedded(dataDir),
    () => rm(dataDir, { recursive: true }),
  ];
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const remove = async () => {
    for (const signal of signals) process.off(signal, leave);
    for (const step of undo.splice(0)) await step();
  };
  // Whoever has seen enough leaves nothing behind either.
  const leave = () => void remove().finally(() => process.exit(130));
  for (const signal of signals) process.on(signal, leave);
  try {
    const database = await openEmbedded({ dataDir, log: { info: () => {}, warn: say, error: say } as never });
    undo.unshift(() => database.stop());
    await migrate(database.url);
    const pool = openPool(database.url, { max: 2 });
    undo.unshift(() => pool.end());
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await pool.query<{ setting: string }>('SELECT current_setting($1) AS setting', [name]);
      if (rows[0]?.setting !== 'on')
        throw new Error(`${name} is ${rows[0]?.setting}: no commit would be durable`);
    }
    return { url: database.url, pool, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
