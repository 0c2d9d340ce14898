import { type Actor, audit } from '../audit.ts';
import { isCurrent } from '../chapters/current.ts';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import type { LockedEvent } from '../rsvps/queries.ts';
import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';
import { answerLocked } from '../rsvps/service.ts';
import { dayAt } from './rules.ts';

type Hers = { seriesId: string; personId: string };

/**
 * Keeps a seat for a member at every date that is published from now on. Only for who belongs to the chapter; the series
 * says which one. Given again, it keeps its place in the order.
 */
export async function giveStandingYes(
  deps: Pick<Deps, 'db' | 'clock'>,
  input: Hers & { mode?: Mode | null; actor: Actor; source: 'link' | 'coordinator' },
): Promise<{ ok: true } | { ok: false; reason: 'not_a_member' | 'series_over' }> {
  const now = deps.clock();
  const { seriesId, personId } = input;
  return deps.db.transaction().execute(async (trx) => {
    const series = await trx
      .selectFrom('series')
      .select(['chapterId', 'endedAt'])
      .where('id', '=', seriesId)
      .executeTakeFirst();
    if (!series || series.endedAt) return { ok: false, reason: 'series_over' } as const;
    // Locked against the erasure that may be under way: hers is deleted there, and is not to come back.
    const person = await trx
      .selectFrom('people')
      .select('id')
      .where('id', '=', personId)
      .where('erasedAt', 'is', null)
      .forShare()
      .executeTakeFirst();
    if (!person || !(await belongs(trx, series.chapterId, personId, now))) {
      return { ok: false, reason: 'not_a_member' } as const;
    }
    await trx
      .insertInto('standingYeses')
      .values({
        seriesId,
        personId,
        chapterId: series.chapterId,
        mode: input.mode ?? null,
        source: input.source,
        givenAt: now,
      })
      .onConflict((conflict) =>
        conflict.columns(['seriesId', 'personId']).doUpdateSet((set) => ({
          mode: set.ref('excluded.mode'),
          source: set.ref('excluded.source'),
          givenAt: set
            .case()
            .when('standingYeses.endedAt', 'is', null)
            .then(set.ref('standingYeses.givenAt'))
            .else(set.ref('excluded.givenAt'))
            .end(),
          endedAt: null,
        })),
      )
      .execute();
    await record(trx, input, series.chapterId, 'standing_yes.given');
    return { ok: true } as const;
  });
}

/** Ends her standing yes. What she has said to the dates that are published stays as it is. */
export async function endStandingYes(
  deps: Pick<Deps, 'db' | 'clock'>,
  input: Hers & { actor: Actor },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('standingYeses')
      .set({ endedAt: deps.clock() })
      .where('seriesId', '=', input.seriesId)
      .where('personId', '=', input.personId)
      .where('endedAt', 'is', null)
      .returning('chapterId')
      .executeTakeFirst();
    if (ended) await record(trx, input, ended.chapterId, 'standing_yes.ended');
  });
}

async function record(
  trx: Trx,
  { actor, personId, seriesId }: Hers & { actor: Actor },
  chapterId: string,
  action: string,
) {
  await audit(trx, {
    actor,
    chapterId,
    action,
    subjectType: 'person',
    subjectId: personId,
    detail: { seriesId },
  });
}

/** With her membership her standing yeses end, at the same moment. */
export async function endStandingYesesIn(
  trx: Trx,
  of: { chapterId: string; personId: string },
  now: Date,
): Promise<void> {
  await trx
    .updateTable('standingYeses')
    .set({ endedAt: now })
    .where('chapterId', '=', of.chapterId)
    .where('personId', '=', of.personId)
    .where('endedAt', 'is', null)
    .execute();
}

/** Where the end of a membership is taken back, so is that of the standing yeses that ended with it. */
export async function resumeStandingYesesIn(
  trx: Trx,
  of: { chapterId: string; personId: string },
  endedAt: Date,
): Promise<void> {
  await trx
    .updateTable('standingYeses')
    .set({ endedAt: null })
    .where('chapterId', '=', of.chapterId)
    .where('personId', '=', of.personId)
    .where('endedAt', '=', endedAt)
    .execute();
}

/**
 * Puts those with a standing yes on the list of a date that is just being published, first come first served, through
 * the same decision as any yes: where the seats are gone she waits, and is told so. On the day itself nobody is put on
 * a list without her own yes: she is invited like the others.
 * @param leavesAt when the invitations leave, and with them the mail that says so
 */
export async function seatStandingYeses(
  trx: Trx,
  event: LockedEvent,
  now: Date,
  leavesAt: Date,
): Promise<void> {
  const { seriesId, timeZone } = event;
  if (!seriesId || dayAt(leavesAt, timeZone) >= dayAt(event.startsAt, timeZone)) return;
  const standing = await trx
    .selectFrom('standingYeses as y')
    .innerJoin('people as p', 'p.id', 'y.personId')
    .select(['y.personId', 'y.mode'])
    .where('y.seriesId', '=', seriesId)
    .where('y.endedAt', 'is', null)
    .where('p.erasedAt', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('memberships as m')
          .select('m.id')
          .whereRef('m.personId', '=', 'y.personId')
          .whereRef('m.chapterId', '=', 'y.chapterId')
          .where(isCurrent('m', now)),
      ),
    )
    .orderBy('y.givenAt')
    .orderBy('y.personId')
    // One who is having herself erased at this moment is waited for, and then left out.
    .forShare('p')
    .execute();
  const offered = modesOf(event.format as Format);
  for (const [place, { personId, mode }] of standing.entries()) {
    await answerLocked(
      trx,
      event,
      {
        eventId: event.id,
        personId,
        answer: 'yes',
        mode: offered.find((one) => one === mode),
        source: 'standing',
        leavesAt,
      },
      // The waiting list goes by the moment of the yes: theirs is the order in which they gave it.
      new Date(now.getTime() + place),
    );
  }
}

async function belongs(db: Db, chapterId: string, personId: string, now: Date): Promise<boolean> {
  const found = await db
    .selectFrom('memberships')
    .select('id')
    .where('chapterId', '=', chapterId)
    .where('personId', '=', personId)
    .where(isCurrent('memberships', now))
    .executeTakeFirst();
  return found !== undefined;
}

/** A series that a member may say yes to as a whole, and whether she has. */
export type StandingChoice = { given: boolean; rule: string; startsAtTime: string };

/** What she may choose: null for a guest, or for a series that is over. */
export async function findStandingYes(db: Db, of: Hers, now: Date): Promise<StandingChoice | null> {
  const row = await db
    .selectFrom('series as s')
    .leftJoin('standingYeses as y', (join) =>
      join.onRef('y.seriesId', '=', 's.id').on('y.personId', '=', of.personId).on('y.endedAt', 'is', null),
    )
    .select(['s.chapterId', 's.rule', 's.startsAtTime', 'y.personId'])
    .where('s.id', '=', of.seriesId)
    .where('s.endedAt', 'is', null)
    .executeTakeFirst();
  if (!row || !(await belongs(db, row.chapterId, of.personId, now))) return null;
  return { given: row.personId !== null, rule: row.rule, startsAtTime: row.startsAtTime };
}
