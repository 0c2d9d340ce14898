import { type Actor, audit } from '../audit.ts';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { lockEvent } from '../rsvps/queries.ts';

/** Says who presented herself for a minute: exactly these, of those who were there. A note on its way stays on its way. */
export async function savePitches(
  deps: Deps,
  of: { eventId: string; personIds: readonly string[]; actor: Actor },
): Promise<{ ok: boolean }> {
  const { eventId, actor } = of;
  return deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (!event) return { ok: false };
    const { chapterId } = event;
    const present = await trx
      .selectFrom('attendance')
      .select('personId')
      .where('eventId', '=', eventId)
      .where('personId', 'in', of.personIds.length > 0 ? [...of.personIds] : [eventId])
      .execute();
    await trx.deleteFrom('pitches').where('eventId', '=', eventId).execute();
    if (present.length > 0) {
      await trx
        .insertInto('pitches')
        .values(present.map(({ personId }) => ({ eventId, personId, chapterId })))
        .execute();
    }
    await audit(trx, {
      actor,
      chapterId,
      action: 'event.pitches_said',
      subjectType: 'event',
      subjectId: eventId,
      detail: { count: present.length },
    });
    return { ok: true };
  });
}

/** Those who presented themselves at an event. */
export async function listPitches(db: Db, eventId: string): Promise<Set<string>> {
  const rows = await db.selectFrom('pitches').select('personId').where('eventId', '=', eventId).execute();
  return new Set(rows.map(({ personId }) => personId));
}
