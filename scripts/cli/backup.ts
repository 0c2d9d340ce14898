import { createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { type BackupProgress, writeBackup } from '../../server/db/backup.ts';
import { openPool } from '../../server/db/database.ts';
import { loadSecretKeys } from '../../server/secrets.ts';
import { withConfiguredDatabase } from './database.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

export function addBackup(program: Command, terminal: Terminal): void {
  program
    .command('backup')
    .description(
      'write everything, the secret keys of members’ links included, into one file; the service may run',
    )
    .argument('[FILE]', 'where to, - for the standard output; else ritrovo-DAY-HOUR.tar.gz in this folder')
    .action(async (given: string | undefined) => {
      await withConfiguredDatabase(terminal, async ({ url, config, clock }) => {
        const now = clock();
        const file = given ?? `ritrovo-${now.toISOString().slice(0, 16).replace(/:/g, '')}.tar.gz`;
        const secretKeys = await loadSecretKeys(config);
        const bar = await tableBar(terminal);
        const write = async (out: Writable) => {
          const pool = openPool(url, { max: 1 });
          const client = await pool.connect();
          try {
            return await writeBackup(client, out, { secretKeys, now, onProgress: bar.update });
          } finally {
            bar.stop();
            client.release();
            await pool.end();
          }
        };
        const { rows } = file === '-' ? await write(sinkOf(terminal)) : await toFile(file, write);
        const count = Object.values(rows).reduce((sum, one) => sum + one, 0);
        terminal.err(`${count} rows in ${Object.keys(rows).length} tables.\n`);
        terminal.err(
          'It holds personal data and the keys of every link: keep it as you keep the database.\n',
        );
        if (file !== '-') terminal.out(`${file}\n`);
      });
    });
}

/** Writes a file that has its name only once it is whole. */
async function toFile<T>(file: string, write: (out: Writable) => Promise<T>): Promise<T> {
  if (await exists(file)) throw new CliError(`${file} exists already: nothing was written over it.`);
  const draft = `${file}.part`;
  try {
    const result = await write(createWriteStream(draft, { mode: 0o600, flush: true }));
    await rename(draft, file);
    return result;
  } finally {
    await rm(draft, { force: true });
  }
}

/** The standard output, which is not ours to close. */
function sinkOf(terminal: Terminal): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => void terminal.bytes?.write(chunk, (error) => done(error)),
  });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** A bar over the tables, where somebody looks on. */
async function tableBar(terminal: Terminal): Promise<{ update: BackupProgress; stop(): void }> {
  if (!terminal.screen) return { update: () => {}, stop: () => {} };
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar({
    stream: terminal.screen,
    format: '{bar} {value}/{total} {table}',
    clearOnComplete: true,
  });
  let started = false;
  return {
    update: (table, done, of) => {
      if (!started) bar.start(of, done, { table });
      started = true;
      bar.update(done, { table });
    },
    stop: () => bar.stop(),
  };
}
