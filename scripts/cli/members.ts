import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { Db } from '../../server/db/database.ts';
import { rejectedOf } from '../../server/imports/csv.ts';
import { fileRefusalInEnglish, reasonInEnglish } from '../../server/imports/reasons.ts';
import { type ImportResult, importFile } from '../../server/imports/service.ts';
import { translator } from '../../server/web/i18n.ts';
import * as takes from './arguments.ts';
import { withDatabase } from './database.ts';
import { CliError } from './failure.ts';
import type { Terminal } from './terminal.ts';

type Options = { chapter?: string; returning?: boolean; rejected?: string; json?: boolean };

export function addMembers(program: Command, terminal: Terminal): void {
  const members = program.command('members').description('who belongs to a chapter');
  members
    .command('import')
    .description(
      'take people into a chapter from a CSV file; the same file again changes nothing, so that a run that broke off can be repeated',
    )
    .argument('<FILE>', 'as spreadsheets write it: any of ; , tab, UTF-8, UTF-16 or Windows-1252')
    .option('--chapter <SLUG>', 'which chapter (may be left out where there is one)', takes.slug)
    .option('--returning', 'take in again whoever left the chapter')
    .option('--rejected <FILE>', 'write the lines that were not taken to a CSV file, each with why')
    .option('--json', 'print the result as one JSON object')
    .action(async (file: string, options: Options) => {
      const bytes = await read(file);
      const result = await withDatabase(terminal, async (tools) => {
        const chapter = await needChapter(tools.db, options.chapter);
        const bar = await progressBar(terminal, countLines(bytes));
        try {
          const outcome = await importFile(
            tools,
            {
              chapterId: chapter.id,
              actor: { kind: 'cli' },
              source: 'import',
              returningAllowed: options.returning ?? false,
            },
            bytes,
            { onProgress: (done) => bar.update(done) },
          );
          if (!outcome.ok) throw new CliError(`${file}: ${fileRefusalInEnglish(outcome.reason)}`);
          return outcome.result;
        } finally {
          bar.stop();
        }
      });
      await report(result, bytes, options, terminal);
    });
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CliError(`The file ${file} cannot be read: ${(error as Error).message}`);
  }
}

async function needChapter(db: Db, slug: string | undefined): Promise<{ id: string }> {
  const found = await db
    .selectFrom('chapters')
    .select('id')
    .$if(slug !== undefined, (query) => query.where('slug', '=', slug as string))
    .limit(2)
    .execute();
  const [chapter] = found;
  if (!chapter) throw new CliError(slug ? `There is no chapter "${slug}".` : 'There is no chapter yet.');
  if (found.length > 1) throw new CliError('There are several chapters: say which one with --chapter SLUG.');
  return chapter;
}

/** As many rows as a file has at most: enough to show how far it is. */
function countLines(bytes: Buffer): number {
  let lines = 1;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines += 1;
  return lines;
}

/** A bar on a terminal; nothing where the output is read by a program. */
async function progressBar(terminal: Terminal, total: number) {
  if (!terminal.screen) return { update() {}, stop() {} };
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    stream: terminal.screen,
    format: '{bar} {percentage}% | {value} lines',
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return bar;
}

async function report(
  result: ImportResult,
  bytes: Buffer,
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const { rejected, ...counts } = result;
  const lines = rejected.map((one) => ({ line: one.line, reason: reasonInEnglish(one) }));
  if (options.rejected !== undefined) {
    await pipeline(rejectedOf(bytes, lines, translator('en')), createWriteStream(options.rejected));
  }
  for (const { line, reason } of lines) terminal.err(`line ${line}: ${reason}\n`);
  if (options.json) {
    terminal.out(`${JSON.stringify({ ...counts, rejected: lines })}\n`);
    return;
  }
  const { created, updated, unchanged } = counts;
  terminal.out(
    `created: ${created}, updated: ${updated}, unchanged: ${unchanged}, rejected: ${lines.length}\n`,
  );
}
