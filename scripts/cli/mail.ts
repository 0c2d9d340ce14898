import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { mailTemplates } from '../../server/mail/variables.ts';
import * as takes from './arguments.ts';
import { withDatabase } from './database.ts';
import { type PreviewRequest, previewFor } from './mail-preview.ts';
import type { Terminal } from './terminal.ts';

type Options = { event: string; person?: string; locale?: 'it' | 'en'; html?: string };

export function addMail(program: Command, terminal: Terminal): void {
  const mail = program.command('mail').description('what is mailed');
  mail
    .command('preview')
    .description('print a mail as a person would get it; nothing is kept and nothing leaves')
    .argument('<kind>', `one of ${mailTemplates.join(', ')}`, kind)
    .option('--event <ID>', 'the event it is about, or "sample" for one made up', event, 'sample')
    .option('--person <EMAIL>', "who would get it (else the event's coordinator)", takes.address)
    .addOption(new Option('--locale <LOCALE>', 'in another language than hers').choices(['it', 'en']))
    .option('--html <FILE>', 'write the HTML part to a file instead')
    .action(async (template: PreviewRequest['template'], options: Options) => {
      const { html, text, subject } = await withDatabase(terminal, (tools) =>
        previewFor(tools, { template, ...options }),
      );
      if (options.html === undefined) {
        terminal.out(`${subject}\n\n${text}`);
        return;
      }
      await writeFile(options.html, html);
      terminal.err(`${subject}\nis in ${options.html}\n`);
    });
}

function kind(text: string): PreviewRequest['template'] {
  const found = mailTemplates.find((template) => template === text);
  if (!found) throw new InvalidArgumentError(`It takes one of ${mailTemplates.join(', ')}.`);
  return found;
}

function event(text: string): string {
  if (text !== 'sample' && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new InvalidArgumentError('It takes the id of an event, or "sample".');
  }
  return text;
}
