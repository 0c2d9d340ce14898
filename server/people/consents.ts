import { type RawBuilder, sql } from 'kysely';
import type { Trx } from '../db/database.ts';

/** What somebody says yes or no to; see the table `consents`. */
export type ConsentTo = 'visible' | 'photos' | 'directory' | 'contacts' | 'welcomes';
/** Where she said it. */
export type ConsentSource = 'answer' | 'own_page' | 'feedback' | 'erasure';

/** Writes down a yes or no as it was said. What holds now is changed by the caller, in the same transaction. */
export async function recordConsent(
  trx: Trx,
  consent: {
    personId: string;
    chapterId?: string | null;
    eventId?: string | null;
    what: ConsentTo;
    given: boolean;
    fields?: readonly string[];
    source: ConsentSource;
    now: Date;
  },
): Promise<void> {
  const { now, fields = [], ...row } = consent;
  await trx
    .insertInto('consents')
    .values({ ...row, fields: [...fields], at: now })
    .execute();
}

/** What she said last, of whichever event, to her name being seen: with that her next answer begins. No where she never said. */
export const seenLast = (personId: RawBuilder<unknown>) => sql<boolean>`coalesce(
  (select k.given from consents k where k.person_id = ${personId} and k.what = 'visible' order by k.at desc, k.id desc limit 1),
  (select f.visible from profiles f where f.person_id = ${personId}), false)`;

async function wasSeenLast(trx: Trx, personId: string): Promise<boolean> {
  const { rows } = await sql<{ seen: boolean }>`select ${seenLast(sql`${personId}::uuid`)} as seen`.execute(
    trx,
  );
  return rows[0]?.seen ?? false;
}

/** Whether those who come to an event may see her name. Said again, it changes nothing. */
export async function letBeSeen(
  trx: Trx,
  of: {
    eventId: string;
    personId: string;
    chapterId: string;
    visible: boolean;
    source: ConsentSource;
    now: Date;
  },
): Promise<void> {
  const { eventId, personId, chapterId, visible, source, now } = of;
  const changed = await trx
    .updateTable('invitations')
    .set({ visible })
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('visible', '<>', visible)
    .executeTakeFirst();
  // A no that leaves her unseen is said all the same: her next answer begins with it.
  if (changed.numUpdatedRows === 0n && (visible || !(await wasSeenLast(trx, personId)))) return;
  await recordConsent(trx, { personId, chapterId, eventId, what: 'visible', given: visible, source, now });
}

/** Whether she may be named in the photos of an event. */
export async function letBeInPhotos(
  trx: Trx,
  of: {
    eventId: string;
    personId: string;
    chapterId: string;
    given: boolean;
    source: ConsentSource;
    now: Date;
  },
): Promise<void> {
  const { eventId, personId, chapterId, given, source, now } = of;
  const changed = await trx
    .updateTable('invitations')
    .set({ inPhotos: given })
    .where('eventId', '=', eventId)
    .where('personId', '=', personId)
    .where('inPhotos', 'is distinct from', given)
    .executeTakeFirst();
  if (changed.numUpdatedRows === 0n) return;
  await recordConsent(trx, { personId, chapterId, eventId, what: 'photos', given, source, now });
}
