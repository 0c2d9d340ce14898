import { type Command, Option } from 'commander';
import { setUpNetwork } from '../../server/network/setup.ts';
import { createSignInLink } from '../../server/organizers/sign-in.ts';
import * as takes from './arguments.ts';
import { withDatabase } from './database.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

const linkLastsHours = 24;

type Options = {
  network: string;
  chapter: string;
  chapterName: string;
  timeZone: string;
  coordinator: string;
  firstName?: string;
  lastName?: string;
  locale: 'it' | 'en';
};

export function addSetup(program: Command, terminal: Terminal): void {
  program
    .command('setup')
    .description('make the network, its first chapter and its first coordinator; prints a sign-in link')
    .requiredOption('--network <NAME>', 'the name of the network', takes.name)
    .requiredOption('--chapter <SLUG>', "the chapter's part of addresses, such as bologna", takes.slug)
    .requiredOption('--chapter-name <NAME>', 'the name of the chapter, such as Bologna', takes.name)
    .requiredOption('--time-zone <ZONE>', "the chapter's time zone, such as Europe/Rome", takes.zone)
    .requiredOption('--coordinator <EMAIL>', 'the address of its coordinator', takes.address)
    .option('--first-name <NAME>', 'her first name (else taken from her address)', takes.name)
    .option('--last-name <NAME>', 'her last name', takes.name)
    .addOption(
      new Option('--locale <LOCALE>', 'the language of the chapter').choices(['it', 'en']).default('it'),
    )
    .action(async (options: Options) => {
      await withDatabase(terminal, async (tools) => {
        const { network, chapter: slug, chapterName: name, timeZone, locale, coordinator: email } = options;
        const firstName = options.firstName ?? nameFrom(email);
        const outcome = await setUpNetwork(tools, {
          network,
          chapter: { slug, name, timeZone, locale },
          coordinator: { email, firstName, lastName: options.lastName },
        });
        if (!outcome.ok) {
          throw new CliError(
            `This database holds the network "${outcome.network}" already: one installation serves one.`,
          );
        }
        const { db, links, clock } = tools;
        const minutes = linkLastsHours * 60;
        const link = await createSignInLink(db, links, { personId: outcome.personId, now: clock(), minutes });
        terminal.err(
          `"${network}" is set up. This link signs ${firstName} in, once, within ${linkLastsHours} hours:\n`,
        );
        terminal.out(`${link.url}\n`);
      });
    });
}

/** anna.ricci@example.org is an Anna until somebody says otherwise. */
function nameFrom(email: string): string {
  const word = /^\p{L}+/u.exec(email)?.[0] ?? email.split('@')[0]!;
  return word.charAt(0).toUpperCase() + word.slice(1);
}
