import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Mode } from '../rsvps/rules.ts';

/** Whom a tap is about: somebody, or one of the guests she brought. */
export type Marked = { eventId: string; personId: string; guest: number | null };

export type NewMark = {
  eventId: string;
  chapterId: string;
  device: string;
  sequence: number;
  personId: string | null;
  walkIn: string | null;
  guest: number | null;
  mode: Mode | null;
  tappedAt: Date;
  recordedBy: string | null;
  receivedAt: Date;
  /** She said it herself afterwards, on her own page. */
  ownWord?: boolean;
};

/** Keeps a tap. One that was reported before is kept as it was. */
export async function insertMark(trx: Trx, mark: NewMark): Promise<boolean> {
  const row = await trx
    .insertInto('doorMarks')
    .values(mark)
    .onConflict((conflict) => conflict.columns(['eventId', 'device', 'sequence']).doNothing())
    .returning('sequence')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The tap that counts: the latest by the time of the tap. Where two have the same, any order that always is the same. Her
 * own word counts only where nobody else said anything, whichever came first, and in whatever order they arrive.
 */
export async function findLatestMark(db: Db, { eventId, personId, guest }: Marked) {
  return db
    .selectFrom('doorMarks')
    .select(['device', 'sequence', 'tappedAt', 'recordedBy', 'ownWord'])
    .select(sql<Mode | null>`mode`.as('mode'))
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('guest', guest === null ? 'is' : '=', guest)
    .orderBy('ownWord')
    .orderBy('tappedAt', 'desc')
    .orderBy('device', 'desc')
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function findWalkIn(db: Db, eventId: string, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('doorWalkIns')
    .select('personId')
    .where('eventId', '=', eventId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.personId;
}

/** From now on a phone's id for somebody stands for this person; taps that came before her name are hers too. */
export async function nameWalkIn(
  trx: Trx,
  walkIn: { eventId: string; chapterId: string; id: string; personId: string },
): Promise<void> {
  await trx.insertInto('doorWalkIns').values(walkIn).execute();
  await trx
    .updateTable('doorMarks')
    .set({ personId: walkIn.personId })
    .where('eventId', '=', walkIn.eventId)
    .where('walkIn', '=', walkIn.id)
    .execute();
}

export async function saveGuestAttendance(
  trx: Trx,
  presence: {
    eventId: string;
    personId: string;
    position: number;
    chapterId: string;
    mode: Mode;
    recordedBy: string | null;
    recordedAt: Date;
  },
): Promise<void> {
  const { eventId, personId, position, chapterId, ...changing } = presence;
  await trx
    .insertInto('guestAttendance')
    .values(presence)
    .onConflict((conflict) => conflict.columns(['eventId', 'personId', 'position']).doUpdateSet(changing))
    .execute();
}

export async function deleteGuestAttendance(
  trx: Trx,
  { eventId, personId, guest }: { eventId: string; personId: string; guest: number },
): Promise<boolean> {
  const result = await trx
    .deleteFrom('guestAttendance')
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('position', '=', guest)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
