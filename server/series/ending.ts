import type { Actor } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { cancelLocked } from '../events/service.ts';
import { lockDatesFrom, lockSeries } from './queries.ts';
import { formatRule, mustParse } from './recurrence.ts';
import { addDays } from './rules.ts';
import { endStandingYeses, record } from './service.ts';

export type CancelFollowingOutcome = { ok: true; cancelled: number } | { ok: false; reason: 'not_found' };

/**
 * Cancels a date and all that follow it: the rule ends on the day before. Drafts go unheard of; to those invited to a
 * published one who have not declined a mail says so, unless `notify` is false. Where nothing is left before it, the series is over.
 */
export async function cancelFollowing(
  deps: Deps,
  input: { seriesId: string; fromEventId: string; reason: string | null; notify: boolean; actor: Actor },
): Promise<CancelFollowingOutcome> {
  const now = deps.clock();
  const { actor, reason, notify, seriesId } = input;
  return deps.db.transaction().execute(async (trx): Promise<CancelFollowingOutcome> => {
    const series = await lockSeries(trx, seriesId);
    const from = await trx
      .selectFrom('events')
      .select(['recurrenceOn', 'startsAt', 'state'])
      .where('id', '=', input.fromEventId)
      .where('seriesId', '=', seriesId)
      .executeTakeFirst();
    if (
      !series ||
      series.endedAt ||
      !from?.recurrenceOn ||
      from.startsAt <= now ||
      from.state === 'cancelled'
    )
      return { ok: false, reason: 'not_found' };
    let cancelled = 0;
    for (const event of await lockDatesFrom(trx, seriesId, from.recurrenceOn, now)) {
      if (event.state === 'cancelled') continue;
      await cancelLocked(trx, deps, event, { actor, reason, notify }, now);
      cancelled += 1;
    }
    const left = await trx
      .selectFrom('events')
      .select('id')
      .where('seriesId', '=', seriesId)
      .where('endsAt', '>', now)
      .where('state', 'in', ['draft', 'published'])
      .limit(1)
      .executeTakeFirst();
    const until = addDays(from.recurrenceOn, -1);
    await trx
      .updateTable('series')
      .set({
        ...(until >= series.startsOn && { rule: endingOn(series.rule, until) }),
        ...(!left && { endedAt: now }),
      })
      .where('id', '=', seriesId)
      .execute();
    if (!left) await endStandingYeses(trx, seriesId, now);
    await record(trx, series, actor, 'series.following_cancelled');
    return { ok: true, cancelled };
  });
}

/** The same rule with another last day. */
function endingOn(text: string, until: string): string {
  return formatRule({ ...mustParse(text), until, count: null });
}
