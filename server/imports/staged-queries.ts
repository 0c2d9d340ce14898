import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Field } from './columns.ts';
import type { Change, Outcome, Reason } from './rules.ts';

/** Files that wait for a coordinator's word, or are being taken in. */

export async function findImport(db: Db, chapterId: string, id: string) {
  const row = await db
    .selectFrom('memberImports')
    .selectAll()
    .where('id', '=', id)
    .where('chapterId', '=', chapterId)
    .executeTakeFirst();
  return row && { ...row, columns: row.columns as (Field | null)[] | null };
}

export type StagedImport = NonNullable<Awaited<ReturnType<typeof findImport>>>;

/** The chapter's latest imports, for whoever comes back to one. */
export async function listImports(db: Db, chapterId: string) {
  return db
    .selectFrom('memberImports')
    .select(['id', 'fileName', 'state', 'total', 'createdAt'])
    .where('chapterId', '=', chapterId)
    .orderBy('id', 'desc')
    .limit(5)
    .execute();
}

export type StagedLine = { line: number; cells: string[]; broken: boolean };

export async function insertLines(
  trx: Trx,
  of: { importId: string; chapterId: string },
  lines: readonly StagedLine[],
): Promise<void> {
  if (lines.length === 0) return;
  await sql`
    insert into member_import_lines (import_id, chapter_id, line, cells, outcome, reason)
    select ${of.importId}, ${of.chapterId}, n.line, array(select jsonb_array_elements_text(n.cells)),
      case when n.broken then 'rejected' end, case when n.broken then 'broken' end
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as n (line int, cells jsonb, broken boolean)
  `.execute(trx);
}

/** Tells the planner how many lines there are now. */
export async function analyzeLines(trx: Trx): Promise<void> {
  await sql`analyze member_import_lines`.execute(trx);
}

/** Lines after another one, in their order. */
export async function listLines(
  db: Db,
  importId: string,
  options: { after: number; limit: number; onlyOpen?: boolean; outcome?: Outcome },
) {
  return db
    .selectFrom('memberImportLines')
    .select(['line', 'cells', 'outcome', 'reason', 'otherLine', 'changes'])
    .where('importId', '=', importId)
    .where('line', '>', options.after)
    .$if(options.onlyOpen === true, (query) => query.where('handled', '=', false))
    .$if(options.outcome !== undefined, (query) => query.where('outcome', '=', options.outcome as string))
    .orderBy('line')
    .limit(options.limit)
    .execute();
}

export type JudgedLine = {
  line: number;
  outcome: Outcome;
  reason: Reason | null;
  otherLine: number | null;
  changes: Change[];
};

/** Writes down what will become of some lines, or what became of them. */
export async function writeOutcomes(
  trx: Trx,
  importId: string,
  lines: readonly JudgedLine[],
  { handled }: { handled: boolean },
): Promise<void> {
  if (lines.length === 0) return;
  await sql`
    update member_import_lines l set outcome = n.outcome, reason = n.reason, other_line = n.other_line,
      changes = n.changes, handled = ${handled}
    from unnest(${lines.map(({ line }) => line)}::int[], ${lines.map(({ outcome }) => outcome)}::text[],
      ${lines.map(({ reason }) => reason)}::text[], ${lines.map(({ otherLine }) => otherLine)}::int[],
      ${lines.map(({ changes }) => (changes.length > 0 ? JSON.stringify(changes) : null))}::jsonb[])
      as n (line, outcome, reason, other_line, changes)
    where l.import_id = ${importId} and l.line = n.line
  `.execute(trx);
}

/** How many lines have each outcome. */
export async function countOutcomes(
  db: Db,
  importId: string,
  from: number,
): Promise<Record<Outcome, number>> {
  const rows = await db
    .selectFrom('memberImportLines')
    .select(['outcome', sql<number>`count(*)::int`.as('count')])
    .where('importId', '=', importId)
    .where('line', '>=', from)
    .where('outcome', 'is not', null)
    .groupBy('outcome')
    .execute();
  const counts = { created: 0, joined: 0, returned: 0, updated: 0, unchanged: 0, rejected: 0 };
  for (const { outcome, count } of rows) counts[outcome as Outcome] = count;
  return counts;
}

/** The oldest import that is to go on now, held until the transaction ends; one that another worker holds is passed over. */
export async function holdRunningImport(trx: Trx, now: Date) {
  const row = await trx
    .selectFrom('memberImports')
    .selectAll()
    .where('state', '=', 'running')
    .where((where) => where.or([where('retryAt', 'is', null), where('retryAt', '<=', now)]))
    .orderBy('startedAt')
    .limit(1)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst();
  return row && { ...row, columns: row.columns as (Field | null)[] };
}

export async function deleteImports(db: Db, before: { done: Date; left: Date }): Promise<void> {
  await db
    .deleteFrom('memberImports')
    .where((where) =>
      where.or([
        where.and([where('state', '=', 'done'), where('doneAt', '<', before.done)]),
        where.and([where('state', 'in', ['uploaded', 'checked']), where('createdAt', '<', before.left)]),
      ]),
    )
    .execute();
}
