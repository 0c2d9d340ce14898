import type { Command } from 'commander';
import { createToken } from '../../server/api/tokens.ts';
import { findChapterBySlug } from '../../server/chapters/queries.ts';
import * as takes from './arguments.ts';
import { withDatabase } from './database.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

export function addToken(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('tokens of programs that use the API');
  token
    .command('create')
    .description('make a token and print it: it is shown this once, and kept as a hash')
    .requiredOption('--name <NAME>', 'what the token is for', takes.name)
    .option('--chapter <SLUG>', 'the one chapter that it may see (else it may do everything)', takes.slug)
    .action(async ({ name, chapter: slug }: { name: string; chapter?: string }) => {
      const { secret } = await withDatabase(terminal, async ({ db, clock }) => {
        const chapter = slug === undefined ? null : await findChapterBySlug(db, slug);
        if (chapter === undefined) throw new CliError(`There is no chapter "${slug}".`);
        return createToken(db, { name, chapterId: chapter?.id ?? null, now: clock() });
      });
      terminal.out(`${secret}\n`);
    });
}
