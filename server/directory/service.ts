import { isMember } from '../chapters/queries.ts';
import type { Deps } from '../deps.ts';
import { recordConsent } from '../people/consents.ts';
import { listEntries } from './queries.ts';
import type { DirectoryField } from './rules.ts';

/**
 * Keeps whether somebody is listed in a group of hers and with what, and writes down each change of it.
 * @param fields null where she is not listed
 * @returns false where she does not belong to that group
 */
export async function saveEntry(
  deps: Pick<Deps, 'db' | 'clock'>,
  { personId, chapterId }: { personId: string; chapterId: string },
  fields: readonly DirectoryField[] | null,
): Promise<boolean> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    // Two windows of hers come one after the other.
    await trx.selectFrom('people').select('id').where('id', '=', personId).forUpdate().execute();
    if (!(await isMember(trx, { chapterId, personId }, now))) return false;
    const before = (await listEntries(trx, personId, now)).find((entry) => entry.chapterId === chapterId);
    if ((before?.fields.toSorted().join() ?? null) === (fields?.toSorted().join() ?? null)) return true;
    if (fields) {
      const values = { fields: [...fields], updatedAt: now };
      await trx
        .insertInto('directoryEntries')
        .values({ chapterId, personId, ...values })
        .onConflict((conflict) => conflict.columns(['chapterId', 'personId']).doUpdateSet(values))
        .execute();
    } else {
      await trx
        .deleteFrom('directoryEntries')
        .where('chapterId', '=', chapterId)
        .where('personId', '=', personId)
        .execute();
    }
    const said = { personId, chapterId, what: 'directory', source: 'own_page', now } as const;
    await recordConsent(trx, { ...said, given: fields !== null, fields: fields ?? [] });
    return true;
  });
}
