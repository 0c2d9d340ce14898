import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { recordConsent } from '../people/consents.ts';
import { lockIntroduction } from './queries.ts';
import { type ContactKind, type Outcome, pairOf, sendsAt, wakingAt } from './rules.ts';
import { lockLiving, lockPairs } from './wish-queries.ts';

export type AskOutcome =
  | { ok: true; introductionId: string }
  | { ok: false; reason: 'not_found' | 'no_mail' | 'opted_out' | 'asked_already' | 'introduced_already' };

/**
 * A coordinator would like to introduce two people: each is asked by mail, and nothing is told before both said yes. What
 * they may have wished in private changes nothing of it.
 */
export async function askToIntroduce(
  deps: Pick<Deps, 'db' | 'clock'>,
  ask: { chapterId: string; personIds: readonly [string, string]; words: string; byId: string; actor: Actor },
): Promise<AskOutcome> {
  const now = deps.clock();
  const { chapterId } = ask;
  const pair = pairOf(...ask.personIds);
  return deps.db.transaction().execute(async (trx): Promise<AskOutcome> => {
    const living = await lockLiving(trx, ask.personIds);
    if (living.size < 2) return { ok: false, reason: 'not_found' };
    await lockPairs(trx, pair.firstId, [pair.secondId]);
    const people = await trx
      .selectFrom('people as p')
      .leftJoin('preferences as o', (join) =>
        join
          .onRef('o.personId', '=', 'p.id')
          .on('o.chapterId', '=', chapterId)
          .on('o.topic', '=', 'introduction'),
      )
      .select(['p.email', 'o.topic'])
      .where('p.id', 'in', [...ask.personIds])
      .execute();
    if (people.some(({ email }) => !email)) return { ok: false, reason: 'no_mail' };
    if (people.some(({ topic }) => topic)) return { ok: false, reason: 'opted_out' };
    const open = await trx
      .selectFrom('introductions')
      .select('state')
      .where('firstId', '=', pair.firstId)
      .where('secondId', '=', pair.secondId)
      .where('kind', '=', 'by_hand')
      .where('state', 'in', ['asked', 'made'])
      .executeTakeFirst();
    if (open) return { ok: false, reason: open.state === 'asked' ? 'asked_already' : 'introduced_already' };
    const { id } = await trx
      .insertInto('introductions')
      .values({
        chapterId,
        kind: 'by_hand',
        state: 'asked',
        ...pair,
        introducedBy: ask.byId,
        words: ask.words,
        createdAt: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('introductionSides')
      .values(ask.personIds.map((personId) => ({ introductionId: id, personId, chapterId })))
      .execute();
    const chapter = await trx
      .selectFrom('chapters')
      .select(['timeZone', 'quietFrom', 'quietUntil'])
      .where('id', '=', chapterId)
      .executeTakeFirstOrThrow();
    await sendToOne(
      trx,
      ask.personIds.map((personId) => ({
        kind: 'introduction' as const,
        template: 'introduction_asked',
        personId,
        chapterId,
        eventId: null,
        cause: `introduction_asked:${id}:${personId}`,
        data: { introductionId: id },
      })),
      wakingAt(now, chapter),
    );
    await audit(trx, {
      actor: ask.actor,
      chapterId,
      action: 'introduction.asked',
      subjectType: 'introduction',
      subjectId: id,
    });
    return { ok: true, introductionId: id };
  });
}

/** Takes back what nobody has said yes to, or not both. */
export async function withdrawIntroduction(
  deps: Pick<Deps, 'db' | 'clock'>,
  of: { chapterId: string; introductionId: string; actor: Actor },
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'not_open' }> {
  return deps.db.transaction().execute(async (trx) => {
    const introduction = await lockIntroduction(trx, of.introductionId);
    if (introduction?.kind !== 'by_hand' || introduction.chapterId !== of.chapterId)
      return { ok: false, reason: 'not_found' } as const;
    const isOpen =
      introduction.state === 'asked' || (introduction.state === 'made' && !introduction.mailedAt);
    if (!isOpen) return { ok: false, reason: 'not_open' } as const;
    await trx
      .updateTable('introductions')
      .set({ state: 'withdrawn' })
      .where('id', '=', introduction.id)
      .execute();
    await audit(trx, {
      actor: of.actor,
      chapterId: of.chapterId,
      action: 'introduction.withdrawn',
      subjectType: 'introduction',
      subjectId: introduction.id,
    });
    return { ok: true } as const;
  });
}

/**
 * What one of two says to a coordinator's introduction. A no ends it, and nobody is told whose it was; a yes can be taken
 * back until the mail has left.
 * @param said.contacts what she gives of herself with a yes
 */
export async function answerIntroduction(
  deps: Pick<Deps, 'db' | 'clock'>,
  said: { introductionId: string; personId: string; yes: boolean; contacts: readonly ContactKind[] },
): Promise<{ ok: true } | { ok: false; reason: 'not_open' }> {
  const now = deps.clock();
  const { introductionId, personId, yes } = said;
  return deps.db.transaction().execute(async (trx) => {
    const introduction = await lockIntroduction(trx, introductionId);
    const isOpen =
      introduction?.state === 'asked' || (introduction?.state === 'made' && !introduction.mailedAt);
    if (introduction?.kind !== 'by_hand' || !isOpen) return { ok: false, reason: 'not_open' } as const;
    const contacts = yes ? [...said.contacts] : [];
    await trx
      .updateTable('introductionSides')
      .set({ contacts, agreedAt: yes ? now : null, declinedAt: yes ? null : now })
      .where('introductionId', '=', introductionId)
      .where('personId', '=', personId)
      .execute();
    const { chapterId } = introduction;
    if (yes)
      await recordConsent(trx, {
        personId,
        chapterId,
        what: 'contacts',
        given: true,
        fields: contacts,
        source: 'own_page',
        now,
      });
    const waiting = await trx
      .selectFrom('introductionSides')
      .select('personId')
      .where('introductionId', '=', introductionId)
      .where('agreedAt', 'is', null)
      .executeTakeFirst();
    const chapter = await trx
      .selectFrom('chapters')
      .select(['timeZone', 'quietFrom', 'quietUntil'])
      .where('id', '=', chapterId)
      .executeTakeFirstOrThrow();
    const state = yes ? (waiting ? 'asked' : 'made') : 'declined';
    if (state !== introduction.state) {
      await trx
        .updateTable('introductions')
        .set({ state, ...(state === 'made' && { madeAt: now, sendsAt: sendsAt(now, chapter) }) })
        .where('id', '=', introductionId)
        .execute();
    }
    return { ok: true } as const;
  });
}

/** Which of her contacts the other one sees from now on, on her own page: what was in a mail stays there. */
export async function changeContacts(
  deps: Pick<Deps, 'db' | 'clock'>,
  of: { introductionId: string; personId: string; contacts: readonly ContactKind[] },
): Promise<void> {
  const now = deps.clock();
  const { introductionId, personId } = of;
  await deps.db.transaction().execute(async (trx) => {
    const introduction = await lockIntroduction(trx, introductionId);
    if (introduction?.state !== 'made' || !introduction.mailedAt) return;
    await trx
      .updateTable('introductionSides')
      .set({ contacts: [...of.contacts] })
      .where('introductionId', '=', introductionId)
      .where('personId', '=', personId)
      .execute();
    await recordConsent(trx, {
      personId,
      chapterId: introduction.chapterId,
      what: 'contacts',
      given: of.contacts.length > 0,
      fields: of.contacts,
      source: 'own_page',
      now,
    });
  });
}

/** What she says a month later; said again, it counts in place of what she said before. */
export async function sayWhatCame(
  deps: Pick<Deps, 'db'>,
  of: { introductionId: string; personId: string },
  said: { metAgain?: 'yes' | 'no'; outcome?: Outcome },
): Promise<void> {
  await deps.db
    .updateTable('introductionSides')
    .set(said)
    .where('introductionId', '=', of.introductionId)
    .where('personId', '=', of.personId)
    .where('askedLaterAt', 'is not', null)
    .execute();
}
