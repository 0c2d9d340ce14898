import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { planOf, type Rhythm, rhythmsOf, ruleOf } from '../../series/rules.ts';
import { keepDraft, startSeries } from '../../series/service.ts';
import { seriesInWords } from '../../series/views.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead } from '../views.ts';
import { countInvitable } from './invitable.ts';
import {
  firstDates,
  newSeriesValues,
  readSettings,
  rhythmChoices,
  type SeriesErrors,
  type SeriesValues,
} from './series-views.ts';

/** An event becomes the first of many: how often, and when each invitation leaves; asked once more before it is done. */
export async function seriesStartRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { rhythm?: unknown } }>('/series', (request, reply) => {
    const { deskEvent: event, deskChapter: chapter } = request;
    if (event.seriesId) return reply.redirect(`/desk/chapters/${chapter.slug}/series/${event.seriesId}`, 303);
    if (event.state === 'cancelled') return notFound(request, reply);
    const asked = rhythmsOf(planOf(event).day).find((rhythm) => rhythm === request.query.rhythm);
    return page(request, reply, { ...newSeriesValues, rhythm: asked ?? '' }, {});
  });

  app.post('/series', async (request, reply) => {
    const { deskEvent: event, deskChapter: chapter, desk } = request;
    if (event.state === 'cancelled') return notFound(request, reply);
    const { values, errors, settings } = readSettings(request.body);
    const rhythm = rhythmsOf(planOf(event).day).find((one) => one === values.rhythm);
    if (!rhythm) errors.rhythm = 'rhythmMissing';
    if (!rhythm || Object.keys(errors).length > 0) return page(request, reply.code(400), values, errors);
    if (fieldOf(request.body, 'sure') !== 'yes') return check(request, reply, values, rhythm, settings);
    const outcome = await startSeries(deps, {
      eventId: event.id,
      rhythm,
      settings,
      actor: { kind: 'person', id: desk.person.id },
    });
    // A second press of the button, hers or another's, finds the series there: this page leads to it.
    if (!outcome.ok && outcome.reason === 'in_a_series') {
      return reply.redirect(`/desk/events/${event.id}/series`, 303);
    }
    if (!outcome.ok) return notFound(request, reply);
    return reply.redirect(
      `/desk/chapters/${chapter.slug}/series/${outcome.seriesId}?done=seriesStarted`,
      303,
    );
  });

  /** One date that was to publish itself stays a draft. */
  app.post('/draft', async (request, reply) => {
    const { deskEvent: event } = request;
    await keepDraft(deps, { eventId: event.id, actor: actorOf(request) });
    return reply.redirect(`/desk/events/${event.id}?done=keptDraft`, 303);
  });

  function page(request: FastifyRequest, reply: FastifyReply, values: SeriesValues, errors: SeriesErrors) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    return deskPage(
      request,
      reply,
      'series-start',
      { title: desk.t('recurring.start.title'), chapter, sheets: ['series.css'] },
      {
        event: eventHead(event, desk, now),
        choices: rhythmChoices(event, desk, now),
        values,
        errors: inWords(errors, desk.t),
        isDraft: event.state === 'draft',
      },
    );
  }

  async function check(
    request: FastifyRequest,
    reply: FastifyReply,
    values: SeriesValues,
    rhythm: Rhythm,
    settings: { publishDaysBefore: number | null; datesAhead: number },
  ) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const quiet = { from: chapter.quietFrom, until: chapter.quietUntil };
    const { day, startsAtTime } = planOf(event);
    const dates = firstDates(event, rhythm, settings, quiet, desk, now);
    const audience = await countInvitable(deps, event, now);
    return deskPage(
      request,
      reply,
      'series-check',
      { title: desk.t('recurring.check.title'), chapter, sheets: ['series.css'] },
      {
        event: eventHead(event, desk, now),
        rhythm: seriesInWords({ rule: ruleOf(rhythm, day) as string, startsAtTime }, desk.t, desk.locale),
        dates,
        itself: settings.publishDaysBefore !== null,
        together: dates.filter(({ isNow }) => isNow).length,
        audience,
        values,
      },
    );
  }
}

export function inWords(errors: SeriesErrors, t: FastifyRequest['desk']['t']) {
  return Object.fromEntries(
    Object.entries(errors).map(([field, key]) => [field, t(`recurring.error.${key}`)]),
  );
}
