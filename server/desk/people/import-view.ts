import type { Db } from '../../db/database.ts';
import { type Field, fields } from '../../imports/columns.ts';
import { headingOf, rejectedRow } from '../../imports/csv.ts';
import { type Change, namesOf, type Outcome, readRow } from '../../imports/rules.ts';
import {
  countOutcomes,
  type listImports,
  listLines,
  type StagedImport,
} from '../../imports/staged-queries.ts';
import { firstPerson } from '../../imports/staging.ts';
import { plainCell } from '../../imports/table.ts';
import type { Desk, DeskChapter } from '../../organizers/guard.ts';
import { momentInWords } from '../../web/dates.ts';
import type { Translate } from '../../web/i18n.ts';

const sampleRows = 3;
/** As many lines of each kind are shown before anything happens. */
const shown = 10;
const longestSample = 60;

/** Each column with what it is called, what stands in it, and what it may be. */
export async function columnsView(db: Db, staged: StagedImport, { t }: Desk) {
  const first = staged.firstLine - 1;
  const rows = await listLines(db, staged.id, { after: first, limit: sampleRows + 1 });
  const heading = staged.hasHeader ? rows[0]?.cells : undefined;
  const samples = staged.hasHeader ? rows.slice(1) : rows.slice(0, sampleRows);
  return {
    hasHeader: staged.hasHeader,
    people: staged.total - (staged.hasHeader ? 1 : 0),
    readAs: t('imports.columns.readAs', {
      encoding: staged.encoding.toUpperCase(),
      delimiter: t(`imports.delimiter.${delimiterNames[staged.delimiter] ?? 'semicolon'}`),
    }),
    columns: Array.from({ length: staged.width }, (_, at) => ({
      name: `c${at}`,
      label: cut(heading?.[at] ?? '') || t('imports.column', { number: at + 1 }),
      samples: samples.map(({ cells }) => cut(cells[at] ?? '')).filter(Boolean),
      choices: [null, ...fields].map((field) => ({
        value: field ?? '',
        label: t(field ? `imports.field.${field}` : 'imports.columns.ignore'),
        isChosen: (staged.columns?.[at] ?? null) === field,
      })),
    })),
  };
}

const delimiterNames: Record<string, string> = { ';': 'semicolon', ',': 'comma', '\t': 'tab' };

function cut(text: string): string {
  const plain = plainCell(text);
  return plain.length > longestSample ? `${plain.slice(0, longestSample)}…` : plain;
}

/** What will change, or what has changed: how many lines of each kind, and the first of them. */
export async function checkedView(db: Db, staged: StagedImport, { t }: Desk) {
  const counts = await countOutcomes(db, staged.id, firstPerson(staged));
  const some = async (outcome: Outcome) => {
    if (counts[outcome] === 0) return [];
    const rows = await listLines(db, staged.id, { after: firstPerson(staged) - 1, limit: shown, outcome });
    return rows.map((row) => {
      const read = readRow(row, staged.columns ?? []);
      return {
        line: row.line,
        ...('email' in read
          ? personOf(read)
          : { name: cut(row.cells.filter(Boolean).join(' · ')), email: '' }),
        changes: ((row.changes ?? []) as Change[]).map((change) => changeInWords(change, t)),
        reason: row.reason && reasonInWords({ reason: row.reason, otherLine: row.otherLine }, t),
      };
    });
  };
  const groups = [];
  for (const outcome of ['created', 'joined', 'updated', 'returned', 'rejected'] as const) {
    const lines = await some(outcome);
    if (lines.length > 0)
      groups.push({ outcome, count: counts[outcome], lines, more: counts[outcome] - lines.length });
  }
  return {
    counts,
    groups,
    coming: counts.created + counts.joined + counts.updated,
  };
}

function personOf(entry: Parameters<typeof namesOf>[0]) {
  const { firstName, lastName } = namesOf(entry);
  return { name: `${firstName} ${lastName}`.trim(), email: entry.email };
}

function changeInWords({ field, old, new: value }: Change, t: Translate) {
  const word = (text: string) => (field === 'locale' && text ? t(`imports.language.${text}`) : text);
  return { what: t(`imports.field.${field}`), old: word(old) || null, value: word(value) };
}

export function reasonInWords(of: { reason: string; otherLine: number | null }, t: Translate): string {
  return t(`imports.reason.${of.reason}`, { line: of.otherLine ?? 0 });
}

const batchSize = 1_000;

/** The lines that were not taken, as they stood in the file, each with why. */
export async function* rejectedRows(
  db: Db,
  staged: StagedImport,
  t: Translate,
): AsyncGenerator<readonly string[]> {
  const { width } = staged;
  const columns: readonly (Field | null)[] = staged.columns ?? [];
  const [heading] = staged.hasHeader
    ? await listLines(db, staged.id, { after: staged.firstLine - 1, limit: 1 })
    : [];
  yield headingOf(heading?.cells ?? null, { columns, width }, t);
  let after = firstPerson(staged) - 1;
  for (;;) {
    const rows = await listLines(db, staged.id, { after, limit: batchSize, outcome: 'rejected' });
    for (const row of rows) {
      const reason = reasonInWords({ reason: row.reason ?? 'broken', otherLine: row.otherLine }, t);
      yield rejectedRow(row, width, reason);
    }
    const last = rows.at(-1);
    if (!last) return;
    after = last.line;
  }
}

/** The latest imports of a chapter: a way back to one that runs. */
export function recentView(
  recent: Awaited<ReturnType<typeof listImports>>,
  chapter: DeskChapter,
  { t, locale }: Desk,
  now: Date,
) {
  return recent.map(({ id, fileName, state, createdAt }) => ({
    id,
    name: fileName || t('imports.choose.noName'),
    state: t(`imports.state.${state}`),
    when: momentInWords(createdAt, chapter.timeZone, locale, now, t),
  }));
}
