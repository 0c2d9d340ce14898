import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type Pack, pack } from 'tar-stream';
import { type BackupTable, copyTarget, findBackupTables } from './backup-tables.ts';

/** The shape of the archive; raised when an older `restore` could not read it. */
export const backupFormat = 1;

export type BackupHead = { format: number; madeAt: string; migrations: string[]; tables: BackupTable[] };
/** The archive's last entry: without it the archive is cut short. */
export type BackupFoot = { rows: Record<string, number> };

export type BackupProgress = (table: string, done: number, of: number) => void;

/** A part of a table is held in memory until it is whole. */
const partBytes = 4 * 1024 * 1024;

/**
 * Writes a backup: a tar.gz of `head.json`, `secret-keys`, the rows of each table as COPY gives them (in parts, which
 * may end anywhere), and `foot.json` with their number. All tables are read in one snapshot while the service runs on.
 * @param client a connection of its own, not in a transaction
 */
export async function writeBackup(
  client: ClientBase,
  out: Writable,
  options: { secretKeys: readonly string[]; now: Date; onProgress?: BackupProgress },
): Promise<BackupFoot> {
  const archive = pack();
  const written = pipeline(archive, createGzip(), out);
  // Where writing fails first, it says why below.
  written.catch(() => {});
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const tables = await findBackupTables(client);
    const { rows: migrations } = await client.query<{ name: string }>(
      'SELECT name FROM kysely_migration ORDER BY name',
    );
    const add = entryWriter(archive, options.now, written);
    const head: BackupHead = {
      format: backupFormat,
      madeAt: options.now.toISOString(),
      migrations: migrations.map(({ name }) => name),
      tables,
    };
    await add('head.json', JSON.stringify(head));
    await add('secret-keys', options.secretKeys.map((key) => `${key}\n`).join(''));
    const foot: BackupFoot = { rows: {} };
    for (const [index, table] of tables.entries()) {
      options.onProgress?.(table.name, index, tables.length);
      foot.rows[table.name] = await addTable(client, table, add);
    }
    await add('foot.json', JSON.stringify(foot));
    archive.finalize();
    await written;
    return foot;
  } catch (error) {
    archive.destroy(error as Error);
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}

type AddEntry = (name: string, body: string | Buffer) => Promise<void>;

/** Adds entries one after the other, each once the one before has been taken. */
function entryWriter(archive: Pack, mtime: Date, written: Promise<void>): AddEntry {
  return async (name, body) => {
    const taken = new Promise<void>((resolve, reject) => {
      archive.entry({ name, mtime, mode: 0o600 }, body, (error) => (error ? reject(error) : resolve()));
    });
    // A full disk ends the pipeline, after which no entry would be taken any more.
    await Promise.race([taken, written]);
  };
}

/** @returns how many rows the table has */
async function addTable(client: ClientBase, table: BackupTable, add: AddEntry): Promise<number> {
  const rows = client.query(copyTo(`COPY ${copyTarget(table)} TO STDOUT`));
  let parts: Buffer[] = [];
  let size = 0;
  let number = 0;
  const flush = async () => {
    number += 1;
    await add(`tables/${table.name}/${String(number).padStart(6, '0')}`, Buffer.concat(parts));
    parts = [];
    size = 0;
  };
  for await (const chunk of rows as AsyncIterable<Buffer>) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= partBytes) await flush();
  }
  if (size > 0) await flush();
  return rows.rowCount;
}
