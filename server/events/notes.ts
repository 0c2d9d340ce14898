import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';

/** Writes down what those who manage an event note for themselves. No mail speaks of it, so none is held back for it. */
export async function savePrivateNotes(
  deps: Pick<Deps, 'db'>,
  { eventId, notes, actor }: { eventId: string; notes: string; actor: Actor },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const event = await trx
      .updateTable('events')
      .set({ privateNotes: notes })
      .where('id', '=', eventId)
      .returning('chapterId')
      .executeTakeFirst();
    if (!event) return;
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'event.notes_changed',
      subjectType: 'event',
      subjectId: eventId,
    });
  });
}
