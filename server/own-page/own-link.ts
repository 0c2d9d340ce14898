import { sql } from 'kysely';
import { audit } from '../audit.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { releaseClaims } from '../people/edit.ts';
import { revokeLinks } from '../people/links.ts';
import { findPersonByAddress } from '../people/queries.ts';

/** An address gets one such mail in ten minutes, and so many in a day: nobody floods somebody else's mailbox. */
const bucketMs = 600_000;
const perDay = 6;

/** Mails somebody the link to her own page, to the address that we have. Asked again at once, she gets one. */
export async function sendOwnPageLink(deps: Pick<Deps, 'db' | 'clock'>, personId: string): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    // Requests at one moment are counted one after the other.
    await sql`select 1 from people where id = ${personId} for no key update`.execute(trx);
    const { sent } = await trx
      .selectFrom('mailings')
      .select((select) => select.fn.countAll<number>().as('sent'))
      .where('personId', '=', personId)
      .where('template', '=', 'my_page')
      .where('dueAt', '>', new Date(now.getTime() - 86_400_000))
      .executeTakeFirstOrThrow();
    if (sent >= perDay) return;
    await mailOwnPageLink(trx, personId, String(Math.floor(now.getTime() / bucketMs)), now);
  });
}

/** Writes the mail with the link to her own page. @param occasion what it is for: one of them gives one mail */
async function mailOwnPageLink(trx: Trx, personId: string, occasion: string, now: Date): Promise<void> {
  const chapter = await trx
    .selectFrom('memberships')
    .select('chapterId')
    .where('personId', '=', personId)
    .where('endsAt', 'is', null)
    .orderBy('startsAt')
    .limit(1)
    .executeTakeFirst();
  const cause = `my_page:${personId}:${occasion}`;
  const mail = { personId, chapterId: chapter?.chapterId ?? null, eventId: null, cause };
  await sendToOne(trx, [{ ...mail, kind: 'sign_in', template: 'my_page' }], now);
}

/**
 * Stops all her links so far, and mails her the new one to her own page: at once, however lately she asked for another,
 * since that one is among those which stop.
 * @returns false where we have no address to send it to: nothing stops then, or she could never come back
 */
export async function renewLinks(deps: Pick<Deps, 'db' | 'clock'>, personId: string): Promise<boolean> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const person = await trx
      .selectFrom('people')
      .select('email')
      .where('id', '=', personId)
      .where('erasedAt', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!person?.email) return false;
    const epoch = await revokeLinks(trx, personId);
    await releaseClaims(trx, [personId], now);
    await mailOwnPageLink(trx, personId, `epoch-${epoch}`, now);
    await audit(trx, {
      actor: { kind: 'person', id: personId },
      chapterId: null,
      action: 'person.links_renewed',
      subjectType: 'person',
      subjectId: personId,
    });
    return true;
  });
}

/** The same for whoever names an address. Says nothing about whether it is known. */
export async function requestOwnPageLink(deps: Pick<Deps, 'db' | 'clock'>, email: string): Promise<void> {
  const person = await findPersonByAddress(deps.db, email);
  if (person) await sendOwnPageLink(deps, person.id);
}
