import { pipeline, Readable } from 'node:stream';
import { type Options, stringify } from 'csv-stringify';
import type { Translate } from '../web/i18n.ts';
import type { Columns } from './columns.ts';
import { type Broken, openTable, type Row } from './table.ts';

/** As an Italian Excel opens it with a double click. No cell of it is taken for a formula. */
const options: Options = {
  delimiter: ';',
  record_delimiter: 'windows',
  bom: true,
  escape_formulas: true,
  // Any break of a line, not only the one that ends a row: what follows it would begin a row of its own.
  quoted_match: /[\r\n]/,
};

/** Rows as CSV, which is written as fast as it is read. */
export function csvOf(rows: AsyncIterable<readonly string[]> | Iterable<readonly string[]>): Readable {
  const written = stringify(options);
  // What fails destroys the stream that is returned: whoever reads it hears of it.
  pipeline(Readable.from(rows), written, () => {});
  return written;
}

/** What the columns of a file are called: by the file itself, else by what they are; and last, the reason. */
export function headingOf(
  heading: readonly string[] | null,
  { columns, width }: { columns: Columns; width: number },
  t: Translate,
): string[] {
  const names = Array.from({ length: width }, (_, at) => {
    const field = columns[at];
    return heading
      ? (heading[at] ?? '')
      : field
        ? t(`imports.field.${field}`)
        : t('imports.column', { number: at + 1 });
  });
  return [...names, t('imports.reasonHeading')];
}

/** A line as it stood, and why it was not taken. */
export function rejectedRow(row: Row | Broken, width: number, reason: string): string[] {
  const cells = 'broken' in row ? [] : row.cells;
  return [...Array.from({ length: width }, (_, at) => cells[at] ?? ''), reason];
}

/** The lines of a file that were not taken: mended, they can be imported as they are. */
export function rejectedOf(
  bytes: Buffer,
  rejected: readonly { line: number; reason: string }[],
  t: Translate,
): Readable {
  const reasons = new Map(rejected.map(({ line, reason }) => [line, reason]));
  return csvOf(rows());

  async function* rows() {
    const opened = await openTable(bytes);
    if (!opened.ok) return;
    const { table } = opened;
    let isFirst = true;
    for await (const piece of table.rows()) {
      for (const row of piece) {
        const isHeading = isFirst && table.hasHeader;
        if (isFirst) yield headingOf(isHeading && 'cells' in row ? row.cells : null, table, t);
        isFirst = false;
        const reason = isHeading ? undefined : reasons.get(row.line);
        if (reason !== undefined) yield rejectedRow(row, table.width, reason);
      }
    }
  }
}
