import { setImmediate as nextTurn } from 'node:timers/promises';
import { parse } from 'csv-parse';
import { type Columns, guessColumns, isHeading, likeness } from './columns.ts';
import { decode, type Encoding, findEncoding, type NotATable, otherThanText } from './decode.ts';

/** A row as it stands in the file. `line` is where it begins, counted from 1 as an editor does. */
export type Row = { line: number; cells: string[] };
/** From this line on nothing could be read: a quotation mark that never closes, or a row without end. */
export type Broken = { line: number; broken: true };

export type Table = {
  encoding: Encoding;
  delimiter: string;
  hasHeader: boolean;
  /** How many columns there are. */
  width: number;
  columns: Columns;
  /** Every row that is not blank, the heading too, in the pieces in which the file is read. */
  rows(): AsyncGenerator<(Row | Broken)[]>;
};

const delimiters = [';', ',', '\t'] as const;
const sampleBytes = 64 * 1024;
const sampleRows = 50;
export const mostColumns = 60;
/** As many lines are taken from a page or a call; the command line takes more. */
export const mostLines = 100_000;
/** In characters. What is longer is no person, but a quotation mark that never closes. */
const longestRow = 128_000;

/** Finds out how a file is written: its encoding, what divides its columns, whether they have names, and what they are. */
export async function openTable(
  bytes: Buffer,
): Promise<{ ok: true; table: Table } | { ok: false; reason: NotATable }> {
  const other = otherThanText(bytes);
  if (other) return { ok: false, reason: other };
  const encoding = findEncoding(bytes);
  // An even number of bytes, so that no letter of UTF-16 is cut.
  const head = [...decode(bytes.subarray(0, sampleBytes), encoding)].join('');
  // The line by which Excel is told how to read a file.
  const told = /^sep=(.)\r?\n/i.exec(head)?.[1];
  const divided = await Promise.all(
    delimiters.map(async (delimiter) => ({
      delimiter: delimiter as string,
      rows: await sample(head, delimiter),
    })),
  );
  const { delimiter, rows } =
    divided.find((one) => one.delimiter === told) ??
    divided.reduce((best, one) => (likeness(cellsOf(one.rows)) > likeness(cellsOf(best.rows)) ? one : best));
  const seen = told ? rows.slice(1) : rows;
  if (seen.length === 0) return { ok: false, reason: 'empty' };
  const [first = [], ...others] = cellsOf(seen);
  const hasHeader = isHeading(first, others);
  const width = Math.min(mostColumns, Math.max(...cellsOf(seen).map((cells) => cells.length)));
  const columns = guessColumns(hasHeader ? first : null, hasHeader ? others : [first, ...others], width);
  return {
    ok: true,
    table: {
      encoding,
      delimiter,
      hasHeader,
      width,
      columns,
      async *rows() {
        let beforeFirst = told !== undefined;
        for await (const piece of readRows(decode(bytes, encoding), delimiter)) {
          yield beforeFirst ? piece.slice(1) : piece;
          if (piece.length > 0) beforeFirst = false;
        }
      },
    },
  };
}

const cellsOf = (rows: readonly Row[]) => rows.map((row) => row.cells.map(plainCell));

async function sample(head: string, delimiter: string): Promise<Row[]> {
  const rows: Row[] = [];
  // The last one may have been cut.
  const whole = head.length < sampleBytes / 2 ? head : head.slice(0, head.lastIndexOf('\n') + 1) || head;
  for await (const piece of readRows([whole], delimiter)) {
    for (const row of piece) if (!('broken' in row)) rows.push(row);
    if (rows.length >= sampleRows) break;
  }
  return rows.slice(0, sampleRows);
}

/** The rows of a text that comes in pieces. Blank ones are passed over; what cannot be read ends it. */
async function* readRows(pieces: Iterable<string>, delimiter: string): AsyncGenerator<(Row | Broken)[]> {
  let found: (Row | Broken)[] = [];
  let last = 0;
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: longestRow,
    // Taken as they are found: read from the stream, those before an error would be lost with it.
    on_record(cells: string[], { lines }) {
      const line = Math.max(last + 1, lines - cells.reduce((sum, cell) => sum + lineBreaks(cell), 0));
      last = lines;
      // PostgreSQL keeps no NUL in a text.
      const clean = cells.map((cell) => cell.replaceAll('\0', ''));
      if (clean.some((cell) => cell.trim() !== '')) found.push({ line, cells: clean });
      return null;
    },
  });
  // Its end is told by the callbacks; without a listener an error would end the process.
  parser.on('error', () => {});
  parser.resume();
  const step = (act: (done: (error?: Error | null) => void) => void) =>
    new Promise<boolean>((resolve) => act((error) => resolve(!error)));
  for (const piece of pieces) {
    const fine = await step((done) => parser.write(piece, done));
    if (!fine) found.push({ line: last + 1, broken: true });
    yield found;
    found = [];
    if (!fine) return;
    // The parser answers before anybody else gets a turn: a large file would hold up every other request.
    await nextTurn();
  }
  const fine = await step((done) => {
    parser.once('error', done);
    parser.once('end', () => done());
    parser.end();
  });
  if (!fine) found.push({ line: last + 1, broken: true });
  yield found;
}

const lineBreaks = (text: string) => text.match(/\r\n|\r|\n/g)?.length ?? 0;

/**
 * What a cell says, without what spreadsheets put around it: `="0512345"`, which keeps a number from being counted with,
 * and the apostrophe that keeps a text from being taken for a formula.
 */
export function plainCell(text: string): string {
  const trimmed = text.replace(/[\p{Cc}\p{Zs}\u200B\uFEFF]+/gu, ' ').trim();
  const formula = /^="(.*)"$/.exec(trimmed)?.[1];
  return (formula ?? trimmed.replace(/^'(?=[=+\-@])/, '')).replaceAll('""', '"').trim();
}
