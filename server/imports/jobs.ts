import type { Deps } from '../deps.ts';
import { type Entry, readRow } from './rules.ts';
import { batchSize, takeIn } from './service.ts';
import {
  deleteImports,
  holdRunningImport,
  type JudgedLine,
  listLines,
  writeOutcomes,
} from './staged-queries.ts';
import { asLine, asRejected } from './staging.ts';

const dayMs = 86_400_000;
/** How long the lines that were not taken can be had after the end. */
const keptMs = 7 * dayMs;
/** How long a file waits for somebody to go on with it. */
const waitsMs = 2 * dayMs;

/**
 * Takes in what was started at the desk, a batch of lines a transaction. A worker that dies leaves the batches before
 * it, and the next one goes on from there. One import that fails holds up no other.
 * @param options.batches how many at most: whoever stops a worker does not wait for the end of a long file
 */
export async function runImports(
  deps: Pick<Deps, 'db' | 'links' | 'clock'>,
  { batches = Number.POSITIVE_INFINITY }: { batches?: number } = {},
): Promise<void> {
  const failures: unknown[] = [];
  for (let left = batches; left > 0; left -= 1) {
    const held = { id: null as string | null };
    try {
      if (!(await runBatch(deps, held))) break;
    } catch (error) {
      // The database is away, or the failure is not of one import's making.
      if (held.id === null) throw error;
      failures.push(error);
      await putOff(deps, held.id);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'an import failed; it is tried again');
}

/** @returns false where nothing is to be done now */
async function runBatch(
  deps: Pick<Deps, 'db' | 'links' | 'clock'>,
  held: { id: string | null },
): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const now = deps.clock();
    const found = await holdRunningImport(trx, now);
    if (!found) return false;
    held.id = found.id;
    const rows = await listLines(trx, found.id, { after: 0, limit: batchSize, onlyOpen: true });
    if (rows.length === 0) {
      await trx
        .deleteFrom('memberImportLines')
        .where('importId', '=', found.id)
        .where('outcome', 'is not', null)
        .where('outcome', '<>', 'rejected')
        .execute();
      await trx
        .updateTable('memberImports')
        .set({ state: 'done', doneAt: now, failures: 0, retryAt: null })
        .where('id', '=', found.id)
        .execute();
      return true;
    }
    const entries: Entry[] = [];
    const lines: JudgedLine[] = [];
    for (const row of rows) {
      const one = readRow(row, found.columns);
      // It was fine when she looked at it: a release between then and now reads it otherwise.
      if ('reason' in one) lines.push(asRejected(one));
      else entries.push(one);
    }
    const judged = await takeIn(
      trx,
      deps,
      {
        chapterId: found.chapterId,
        actor: { kind: 'person', id: found.createdBy },
        source: 'import',
        returningAllowed: found.returningAllowed,
      },
      entries,
    );
    lines.push(...judged.map(({ entry, verdict }) => asLine(entry.line, verdict)));
    await writeOutcomes(trx, found.id, lines, { handled: true });
    const count = (...outcomes: string[]) => lines.filter(({ outcome }) => outcomes.includes(outcome)).length;
    await trx
      .updateTable('memberImports')
      .set((set) => ({
        handled: set('handled', '+', lines.length),
        created: set('created', '+', count('created', 'joined', 'returned')),
        updated: set('updated', '+', count('updated')),
        unchanged: set('unchanged', '+', count('unchanged')),
        rejected: set('rejected', '+', count('rejected')),
        failures: 0,
        retryAt: null,
      }))
      .where('id', '=', found.id)
      .execute();
    return true;
  });
}

async function putOff(deps: Pick<Deps, 'db' | 'clock'>, id: string): Promise<void> {
  const { failures } = await deps.db
    .updateTable('memberImports')
    .set((set) => ({ failures: set('failures', '+', 1) }))
    .where('id', '=', id)
    .returning('failures')
    .executeTakeFirstOrThrow();
  const waitMs = Math.min(10, failures) * 30_000;
  await deps.db
    .updateTable('memberImports')
    .set({ retryAt: new Date(deps.clock().getTime() + waitMs) })
    .where('id', '=', id)
    .execute();
}

/** Forgets files a week after their end, and those that nobody went on with. */
export async function removeOldImports(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = deps.clock().getTime();
  await deleteImports(deps.db, { done: new Date(now - keptMs), left: new Date(now - waitsMs) });
}
