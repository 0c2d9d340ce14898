import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { countAudience } from '../../mailings/queries.ts';
import { cancelFollowing } from '../../series/ending.ts';
import { findDatesFrom, findFirstToCome, findSeries, type SeriesRow } from '../../series/queries.ts';
import { periodInWords } from '../../web/dates.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { type DeskEvent, findDeskEvent } from '../queries.ts';
import { actorOf, notFound } from '../scope.ts';

const longestReason = 1000;
type Scope = { series: SeriesRow; event: DeskEvent };

/** Cancelling a date and all that follow it: what goes, whom to tell, and a button for each answer. */
export async function seriesRestRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/series/:seriesId/rest', async (request, reply) => {
    const { seriesId } = request.params as { seriesId: string };
    // Without a date to begin with, it is the next one; what cancels has to name it.
    const next = isId(seriesId) ? await findFirstToCome(deps.db, seriesId, deps.clock()) : null;
    const scope = await scopeOf(request, next);
    return scope ? page(request, reply, scope, '') : notFound(request, reply);
  });

  app.post('/series/:seriesId/rest', async (request, reply) => {
    const scope = await scopeOf(request);
    if (!scope) return notFound(request, reply);
    const reason = fieldOf(request.body, 'reason').trim();
    const notify = fieldOf(request.body, 'notify');
    if (reason.length > longestReason || (notify !== 'yes' && notify !== 'no'))
      return page(request, reply.code(400), scope, reason);
    const outcome = await cancelFollowing(deps, {
      seriesId: scope.series.id,
      fromEventId: scope.event.id,
      reason: reason || null,
      notify: notify === 'yes',
      actor: actorOf(request),
    });
    if (!outcome.ok) return notFound(request, reply);
    return reply.redirect(`${pathOf(request, scope)}?done=restCancelled`, 303);
  });

  /** The date from which on, of this chapter's series; another's does not exist. */
  async function scopeOf(request: FastifyRequest, otherwise?: string | null): Promise<Scope | null> {
    const { seriesId } = request.params as { seriesId: string };
    const { from = otherwise } = request.query as { from?: unknown };
    const series = isId(seriesId) ? await findSeries(deps.db, request.deskChapter.id, seriesId) : undefined;
    const event = typeof from === 'string' && isId(from) ? await findDeskEvent(deps.db, from) : undefined;
    if (!series || series.endedAt || event?.seriesId !== series.id || event.recurrenceOn === null)
      return null;
    return event.state === 'cancelled' || event.startsAt <= deps.clock() ? null : { series, event };
  }

  async function page(request: FastifyRequest, reply: FastifyReply, scope: Scope, reason: string) {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const dates = [];
    for (const event of await findDatesFrom(
      deps.db,
      scope.series.id,
      scope.event.recurrenceOn as string,
      now,
    )) {
      if (event.state === 'cancelled') continue;
      const isDraft = event.state === 'draft';
      dates.push({
        when: periodInWords(event.startsAt, event.endsAt, event.timeZone, desk.locale, now),
        isDraft,
        count: isDraft ? 0 : await countAudience(deps.db, event.id, 'not_declined', 'cancellation'),
      });
    }
    return deskPage(
      request,
      reply,
      'series-rest',
      { title: desk.t('recurring.rest.title'), chapter, sheets: ['series.css'] },
      {
        action: `${pathOf(request, scope)}/rest?from=${scope.event.id}`,
        back: pathOf(request, scope),
        dates,
        told: dates.reduce((sum, { count }) => sum + count, 0),
        reason,
        reasonError: reason.length > longestReason ? desk.t('desk.error.tooLong') : null,
      },
    );
  }

  const pathOf = (request: FastifyRequest, { series }: Scope) =>
    `/desk/chapters/${request.deskChapter.slug}/series/${series.id}`;
}
