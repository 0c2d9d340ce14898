import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { recordConsent } from '../people/consents.ts';
import { bothMayBeTold, lockIntroduction } from './queries.ts';
import { askLastsMs, type ContactKind, laterMs, pairOf, wakingAt, wishLastsMs } from './rules.ts';
import { isMutual, lockPairs } from './wish-queries.ts';

/** What introductions do by themselves, each step a function of the clock; see worker.ts. */

const atOnce = 200;

type Introduction = NonNullable<Awaited<ReturnType<typeof lockIntroduction>>>;

/**
 * Tells both of an introduction whose hour is over. Nothing of it is in the ledger before, so that one taken back leaves no
 * trace. Both mails are planned or neither; if a server then refuses the one, the other has arrived all the same: she has
 * what the other gave her and can write first, which we prefer to holding a mail back for as long as a mailbox is full.
 */
export async function sendIntroductions(deps: Deps): Promise<void> {
  const now = deps.clock();
  const due = await deps.db
    .selectFrom('introductions')
    .select(['id', 'firstId', 'secondId'])
    .where('state', '=', 'made')
    .where('mailedAt', 'is', null)
    .where('sendsAt', '<=', now)
    .orderBy('sendsAt')
    .limit(atOnce)
    .execute();
  for (const { id, firstId, secondId } of due) {
    await deps.db.transaction().execute(async (trx) => {
      await lockPairs(trx, firstId, [secondId]);
      const introduction = await lockIntroduction(trx, id);
      if (introduction?.state !== 'made' || introduction.mailedAt) return;
      if (await isStillMeant(trx, deps, introduction)) await tellBoth(trx, introduction, now);
      else await trx.updateTable('introductions').set({ state: 'withdrawn' }).where('id', '=', id).execute();
    });
  }
}

/** Whether both still want it, can be reached, and give each other something. */
async function isStillMeant(trx: Trx, deps: Deps, introduction: Introduction): Promise<boolean> {
  const { id, firstId, secondId, kind } = introduction;
  if (kind === 'wish' && !(await isMutual(trx, pairOf(firstId, secondId)))) return false;
  const { rows } = await sql<{ mayBe: boolean }>`
    select ${bothMayBeTold(sql`${id}::uuid`)} as may_be`.execute(trx);
  if (!rows[0]?.mayBe) return false;
  const people = await trx
    .selectFrom('people')
    .select(['id', 'email'])
    .where('id', 'in', [firstId, secondId])
    .execute();
  const hashes = people.flatMap(({ email }) => (email ? deps.links.addressHashes(email) : []));
  if (people.some(({ email }) => !email)) return false;
  const suppressed = await trx
    .selectFrom('suppressions')
    .select('reason')
    .where('addressHash', 'in', hashes)
    .executeTakeFirst();
  return !suppressed;
}

async function tellBoth(trx: Trx, introduction: Introduction, now: Date): Promise<void> {
  const { id, chapterId, eventId, kind, firstId, secondId } = introduction;
  if (kind === 'wish') {
    await sql`
      insert into introduction_sides (introduction_id, person_id, chapter_id, contacts, agreed_at)
      select ${id}, from_person_id, ${chapterId}, contacts, wished_at from meet_wishes
      where (from_person_id, to_person_id) in ((${firstId}::uuid, ${secondId}::uuid), (${secondId}::uuid, ${firstId}::uuid))
    `.execute(trx);
    // What was wished is now known to both, and stands here alone.
    await sql`delete from meet_wishes
      where (from_person_id, to_person_id) in ((${firstId}::uuid, ${secondId}::uuid), (${secondId}::uuid, ${firstId}::uuid))
    `.execute(trx);
    const sides = await trx
      .selectFrom('introductionSides')
      .select(['personId', 'contacts'])
      .where('introductionId', '=', id)
      .execute();
    // Only now: a record of what she would give if a wish were met would tell that she wished.
    for (const { personId, contacts } of sides) {
      const fields = contacts as ContactKind[];
      await recordConsent(trx, {
        personId,
        chapterId,
        eventId,
        what: 'contacts',
        given: true,
        fields,
        source: 'feedback',
        now,
      });
    }
    // A coordinator who asked the same two has her answer, and does not learn which.
    await sql`update introductions set state = 'lapsed'
      where first_id = ${firstId} and second_id = ${secondId} and state = 'asked'`.execute(trx);
  }
  await trx.updateTable('introductions').set({ mailedAt: now }).where('id', '=', id).execute();
  await sendToOne(
    trx,
    [firstId, secondId].map((personId) => ({
      kind: 'introduction' as const,
      personId,
      chapterId,
      // Of no event: what becomes of the one where they met has no part in it, nor has its page at the desk.
      eventId: null,
      cause: `introduction:${id}:${personId}`,
      data: { introductionId: id },
    })),
    now,
  );
}

/** Wishes that nobody met in 30 days are gone. Nobody is told, she neither. */
export async function forgetOldWishes(deps: Deps): Promise<void> {
  const before = new Date(deps.clock().getTime() - wishLastsMs);
  await sql`
    delete from meet_wishes w where w.wished_at < ${before} and not exists (
      select 1 from introductions n where n.first_id = least(w.from_person_id, w.to_person_id)
        and n.second_id = greatest(w.from_person_id, w.to_person_id)
        and n.kind = 'wish' and n.state = 'made' and n.mailed_at is null)`.execute(deps.db);
}

/** A coordinator's introduction to which not both said yes in 14 days comes to nothing. */
export async function lapseIntroductions(deps: Deps): Promise<void> {
  await deps.db
    .updateTable('introductions')
    .set({ state: 'lapsed' })
    .where('state', '=', 'asked')
    .where('createdAt', '<=', new Date(deps.clock().getTime() - askLastsMs))
    .execute();
}

/** A month after the mail each is asked once what came of it. */
export async function askLater(deps: Deps): Promise<void> {
  const now = deps.clock();
  const due = await deps.db
    .selectFrom('introductionSides as s')
    .innerJoin('introductions as n', 'n.id', 's.introductionId')
    .innerJoin('chapters as c', 'c.id', 'n.chapterId')
    .select(['s.introductionId', 's.personId', 'n.chapterId', 'c.timeZone', 'c.quietFrom', 'c.quietUntil'])
    .where('n.state', '=', 'made')
    .where('n.mailedAt', '<=', new Date(now.getTime() - laterMs))
    .where('s.askedLaterAt', 'is', null)
    .orderBy('n.mailedAt')
    .limit(atOnce)
    .execute();
  for (const side of due) {
    await deps.db.transaction().execute(async (trx) => {
      const asked = await trx
        .updateTable('introductionSides')
        .set({ askedLaterAt: now })
        .where('introductionId', '=', side.introductionId)
        .where('personId', '=', side.personId)
        .where('askedLaterAt', 'is', null)
        .executeTakeFirst();
      if (asked.numUpdatedRows === 0n) return;
      await sendToOne(
        trx,
        [
          {
            kind: 'introduction',
            template: 'introduction_later',
            personId: side.personId,
            chapterId: side.chapterId,
            eventId: null,
            cause: `introduction_later:${side.introductionId}:${side.personId}`,
            data: { introductionId: side.introductionId },
          },
        ],
        wakingAt(now, side),
      );
    });
  }
}
