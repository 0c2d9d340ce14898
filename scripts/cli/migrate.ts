import type { Command } from 'commander';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/db/open.ts';
import type { Terminal } from './terminal.ts';

export function addMigrate(program: Command, terminal: Terminal): void {
  program
    .command('migrate')
    .description('bring the database up to date, as npm start does before anything else')
    .action(async () => {
      const database = await openDatabase(readConfig(terminal.env), (line) => terminal.err(`${line}\n`));
      try {
        const { migrate } = await import('../../server/db/upgrade.ts');
        await migrate(database.url);
        terminal.err('The database is up to date.\n');
      } finally {
        await database.close();
      }
    });
}
