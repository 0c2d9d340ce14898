import type { Deps } from '../deps.ts';
import { closeOpen, isOpen } from './planned.ts';

export type MailingChange = 'hold' | 'release' | 'skip';

/** Holds a planned mailing back, lets it go again, or takes it out. What has begun to leave cannot be changed. */
export async function changeMailing(
  deps: Deps,
  chapterId: string,
  mailingId: string,
  change: MailingChange,
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'already_left' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const mailing = await trx
      .selectFrom('mailings')
      .selectAll()
      .where('id', '=', mailingId)
      .where('chapterId', '=', chapterId)
      .forUpdate()
      .executeTakeFirst();
    if (!mailing) return { ok: false, reason: 'not_found' } as const;
    if (!isOpen(mailing.state)) return { ok: false, reason: 'already_left' } as const;
    if (change === 'skip') {
      await closeOpen(trx, [mailing.id], 'cancelled', 'skipped', now);
      return { ok: true } as const;
    }
    const revision = mailing.revision + 1;
    await trx
      .updateTable('mailings')
      .set({ state: change === 'hold' ? 'held' : 'planned', revision })
      .where('id', '=', mailing.id)
      .execute();
    if (change === 'release') await deps.alarm.set(trx, { id: mailing.id, revision, dueAt: mailing.dueAt });
    return { ok: true } as const;
  });
}
