import { type Actor, audit } from '../audit.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';

/** How long each thing is kept, and between which bounds: the same as the table's own. */
export const bounds = {
  keepNotesDays: { least: 7, most: 365, usual: 30 },
  keepDeliveryMonths: { least: 3, most: 36, usual: 12 },
  keepAnswersMonths: { least: 12, most: 120, usual: 24 },
  keepLogsDays: { least: 7, most: 365, usual: 30 },
} as const;

export type Retention = Record<keyof typeof bounds, number>;
export const retentionFields = Object.keys(bounds) as (keyof Retention)[];

/** What the network keeps how long; the usual where none is set up yet. */
export async function findRetention(db: Db): Promise<Retention> {
  const row = await db.selectFrom('networks').select(retentionFields).executeTakeFirst();
  return row ?? (Object.fromEntries(retentionFields.map((name) => [name, bounds[name].usual])) as Retention);
}

/** A form's numbers, or which of them are none, too small or too large. */
export function readRetention(
  fields: Record<keyof Retention, string>,
): { ok: true; retention: Retention } | { ok: false; wrong: (keyof Retention)[] } {
  const wrong = retentionFields.filter((name) => {
    const { least, most } = bounds[name];
    return !/^\d{1,4}$/.test(fields[name]) || Number(fields[name]) < least || Number(fields[name]) > most;
  });
  if (wrong.length > 0) return { ok: false, wrong };
  return {
    ok: true,
    retention: Object.fromEntries(retentionFields.map((name) => [name, Number(fields[name])])) as Retention,
  };
}

/** Changes how long things are kept; the coming night acts on it. Said again, it changes nothing and writes nothing down. */
export async function saveRetention(
  deps: Pick<Deps, 'db'>,
  retention: Retention,
  actor: Actor,
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('networks')
      .select(['id', ...retentionFields])
      .forUpdate()
      .executeTakeFirstOrThrow();
    const changed = retentionFields.filter((name) => before[name] !== retention[name]);
    if (changed.length === 0) return;
    await trx.updateTable('networks').set(retention).where('id', '=', before.id).execute();
    await audit(trx, {
      actor,
      chapterId: null,
      action: 'network.retention_changed',
      subjectType: 'network',
      subjectId: before.id,
      detail: Object.fromEntries(changed.map((name) => [name, [before[name], retention[name]]])),
    });
  });
}
