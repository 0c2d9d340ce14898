import { type Actor, audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { Field } from './columns.ts';
import type { NotATable } from './decode.ts';
import type { Entry, Rejected, Verdict } from './rules.ts';
import { batchSize, entryReader, hasMoreRows, judgeEntries } from './service.ts';
import {
  analyzeLines,
  findImport,
  insertLines,
  type JudgedLine,
  listLines,
  type StagedImport,
  type StagedLine,
  writeOutcomes,
} from './staged-queries.ts';
import { mostLines, openTable } from './table.ts';

/** The way of a file at the desk: kept, its columns named, looked at, started. What follows is the worker's. */

export type KeepOutcome = { ok: true; id: string } | { ok: false; reason: NotATable | 'too_many_lines' };

/** Keeps a file's lines until she has said what is to become of them. */
export async function keepFile(
  deps: Pick<Deps, 'db' | 'clock'>,
  of: { chapterId: string; personId: string; fileName: string },
  bytes: Buffer,
): Promise<KeepOutcome> {
  const opened = await openTable(bytes);
  if (!opened.ok) return opened;
  const { table } = opened;
  if (await hasMoreRows(table, mostLines)) return { ok: false, reason: 'too_many_lines' };
  return deps.db.transaction().execute(async (trx): Promise<KeepOutcome> => {
    const { id } = await trx
      .insertInto('memberImports')
      .values({
        chapterId: of.chapterId,
        createdBy: of.personId,
        fileName: of.fileName.slice(-120),
        encoding: table.encoding,
        delimiter: table.delimiter,
        hasHeader: table.hasHeader,
        firstLine: 1,
        width: table.width,
        columns: columnsAsText(table.columns),
        total: 0,
        createdAt: deps.clock(),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    let lines: StagedLine[] = [];
    let total = 0;
    let firstLine: number | null = null;
    const store = async () => {
      await insertLines(trx, { importId: id, chapterId: of.chapterId }, lines);
      total += lines.length;
      lines = [];
    };
    for await (const piece of table.rows()) {
      for (const row of piece) {
        firstLine ??= row.line;
        lines.push('broken' in row ? { line: row.line, cells: [], broken: true } : { ...row, broken: false });
      }
      if (lines.length >= batchSize) await store();
    }
    await store();
    // Else the planner believes the table to be as small as it was, and reads all of it for each batch.
    if (total > batchSize) await analyzeLines(trx);
    await trx
      .updateTable('memberImports')
      .set({ total, firstLine: firstLine ?? 1 })
      .where('id', '=', id)
      .execute();
    return { ok: true, id };
  });
}

/** An empty text for a column that is passed over: an array of PostgreSQL's with nulls is read back as it is, but why. */
const columnsAsText = (columns: readonly (Field | null)[]) => columns.map((field) => field as string);

type Named = { columns: readonly (Field | null)[]; hasHeader: boolean };

/** Where the people begin, below the heading. */
export const firstPerson = (of: Pick<StagedImport, 'firstLine' | 'hasHeader'>) =>
  of.hasHeader ? of.firstLine + 1 : of.firstLine;

/**
 * Takes her word for what each column is, and looks up what will become of each line. Nobody is changed by it.
 * @returns false where the import is not hers to name any more: it runs, or is gone
 */
export async function nameColumns(
  deps: Pick<Deps, 'db' | 'links' | 'clock'>,
  of: { chapterId: string; importId: string },
  { columns, hasHeader }: Named,
): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const named = await trx
      .updateTable('memberImports')
      .set({ columns: columnsAsText(columns), hasHeader, state: 'checked' })
      .where('id', '=', of.importId)
      .where('chapterId', '=', of.chapterId)
      .where('state', 'in', ['uploaded', 'checked'])
      .returning(['firstLine', 'hasHeader'])
      .executeTakeFirst();
    if (!named) return false;
    const read = entryReader(columns);
    let after = firstPerson(named) - 1;
    for (;;) {
      const rows = await listLines(trx, of.importId, { after, limit: batchSize });
      const last = rows.at(-1);
      if (!last) return true;
      after = last.line;
      const entries: Entry[] = [];
      const judged: JudgedLine[] = [];
      for (const row of rows) {
        const one = read(row.reason === 'broken' ? { line: row.line, broken: true } : row);
        if ('reason' in one) judged.push(asRejected(one));
        else entries.push(one);
      }
      // Whoever left is shown apart: whether she comes back is asked.
      const scope = { chapterId: of.chapterId, returningAllowed: true };
      for (const { entry, verdict } of await judgeEntries(trx, deps, scope, entries, { lock: false })) {
        judged.push(asLine(entry.line, verdict));
      }
      await writeOutcomes(trx, of.importId, judged, { handled: false });
    }
  });
}

export function asLine(line: number, verdict: Verdict): JudgedLine {
  if (verdict.outcome === 'rejected') return asRejected({ line, ...verdict });
  const changes = 'changes' in verdict ? verdict.changes : [];
  return { line, outcome: verdict.outcome, reason: null, otherLine: null, changes };
}

/** A line that brings nobody in, with the reason why. */
export const asRejected = ({ line, reason, otherLine }: Rejected): JudgedLine => ({
  line,
  outcome: 'rejected',
  reason,
  otherLine: otherLine ?? null,
  changes: [],
});

/** Lets the workers begin. A second time changes nothing. */
export async function startImport(
  deps: Pick<Deps, 'db' | 'clock'>,
  of: { chapterId: string; importId: string; returningAllowed: boolean; actor: Actor },
): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const started = await trx
      .updateTable('memberImports')
      .set({ state: 'running', startedAt: deps.clock(), returningAllowed: of.returningAllowed })
      .where('id', '=', of.importId)
      .where('chapterId', '=', of.chapterId)
      .where('state', '=', 'checked')
      .returning(['id', 'firstLine', 'hasHeader'])
      .executeTakeFirst();
    if (!started) return false;
    const rejected = await settleRejected(trx, of, firstPerson(started));
    await trx
      .updateTable('memberImports')
      .set({ rejected, handled: rejected })
      .where('id', '=', of.importId)
      .execute();
    await audit(trx, {
      actor: of.actor,
      chapterId: of.chapterId,
      action: 'members.import_started',
      subjectType: 'member_import',
      subjectId: of.importId,
    });
    return true;
  });
}

/** What the file itself leaves unclear stays so: those lines are done with. So is the heading, which is nobody's. */
async function settleRejected(
  trx: Trx,
  of: { importId: string; returningAllowed: boolean },
  from: number,
): Promise<number> {
  await trx
    .updateTable('memberImportLines')
    .set({ handled: true, outcome: null, reason: null, changes: null })
    .where('importId', '=', of.importId)
    .where('line', '<', from)
    .execute();
  if (!of.returningAllowed) {
    await trx
      .updateTable('memberImportLines')
      .set({ outcome: 'rejected', reason: 'former_member', changes: null })
      .where('importId', '=', of.importId)
      .where('outcome', '=', 'returned')
      .execute();
  }
  const settled = await trx
    .updateTable('memberImportLines')
    .set({ handled: true })
    .where('importId', '=', of.importId)
    .where('outcome', '=', 'rejected')
    .executeTakeFirst();
  return Number(settled.numUpdatedRows);
}

/** Forgets a file that she does not want to import, or has done with. One that runs goes on. */
export async function dropImport(
  deps: Pick<Deps, 'db'>,
  of: { chapterId: string; importId: string },
): Promise<boolean> {
  const found = await findImport(deps.db, of.chapterId, of.importId);
  if (!found) return false;
  await deps.db
    .deleteFrom('memberImports')
    .where('id', '=', of.importId)
    .where('chapterId', '=', of.chapterId)
    .where('state', '<>', 'running')
    .execute();
  return true;
}
