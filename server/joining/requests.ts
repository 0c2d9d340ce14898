import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import { insertMembership, isMember } from '../chapters/queries.ts';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { findCoordinators, sendToOne } from '../mailings/personal.ts';
import { lockLiving } from '../people/queries.ts';
import { splitName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import type { JoinRequest } from './queries.ts';

/** An address gets one such mail in ten minutes and so many in a day; a chapter's form sends so many in an hour. */
const bucketMs = 600_000;
const perDay = 4;
const perHour = 20;

export type Asked = { chapterId: string; email: string; name: string; line: string; locale: string };

/**
 * Mails whoever would like to join a link to say so; nothing reaches a coordinator before that. Says nothing about what
 * it did: whether an address is known, or belongs to the group already, is nobody's business.
 */
export async function askToJoin(deps: Deps, asked: Asked): Promise<void> {
  const { chapterId } = asked;
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    // Requests at the same moment are counted one after the other.
    await sql`select 1 from chapters where id = ${chapterId} for no key update`.execute(trx);
    const outcome = await ensurePerson(
      trx,
      deps.links,
      { email: asked.email, ...splitName(asked.name), locale: asked.locale },
      { source: 'public', now },
    );
    // An address whose owner had herself erased does not come back by a form that anybody can fill in.
    if (!outcome.ok) return;
    const personId = outcome.person.id;
    if (!(await lockLiving(trx, personId))) return;
    if (await isMember(trx, { chapterId, personId }, now)) return;
    if (await isTooMuch(trx, { chapterId, personId }, now)) return;
    const { id } = await trx
      .insertInto('joinRequests')
      .values({ chapterId, personId, name: asked.name, line: asked.line, askedAt: now })
      .returning('id')
      .executeTakeFirstOrThrow();
    await sendToOne(
      trx,
      [
        {
          kind: 'sign_in',
          template: 'join_confirm',
          personId,
          chapterId,
          eventId: null,
          cause: `join:${chapterId}:${personId}:${Math.floor(now.getTime() / bucketMs)}`,
          data: { requestId: id },
        },
      ],
      now,
    );
  });
}

/** Locks her whose request it is. @returns false where there is none, or she has been erased */
async function lockWhoAsked(trx: Trx, requestId: string): Promise<boolean> {
  const request = await trx
    .selectFrom('joinRequests')
    .select('personId')
    .where('id', '=', requestId)
    .executeTakeFirst();
  return request !== undefined && lockLiving(trx, request.personId);
}

async function isTooMuch(trx: Trx, of: { chapterId: string; personId: string }, now: Date): Promise<boolean> {
  const since = (ms: number) => new Date(now.getTime() - ms);
  const { rows } = await sql<{ tooMuch: boolean }>`
    select count(*) filter (where person_id = ${of.personId} and asked_at > ${since(bucketMs)}) > 0
      or count(*) filter (where person_id = ${of.personId}) >= ${perDay}
      or count(*) filter (where chapter_id = ${of.chapterId} and asked_at > ${since(3_600_000)}) >= ${perHour}
      or bool_or(person_id = ${of.personId} and chapter_id = ${of.chapterId} and state = 'waiting') as too_much
    from join_requests where (chapter_id = ${of.chapterId} or person_id = ${of.personId})
      and (asked_at > ${since(86_400_000)} or state = 'waiting')`.execute(trx);
  return rows[0]?.tooMuch === true;
}

/** The owner of the address says that it was she. Said again, it changes nothing. The coordinators hear of it at once. */
export async function confirmRequest(deps: Pick<Deps, 'db' | 'clock'>, requestId: string): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    if (!(await lockWhoAsked(trx, requestId))) return;
    const request = await trx
      .updateTable('joinRequests')
      .set({ state: 'waiting', waitingSince: now })
      .where('id', '=', requestId)
      .where('state', '=', 'asked')
      .returning(['chapterId', 'personId'])
      .executeTakeFirst();
    if (!request) return;
    // Asked twice, she waits once.
    await trx
      .deleteFrom('joinRequests')
      .where('chapterId', '=', request.chapterId)
      .where('personId', '=', request.personId)
      .where('state', 'in', ['asked', 'waiting'])
      .where('id', '<>', requestId)
      .execute();
    const coordinators = await findCoordinators(trx, request.chapterId, now);
    await sendToOne(
      trx,
      coordinators.map(({ personId }) => ({
        kind: 'digest' as const,
        personId,
        chapterId: request.chapterId,
        eventId: null,
        cause: `joining:${requestId}:${personId}`,
        data: { variant: 'joining', requestId },
      })),
      now,
    );
  });
}

/**
 * Says yes or no to who would like to join; she hears of it by a mail with the coordinator's own words, if there are any.
 * @returns `gone` where it was answered already, or taken back by an erasure
 */
export async function answerRequest(
  deps: Deps,
  of: { chapterId: string; requestId: string; yes: boolean; words: string; actor: Actor },
): Promise<{ ok: true; name: string } | { ok: false; reason: 'gone' }> {
  const now = deps.clock();
  const gone = { ok: false, reason: 'gone' } as const;
  const request = await deps.db.transaction().execute(async (trx): Promise<JoinRequest | null> => {
    if (!(await lockWhoAsked(trx, of.requestId))) return null;
    const answered = await trx
      .updateTable('joinRequests')
      .set({
        state: of.yes ? 'accepted' : 'declined',
        answeredAt: now,
        answeredBy: of.actor.kind === 'person' ? of.actor.id : null,
      })
      .where('id', '=', of.requestId)
      .where('chapterId', '=', of.chapterId)
      .where('state', '=', 'waiting')
      .returning(['id', 'personId', 'name', 'line', 'waitingSince'])
      .executeTakeFirst();
    if (!answered) return null;
    if (of.yes)
      await insertMembership(trx, {
        chapterId: of.chapterId,
        personId: answered.personId,
        role: 'member',
        source: 'request',
        addedBy: of.actor.kind === 'person' ? of.actor.id : null,
        now,
      });
    await audit(trx, {
      actor: of.actor,
      chapterId: of.chapterId,
      action: of.yes ? 'joining.accepted' : 'joining.declined',
      subjectType: 'person',
      subjectId: answered.personId,
    });
    await sendToOne(
      trx,
      [
        {
          kind: 'sign_in',
          template: 'join_answer',
          personId: answered.personId,
          chapterId: of.chapterId,
          eventId: null,
          cause: `join_answer:${of.requestId}`,
          data: { accepted: of.yes, words: of.words },
        },
      ],
      now,
    );
    return { ...answered, waitingSince: answered.waitingSince as Date };
  });
  if (!request) return gone;
  return { ok: true, name: request.name };
}
