import { Command, CommanderError } from 'commander';
import { ConfigError } from '../../server/config.ts';
import { isDatabaseAway } from '../../server/web/errors.ts';
import { addBackup } from './backup.ts';
import { addDoctor } from './doctor.ts';
import { CliError } from './failure.ts';
import { addMail } from './mail.ts';
import { addMembers } from './members.ts';
import { addMigrate } from './migrate.ts';
import { addPerson } from './person.ts';
import { addRestore } from './restore.ts';
import { addSetup } from './setup.ts';
import type { Terminal } from './terminal.ts';
import { addToken } from './token.ts';

/**
 * Runs one command.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('cli')
    .usage('COMMAND [options]')
    .description('Ritrovo at the command line. It speaks to DATABASE_URL, or to the database under DATA_DIR.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showSuggestionAfterError()
    .helpCommand(false);
  for (const add of [
    addSetup,
    addMigrate,
    addToken,
    addMembers,
    addPerson,
    addMail,
    addBackup,
    addRestore,
    addDoctor,
  ])
    add(program, terminal);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said by then what is wrong, or what --help asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    terminal.err(`${lineOf(error as Error)}\n`);
    if (/debug|trace/.test(terminal.env.LOG_LEVEL ?? '')) terminal.err(`${(error as Error).stack}\n`);
    return 1;
  }
}

function lineOf(error: Error & { code?: string; errors?: Error[] }): string {
  if (error instanceof CliError || error instanceof ConfigError) return error.message;
  const cause = error.errors?.[0] ?? error;
  const away = isDatabaseAway(error) || isDatabaseAway(cause);
  return `${away ? 'The database does not answer' : 'It failed'}: ${cause.message.split('\n')[0]}`;
}
