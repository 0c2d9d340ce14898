import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';

/** Writes presence down, or corrects it. Who had not said yes came without confirming. */
export async function saveAttendance(
  trx: Trx,
  presence: {
    eventId: string;
    chapterId: string;
    personId: string;
    mode: Mode;
    recordedBy: string | null;
    recordedAt: Date;
    device: string | null;
  },
) {
  const { eventId, chapterId, personId, ...changing } = presence;
  return trx
    .insertInto('attendance')
    .values({
      ...presence,
      walkIn: sql`not exists (select 1 from rsvps r where r.event_id = ${eventId} and r.person_id = ${personId} and r.state = 'going')`,
    })
    .onConflict((conflict) => conflict.columns(['eventId', 'personId']).doUpdateSet(changing))
    .returning(['personId', 'mode', 'walkIn', 'recordedAt'])
    .executeTakeFirstOrThrow();
}

export type AttendanceRow = Awaited<ReturnType<typeof saveAttendance>>;

export async function deleteAttendance(
  db: Db,
  of: { eventId: string; personId: string; mode: Mode | null },
): Promise<boolean> {
  const result = await db
    .deleteFrom('attendance')
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .$if(of.mode !== null, (query) => query.where('mode', '=', of.mode as Mode))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export async function isPresent(
  db: Db,
  of: { eventId: string; personId: string; mode: Mode },
): Promise<boolean> {
  const row = await db
    .selectFrom('attendance')
    .select('personId')
    .where('eventId', '=', of.eventId)
    .where('personId', '=', of.personId)
    .where('mode', '=', of.mode)
    .executeTakeFirst();
  return row !== undefined;
}

/** Declares absence known for a mode. The first moment stands. */
export async function declareComplete(trx: Trx, eventId: string, mode: Mode, now: Date): Promise<Date> {
  const column = mode === 'room' ? 'roomCompleteAt' : 'onlineCompleteAt';
  const row = await trx
    .updateTable('events')
    .set((set) => ({ [column]: set.fn.coalesce(column, set.val(now)) }))
    .where('id', '=', eventId)
    .returning(['roomCompleteAt', 'onlineCompleteAt'])
    .executeTakeFirstOrThrow();
  return row[column] as Date;
}

/** Whether absence is known for every mode of an event. */
export async function isAttendanceComplete(db: Db, eventId: string): Promise<boolean> {
  const event = await db
    .selectFrom('events')
    .select(['format', 'roomCompleteAt', 'onlineCompleteAt'])
    .where('id', '=', eventId)
    .executeTakeFirstOrThrow();
  return modesOf(event.format as Format).every(
    (mode) => (mode === 'room' ? event.roomCompleteAt : event.onlineCompleteAt) !== null,
  );
}

/** Absence is unknown again for a mode. */
export async function declareIncomplete(trx: Trx, eventId: string, mode: Mode): Promise<void> {
  await trx
    .updateTable('events')
    .set({ [mode === 'room' ? 'roomCompleteAt' : 'onlineCompleteAt']: null })
    .where('id', '=', eventId)
    .execute();
}
