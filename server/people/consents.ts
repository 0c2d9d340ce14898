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
  if (changed.numUpdatedRows === 0n) return;
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
