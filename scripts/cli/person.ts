import type { Command } from 'commander';
import type { Db } from '../../server/db/database.ts';
import { erasePerson } from '../../server/people/erasure.ts';
import { exportPerson } from '../../server/people/export.ts';
import { findPersonByAddress, type Person } from '../../server/people/queries.ts';
import * as takes from './arguments.ts';
import { withDatabase } from './database.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

export function addPerson(program: Command, terminal: Terminal): void {
  const person = program.command('person').description('what is held of a person, and its end');
  person
    .command('export')
    .description('print all that is held of a person, as JSON')
    .argument('<email>', 'her address', takes.address)
    .action(async (email: string) => {
      await withDatabase(terminal, async ({ db }) => {
        const { id } = await needPerson(db, email);
        terminal.out(`${JSON.stringify(await exportPerson(db, id), null, 2)}\n`);
      });
    });
  person
    .command('erase')
    .description('erase a person: her data goes for good, her seats go to the next, she is not told')
    .argument('<email>', 'her address', takes.address)
    .option('--yes', 'do not ask')
    .action(async (email: string, { yes = false }: { yes?: boolean }) => {
      await withDatabase(terminal, async (tools) => {
        const { id } = await needPerson(tools.db, email);
        if (
          !yes &&
          (await terminal.ask('This cannot be taken back. Type her address to go on: '))
            .trim()
            .toLowerCase() !== email
        ) {
          throw new CliError('Nothing was erased: the address was not typed.');
        }
        const outcome = await erasePerson(tools, id, { kind: 'cli' });
        if (!outcome.ok) throw new CliError(refusal(outcome));
        terminal.err('She is erased.\n');
      });
    });
}

async function needPerson(db: Db, email: string): Promise<Person> {
  const person = await findPersonByAddress(db, email);
  if (!person) throw new CliError(`Nobody here has the address ${email}.`);
  return person;
}

function refusal(
  outcome:
    | { reason: 'not_found' | 'shared' | 'last_administrator' }
    | { reason: 'last_coordinator'; chapters: string[] },
): string {
  if (outcome.reason === 'last_administrator')
    return 'She is the last administrator of the network: make somebody else administrator first.';
  // Whoever sits at the command line reaches everywhere: `shared` is what a coordinator is told.
  if (outcome.reason !== 'last_coordinator') return 'She was erased meanwhile.';
  const where = outcome.chapters.length > 0 ? outcome.chapters.join(', ') : 'her chapter';
  return `She is the last coordinator of ${where}: make somebody else coordinator first.`;
}
