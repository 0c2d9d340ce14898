import type { Actor } from '../audit.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { Columns } from './columns.ts';
import type { NotATable } from './decode.ts';
import {
  auditAll,
  findByAddresses,
  findErasedHashes,
  insertMemberships,
  insertPeople,
  updatePeople,
} from './queries.ts';
import {
  type Entry,
  judge,
  type Known,
  namesOf,
  type Rejected,
  readRow,
  type Verdict,
  valuesOf,
} from './rules.ts';
import { type Broken, openTable, type Row, type Table } from './table.ts';

/** As many lines are one transaction: what was done before a crash stays done. */
export const batchSize = 500;

export type Scope = {
  chapterId: string;
  actor: Actor;
  /** Where we have the addresses from, for the first mail. */
  source: string;
  /** Whether those who left the chapter are taken in again. */
  returningAllowed: boolean;
};

/** An entry with what becomes of it. */
export type Judged = { entry: Entry; known: Known | undefined; verdict: Verdict };

/** Says what would become of some people. Nothing is changed; with `lock` it stays true until the transaction ends. */
export async function judgeEntries(
  db: Db,
  { links, clock }: Pick<Deps, 'links' | 'clock'>,
  scope: Pick<Scope, 'chapterId' | 'returningAllowed'>,
  entries: readonly Entry[],
  options: { lock: boolean },
): Promise<Judged[]> {
  const emails = entries.map(({ email }) => email);
  const people = await findByAddresses(db, scope.chapterId, emails, clock(), options);
  const hashes = new Map(
    emails.filter((email) => !people.has(email)).map((email) => [email, links.addressHashes(email)]),
  );
  const erased = await findErasedHashes(db, [...hashes.values()].flat());
  const lines = new Map<string, number>();
  return entries.map((entry) => {
    const known = people.get(entry.email);
    // Her present address and an earlier one, in the same file.
    const otherLine = known && lines.get(known.id);
    if (otherLine !== undefined) {
      return { entry, known, verdict: { outcome: 'rejected', reason: 'same_person', otherLine } };
    }
    if (known) lines.set(known.id, entry.line);
    const isErased = (hashes.get(entry.email) ?? []).some((hash) => erased.has(hash.toString('hex')));
    const verdict = judge(entry, known, { isErased, returningAllowed: scope.returningAllowed });
    return { entry, known, verdict };
  });
}

/** Takes some people in, judged anew under their rows' locks. The same people again change nothing. */
export async function takeIn(
  trx: Trx,
  deps: Pick<Deps, 'links' | 'clock'>,
  scope: Scope,
  entries: readonly Entry[],
): Promise<Judged[]> {
  if (entries.length === 0) return [];
  const now = deps.clock();
  const judged = await judgeEntries(trx, deps, scope, entries, { lock: true });
  const fresh = judged.filter(({ verdict }) => verdict.outcome === 'created').map(({ entry }) => entry);
  const made = await insertPeople(
    trx,
    fresh.map((entry) => ({
      ...namesOf(entry),
      email: entry.email,
      phone: entry.phone,
      locale: entry.locale,
    })),
    { source: scope.source, now },
  );
  // Somebody else made them between the two statements: the unique key decided, and now they are known.
  const late = new Set(fresh.filter(({ email }) => !made.has(email)));
  const settled = judged.filter(({ entry }) => !late.has(entry));

  const ids = (outcomes: readonly string[]) =>
    settled
      .filter(({ verdict }) => outcomes.includes(verdict.outcome))
      .map(({ entry, known }) => known?.id ?? (made.get(entry.email) as string));
  const joining = ids(['created', 'joined', 'returned']);
  const changed = settled.flatMap(({ known, verdict }) =>
    known && 'changes' in verdict && verdict.changes.length > 0
      ? [{ id: known.id, values: valuesOf(verdict.changes) }]
      : [],
  );
  await updatePeople(trx, changed);
  await insertMemberships(trx, joining, {
    chapterId: scope.chapterId,
    source: scope.source,
    addedBy: scope.actor.kind === 'person' ? scope.actor.id : null,
    now,
  });
  await auditAll(
    trx,
    [
      ...joining.map((personId) => ({
        personId,
        action: 'member.added',
        detail: { role: 'member', source: scope.source },
      })),
      ...changed.map(({ id, values }) => ({
        personId: id,
        action: 'person.changed',
        detail: { fields: Object.keys(values), source: scope.source },
      })),
    ],
    scope,
  );
  const rest = await takeIn(trx, deps, scope, [...late]);
  return [...settled, ...rest].sort((a, b) => a.entry.line - b.entry.line);
}

/** Reads rows into entries, and says of an address that comes again where it stood first. */
export function entryReader(columns: Columns) {
  const lines = new Map<string, number>();
  return (row: Row | Broken): Entry | Rejected => {
    if ('broken' in row) return { line: row.line, reason: 'broken' };
    const read = readRow(row, columns);
    if ('reason' in read) return read;
    const otherLine = lines.get(read.email);
    if (otherLine !== undefined) return { line: read.line, reason: 'twice', otherLine };
    lines.set(read.email, read.line);
    return read;
  };
}

export type ImportResult = { created: number; updated: number; unchanged: number; rejected: Rejected[] };
export type ImportOutcome =
  | { ok: true; result: ImportResult }
  | { ok: false; reason: NotATable | 'no_address_column' | 'too_many_lines' };

/**
 * Takes a whole file in, in batches of one transaction each. A crash leaves the batches before it; the same file again
 * finds them unchanged and goes on.
 */
export async function importFile(
  deps: Pick<Deps, 'db' | 'links' | 'clock'>,
  scope: Scope,
  bytes: Buffer,
  options: { onProgress?: (done: number) => void; mostLines?: number } = {},
): Promise<ImportOutcome> {
  const opened = await openTable(bytes);
  if (!opened.ok) return opened;
  const { table } = opened;
  if (!table.columns.includes('email')) return { ok: false, reason: 'no_address_column' };
  if (options.mostLines !== undefined && (await hasMoreRows(table, options.mostLines))) {
    return { ok: false, reason: 'too_many_lines' };
  }
  const result: ImportResult = { created: 0, updated: 0, unchanged: 0, rejected: [] };
  let done = 0;
  for await (const { entries, rejected } of batches(table)) {
    const judged = await deps.db.transaction().execute((trx) => takeIn(trx, deps, scope, entries));
    for (const { entry, verdict } of judged) count(result, entry.line, verdict);
    result.rejected.push(...rejected);
    done += entries.length + rejected.length;
    options.onProgress?.(done);
  }
  result.rejected.sort((a, b) => a.line - b.line);
  return { ok: true, result };
}

/** Whether a file has more lines than so many, its heading apart; what follows them is not read. */
export async function hasMoreRows(table: Table, most: number): Promise<boolean> {
  let rows = table.hasHeader ? -1 : 0;
  for await (const piece of table.rows()) {
    rows += piece.length;
    if (rows > most) return true;
  }
  return false;
}

async function* batches(table: Table): AsyncGenerator<{ entries: Entry[]; rejected: Rejected[] }> {
  const read = entryReader(table.columns);
  let batch: { entries: Entry[]; rejected: Rejected[] } = { entries: [], rejected: [] };
  let isFirst = table.hasHeader;
  for await (const piece of table.rows()) {
    for (const row of piece) {
      if (isFirst) {
        isFirst = false;
        continue;
      }
      const one = read(row);
      if ('reason' in one) batch.rejected.push(one);
      else batch.entries.push(one);
      if (batch.entries.length + batch.rejected.length >= batchSize) {
        yield batch;
        batch = { entries: [], rejected: [] };
      }
    }
  }
  yield batch;
}

function count(result: ImportResult, line: number, verdict: Verdict): void {
  if (verdict.outcome === 'rejected') {
    const { reason, otherLine } = verdict;
    result.rejected.push({ line, reason, ...(otherLine !== undefined && { otherLine }) });
  } else if (verdict.outcome === 'updated') result.updated += 1;
  else if (verdict.outcome === 'unchanged') result.unchanged += 1;
  else result.created += 1;
}
