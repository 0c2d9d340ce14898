import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { ClientBase } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { extract, type Header } from 'tar-stream';
import { type BackupFoot, type BackupHead, backupFormat } from './backup.ts';
import { copyTarget, quoted } from './backup-tables.ts';

/** What a backup cannot be used for, in one line that says why. */
export class BackupError extends Error {}

type Entry = AsyncIterable<Buffer> & { header: Header };

export type Backup = { head: BackupHead; secretKeys: string[]; foot: BackupFoot };

/** Takes one table's rows as COPY text; `end` answers how many there were. */
type TableSink = { write(chunk: Buffer): Promise<void>; end(): Promise<number>; abort(): void };

/**
 * Reads a backup through, from its first byte to its last.
 * @param begin is asked once head and keys are known: a sink for each table's rows. Left out, rows are only counted.
 * @throws BackupError where it is none, cut short, or other than its foot says
 */
export async function readBackup(
  source: Readable,
  begin: (head: BackupHead, secretKeys: string[]) => Promise<(table: string) => TableSink> = async () =>
    counting,
): Promise<Backup> {
  const archive = extract();
  const reading = pipeline(source, createGunzip(), archive);
  reading.catch(() => {});
  try {
    const backup = await readEntries(archive as AsyncIterable<Entry>, begin);
    await reading;
    return backup;
  } catch (error) {
    archive.destroy();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') || /tar|Unexpected end/i.test(message)) {
      throw new BackupError(`This file is no backup, or not a whole one: ${message}.`);
    }
    throw error;
  }
}

async function readEntries(
  archive: AsyncIterable<Entry>,
  begin: Parameters<typeof readBackup>[1] & object,
): Promise<Backup> {
  let head: BackupHead | undefined;
  let secretKeys: string[] | undefined;
  let foot: BackupFoot | undefined;
  let sinkOf: ((table: string) => TableSink) | undefined;
  let open: { table: string; sink: TableSink } | undefined;
  const rows: Record<string, number> = {};
  const close = async () => {
    if (open) rows[open.table] = await open.sink.end();
    open = undefined;
  };
  try {
    for await (const entry of archive) {
      const [, table] = /^tables\/([^/]+)\/\d+$/.exec(entry.header.name) ?? [];
      if (table) {
        if (!head || !secretKeys) throw new BackupError('This file is no backup: it does not begin as one.');
        sinkOf ??= await begin(head, secretKeys);
        if (open?.table !== table) {
          await close();
          open = { table, sink: sinkOf(table) };
        }
        for await (const chunk of entry) await open.sink.write(chunk);
        continue;
      }
      const text = await textOf(entry);
      if (entry.header.name === 'head.json') head = readHead(text);
      else if (entry.header.name === 'secret-keys') secretKeys = text.split('\n').filter(Boolean);
      else if (entry.header.name === 'foot.json') foot = JSON.parse(text) as BackupFoot;
    }
    await close();
  } catch (error) {
    // The connection takes no other statement before this one has ended.
    open?.sink.abort();
    throw error;
  }
  if (!head || !secretKeys || !foot) {
    throw new BackupError('This file is no whole backup: its end is missing. Nothing was changed.');
  }
  for (const [table, count] of Object.entries(foot.rows)) {
    if ((rows[table] ?? 0) !== count) {
      throw new BackupError(
        `This backup is damaged: "${table}" should have ${count} rows, not ${rows[table] ?? 0}.`,
      );
    }
  }
  return { head, secretKeys, foot };
}

function readHead(text: string): BackupHead {
  const head = JSON.parse(text) as BackupHead;
  if (head.format !== backupFormat) {
    throw new BackupError(
      `This backup was made by another version (format ${head.format}): restore it with that one.`,
    );
  }
  return head;
}

/** Puts the rows of each table into a database that has these tables, all of them empty. */
export function copyInto(client: ClientBase, head: BackupHead): (table: string) => TableSink {
  return (name) => {
    const table = head.tables.find((known) => known.name === name);
    if (!table) throw new BackupError(`This backup is damaged: it does not say what "${name}" is.`);
    return copySink(client.query(copyFrom(`COPY ${copyTarget(table)} FROM STDIN`)));
  };
}

function copySink(copy: CopyStreamQuery): TableSink {
  // Listened to from the first byte: the server may refuse a row at any time.
  const finished = once(copy, 'finish');
  finished.catch(() => {});
  return {
    async write(chunk) {
      if (!copy.write(chunk)) await Promise.race([once(copy, 'drain'), finished]);
    },
    async end() {
      copy.end();
      await finished;
      return copy.rowCount;
    },
    abort: () => void copy.destroy(),
  };
}

/** Counts rows and keeps none: in COPY's text each ends in a line feed, and a line feed within one is written `\n`. */
function counting(): TableSink {
  let count = 0;
  return {
    async write(chunk) {
      for (const byte of chunk) if (byte === 10) count += 1;
    },
    end: async () => count,
    abort() {},
  };
}

/** Empties what migrations fill in by themselves. */
export async function emptyTables(client: ClientBase, head: BackupHead): Promise<void> {
  await client.query(`TRUNCATE ${head.tables.map(({ name }) => quoted(name)).join(', ')}`);
}

async function textOf(entry: Entry): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
