import { sql } from 'kysely';
import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { hostStands, isNewcomer } from './newcomers.ts';

type Needs = Pick<Deps, 'db' | 'clock'>;
type Pair = { eventId: string; newcomerId: string; hostId: string; actor: Actor };

/**
 * Lets one who comes welcome one who comes for the first time; both are mailed about each other, once for each choice.
 * Who was chosen before is let go: her mail, where it has not left yet, stays unsent.
 * @returns `stale` where one of the two no longer comes, or may not be named
 */
export async function chooseHost(
  deps: Needs,
  of: Pair,
): Promise<{ ok: true } | { ok: false; reason: 'stale' }> {
  const now = deps.clock();
  return deps.db
    .transaction()
    .execute(async (trx) => {
      const event = await trx
        .selectFrom('events')
        .select(['id', 'chapterId'])
        .where('id', '=', of.eventId)
        .where('state', '=', 'published')
        .where('endsAt', '>', now)
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (!event || of.newcomerId === of.hostId) return stale;
      const before = await findChoice(trx, of);
      if (before?.hostId === of.hostId && before.stands) return { ok: true } as const;
      await trx
        .deleteFrom('welcomes')
        .where('eventId', '=', of.eventId)
        .where('newcomerId', '=', of.newcomerId)
        .execute();
      const { rows } = await sql<{ id: string }>`
      with w as (select ${of.eventId}::uuid as event_id, ${of.newcomerId}::uuid as newcomer_id, ${of.hostId}::uuid as host_id)
      insert into welcomes (event_id, chapter_id, newcomer_id, host_id, chosen_by, chosen_at)
      select w.event_id, ${event.chapterId}, w.newcomer_id, w.host_id, ${of.actor.kind === 'person' ? of.actor.id : null}::uuid, ${now}
      from w join invitations i on i.event_id = w.event_id and i.person_id = w.newcomer_id
      where ${isNewcomer} and ${hostStands}
      returning id`.execute(trx);
      const [chosen] = rows;
      // What was chosen before is kept where nothing takes its place.
      if (!chosen) throw new NothingChosen();
      await sendToOne(
        trx,
        [of.newcomerId, of.hostId].map((personId) => ({
          kind: 'confirmation' as const,
          template: 'welcome',
          personId,
          chapterId: event.chapterId,
          eventId: event.id,
          cause: `welcome:${chosen.id}:${personId}`,
          data: { welcomeId: chosen.id },
        })),
        now,
      );
      await note(trx, of, event.chapterId, 'welcome.chosen');
      return { ok: true } as const;
    })
    .catch((error: unknown) => {
      if (error instanceof NothingChosen) return stale;
      throw error;
    });
}

const stale = { ok: false, reason: 'stale' } as const;
class NothingChosen extends Error {}

/** Takes a choice back. A mail of it that has not left stays unsent. */
export async function releaseHost(deps: Needs, of: Omit<Pair, 'hostId'>): Promise<{ ok: boolean }> {
  return deps.db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('welcomes')
      .where('eventId', '=', of.eventId)
      .where('newcomerId', '=', of.newcomerId)
      .returning('chapterId')
      .executeTakeFirst();
    if (!gone) return { ok: false };
    await note(trx, of, gone.chapterId, 'welcome.taken_back');
    return { ok: true };
  });
}

async function findChoice(db: Deps['db'], of: Pair) {
  const { rows } = await sql<{ hostId: string; stands: boolean }>`
    select w.host_id, ${hostStands} as stands from welcomes w
    where w.event_id = ${of.eventId} and w.newcomer_id = ${of.newcomerId}`.execute(db);
  return rows[0];
}

const note = (
  db: Deps['db'],
  { actor, eventId, newcomerId }: Omit<Pair, 'hostId'>,
  chapterId: string,
  action: string,
) =>
  audit(db, {
    actor,
    chapterId,
    action,
    subjectType: 'event',
    subjectId: eventId,
    detail: { personId: newcomerId },
  });
