import { createReadStream } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Config } from '../../server/config.ts';
import { openPool } from '../../server/db/database.ts';
import { migrationNames } from '../../server/db/migrations.ts';
import { type Backup, BackupError, readBackup } from '../../server/db/restore.ts';
import { findNetworkName, restoreInto } from '../../server/db/restore-into.ts';
import { loadSecretKeys, secretKeysFile } from '../../server/secrets.ts';
import { withConfiguredDatabase } from './database.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

type Options = { check?: boolean; keysFile?: string };

export function addRestore(program: Command, terminal: Terminal): void {
  program
    .command('restore')
    .description(
      'put a backup into an empty database, and bring an older one up to date; stop the service before',
    )
    .argument('<FILE>', 'what backup has written')
    .option('--check', 'only read the file through, and say what it holds')
    .option('--keys-file <FILE>', 'write the secret keys of the backup to this file, for SECRET_KEYS')
    .action(async (file: string, options: Options) => {
      // Read to its end before anything is changed.
      const backup = await understood(file, () => readBackup(createReadStream(file)));
      const rows = Object.values(backup.foot.rows).reduce((sum, count) => sum + count, 0);
      terminal.err(
        `A whole backup of ${backup.head.madeAt}: ${rows} rows, ${backup.secretKeys.length} keys.\n`,
      );
      if (options.check) return;
      await withConfiguredDatabase(terminal, async ({ url, config, clock }) => {
        await refuseNewer(backup);
        await refuseFull(url);
        await keepKeys(config, backup.secretKeys, options, terminal);
        const held = await understood(file, () => restoreInto(url, createReadStream(file), clock()));
        terminal.err(`${rows} rows are back.\n`);
        if (held.deliveries + held.mailings > 0) {
          terminal.err(
            `Nobody knows what left since the backup, and nobody shall be mailed twice: ${held.mailings} mailings are held, ` +
              `${held.deliveries} mails are marked unknown. The desk shows them to the coordinators.\n`,
          );
        }
      });
    });
}

async function understood<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupError) throw new CliError(error.message);
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === 'open') throw new CliError(`The file ${file} cannot be read: ${code}.`);
    throw error;
  }
}

async function refuseNewer({ head }: Backup): Promise<void> {
  const known = new Set(await migrationNames());
  const newer = head.migrations.filter((name) => !known.has(name));
  if (newer.length === 0) return;
  throw new CliError(
    `This backup was made by a newer version (${newer.at(-1)}): install that one or a later one first.`,
  );
}

async function refuseFull(url: string): Promise<void> {
  const pool = openPool(url, { max: 1 });
  try {
    const client = await pool.connect();
    const network = await findNetworkName(client).finally(() => client.release());
    if (network === null) return;
    throw new CliError(
      `This database holds the network "${network}": nothing was changed. Make an empty database, and name it in DATABASE_URL.`,
    );
  } finally {
    await pool.end();
  }
}

/** Without its keys every link of the backup dies: they are kept first. */
async function keepKeys(
  config: Config,
  keys: readonly string[],
  { keysFile }: Options,
  terminal: Terminal,
): Promise<void> {
  if (keysFile) {
    await writeFile(keysFile, keys.map((key) => `${key}\n`).join(''), { mode: 0o600, flag: 'wx' });
    terminal.err(`The secret keys are in ${keysFile}: put them into SECRET_KEYS, separated by commas.\n`);
  }
  const present = new Set(await loadSecretKeys(config));
  const missing = keys.filter((key) => !present.has(key));
  if (missing.length === 0) return;
  if (!config.secretKeys) {
    // The first one signs: new links carry this machine's key, and those of the backup go on working.
    await appendFile(secretKeysFile(config), missing.map((key) => `${key}\n`).join(''));
    terminal.err(`The secret keys of the backup stand in ${secretKeysFile(config)} now.\n`);
  } else if (!keysFile) {
    throw new CliError(
      'SECRET_KEYS lacks the keys of this backup, and without them every link that was ever mailed is dead. ' +
        'Nothing was changed. With --keys-file FILE they are written to a file, to be added to SECRET_KEYS.',
    );
  }
}
