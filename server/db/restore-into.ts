import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import { type HeldBack, holdBackRestored } from '../deliveries/restored.ts';
import { liftForeignKeys } from './backup-tables.ts';
import { createDb, openPool } from './database.ts';
import { migrateToLatest } from './migrate.ts';
import { copyInto, emptyTables, readBackup } from './restore.ts';
import { migrate } from './upgrade.ts';

/**
 * Puts a backup into a database that holds nobody: its tables as they were when the backup was made, all rows in one
 * transaction, what may have left since held back, and then every newer migration.
 * @throws BackupError with nothing put in
 */
export async function restoreInto(databaseUrl: string, source: Readable, now: Date): Promise<HeldBack> {
  const pool = openPool(databaseUrl, { max: 2 });
  let held: HeldBack | undefined;
  let putBack = async () => {};
  try {
    const client = await pool.connect();
    try {
      await readBackup(source, async (head) => {
        await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
        await migrateToLatest(createDb(pool), { upTo: head.migrations.at(-1) });
        await client.query('BEGIN');
        await emptyTables(client, head);
        putBack = await liftForeignKeys(client);
        return copyInto(client, head);
      });
      await putBack();
      held = await holdBackRestored(client, now);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
  await migrate(databaseUrl);
  return held;
}

/** The name of the network that a database holds; null where it holds none, or no tables. */
export async function findNetworkName(client: ClientBase): Promise<string | null> {
  const { rows: tables } = await client.query(`SELECT to_regclass('networks') AS found`);
  if (!tables[0].found) return null;
  const { rows } = await client.query<{ name: string }>('SELECT name FROM networks');
  return rows[0]?.name ?? null;
}
