import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import type { EventDetails } from '../../events/service.ts';
import { countAudience } from '../../mailings/queries.ts';
import {
  changeFollowing,
  type FollowingChange,
  type FollowingPlan,
  foreseeFollowing,
  toldOf,
} from '../../series/following.ts';
import { findNextDate, findSeries, type SeriesRow } from '../../series/queries.ts';
import { planOf, rhythms, ruleOf } from '../../series/rules.ts';
import { templateFields } from '../../series/service.ts';
import { seriesInWords } from '../../series/views.ts';
import { periodInWords } from '../../web/dates.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { type DeskEvent, findDeskEvent } from '../queries.ts';
import { actorOf, notFound } from '../scope.ts';
import { type EventFormErrors, type EventFormValues, readEventForm, valuesOf } from './event-form.ts';
import { formView } from './event-form-view.ts';
import { rhythmNames, rhythmOf } from './series-views.ts';

type Scope = { series: SeriesRow; event: DeskEvent };
type Form = { values: EventFormValues; errors: EventFormErrors; rhythm: string; rhythmError?: string };

/** "This and the following": the form of an event, then what would change, date by date, and whom to tell. */
export async function seriesFollowingRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/series/:seriesId/following', async (request, reply) => {
    const scope = await scopeOf(request);
    if (!scope) return notFound(request, reply);
    const { event, series } = scope;
    return page(request, reply, scope, {
      values: valuesOf(event),
      errors: {},
      rhythm: rhythmOf(series.rule) ?? '',
    });
  });

  app.post('/series/:seriesId/following', async (request, reply) => {
    const scope = await scopeOf(request);
    if (!scope) return notFound(request, reply);
    const { body } = request;
    const rhythm = fieldOf(body, 'repeats');
    const read = readEventForm(body, deps.clock());
    if (!read.ok) return page(request, reply.code(400), scope, { ...read, rhythm });
    const change = changeOf(scope, read.details, read.values, rhythm);
    if (!change) {
      const form = { values: read.values, errors: {}, rhythm, rhythmError: 'rhythm' };
      return page(request, reply.code(400), scope, form);
    }
    change.withApart = fieldOf(body, 'withApart') === 'yes';
    const notify = fieldOf(body, 'notify');
    const refuse = (reason: string, code = 400) => {
      const errors: EventFormErrors =
        reason === 'seats_taken'
          ? { [read.details.format === 'online' ? 'seatsOnline' : 'seatsRoom']: 'seatsTaken' }
          : reason === 'in_the_past'
            ? { date: 'inThePast' }
            : reason === 'before_previous'
              ? { date: 'beforePrevious' }
              : { title: 'refused' };
      return page(request, reply.code(code), scope, { values: read.values, errors, rhythm });
    };
    if (notify !== 'yes' && notify !== 'no') {
      const plan = await foreseeFollowing(deps.db, scope.series, scope.event, change, deps.clock());
      return plan.ok ? ask(request, reply, scope, change, plan, read.values, rhythm) : refuse(plan.reason);
    }
    const outcome = await changeFollowing(deps, {
      seriesId: scope.series.id,
      fromEventId: scope.event.id,
      change,
      notify: notify === 'yes',
      actor: actorOf(request),
    });
    if (!outcome.ok) return refuse(outcome.reason, outcome.reason === 'seats_taken' ? 409 : 400);
    const done = notify === 'yes' ? 'told' : 'followingChanged';
    return reply.redirect(`${pathOf(request, scope)}?done=${done}`, 303);
  });

  /** The date from which on, of this chapter's series; another's does not exist. */
  async function scopeOf(request: FastifyRequest): Promise<Scope | null> {
    const { seriesId } = request.params as { seriesId: string };
    const { from } = request.query as { from?: unknown };
    const now = deps.clock();
    const series = isId(seriesId) ? await findSeries(deps.db, request.deskChapter.id, seriesId) : undefined;
    // Without a date to begin with, it is the next one.
    const first = from ?? (series && (await findNextDate(deps.db, series.id, now)));
    const event = typeof first === 'string' && isId(first) ? await findDeskEvent(deps.db, first) : undefined;
    if (!series || series.endedAt || event?.seriesId !== series.id) return null;
    return event.state === 'cancelled' || event.startsAt <= now ? null : { series, event };
  }

  function page(request: FastifyRequest, reply: FastifyReply, scope: Scope, form: Form) {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    return deskPage(
      request,
      reply,
      'event-form',
      { title: t('recurring.following.title'), chapter },
      {
        heading: t('recurring.following.title'),
        action: `${pathOf(request, scope)}/following?from=${scope.event.id}`,
        submit: t('recurring.following.look'),
        submitHint: t('recurring.following.lookHint'),
        back: pathOf(request, scope),
        form: formView(form.values, form.errors, t),
        repeats: {
          value: form.rhythm,
          options: rhythmNames(desk),
          hint: t('recurring.following.repeatsHint'),
          error: form.rhythmError ? t(`recurring.error.${form.rhythmError}`) : null,
        },
      },
    );
  }

  async function ask(
    request: FastifyRequest,
    reply: FastifyReply,
    scope: Scope,
    change: FollowingChange,
    plan: FollowingPlan & { ok: true },
    values: EventFormValues,
    rhythm: string,
  ) {
    const { desk, deskChapter: chapter } = request;
    const { t, locale } = desk;
    const now = deps.clock();
    const when = (of: { startsAt: Date; endsAt: Date; timeZone: string }) =>
      periodInWords(of.startsAt, of.endsAt, of.timeZone, locale, now);
    const dates = [];
    let told = 0;
    for (const date of plan.dates) {
      const { event, changes } = date;
      if (event.state === 'cancelled') continue;
      let count = 0;
      for (const audience of toldOf(date))
        count += await countAudience(deps.db, event.id, audience, 'update');
      told += count;
      const after = when({ ...event, ...changes });
      dates.push({
        was: when(event),
        becomes: changes && after !== when(event) ? after : null,
        stays: changes === null,
        isDraft: event.state === 'draft',
        count,
      });
    }
    const rule = change.anchor?.rule ?? scope.series.rule;
    const startsAtTime = change.plan?.startsAtTime ?? scope.series.startsAtTime;
    return deskPage(
      request,
      reply,
      'series-following',
      { title: t('recurring.following.title'), chapter, sheets: ['series.css'] },
      {
        action: `${pathOf(request, scope)}/following?from=${scope.event.id}`,
        back: pathOf(request, scope),
        rhythm: seriesInWords({ rule, startsAtTime }, t, locale),
        changed: changedInWords(change, t),
        dates,
        changing: dates.filter(({ stays }) => !stays).length,
        apart: plan.apart,
        withApart: change.withApart,
        told,
        values: { ...values, repeats: rhythm },
      },
    );
  }

  const pathOf = (request: FastifyRequest, { series }: Scope) =>
    `/desk/chapters/${request.deskChapter.slug}/series/${series.id}`;
}

/** What she changed in the form, and nothing else; null where the day cannot begin the rhythm. */
function changeOf(
  { event, series }: Scope,
  details: EventDetails,
  values: EventFormValues,
  rhythm: string,
): FollowingChange | null {
  const changed = templateFields.filter((field) => details[field] !== event[field]);
  const { day: was, ...before } = planOf(event);
  const { day, ...after } = planOf(details);
  const samePlan =
    before.startsAtTime.slice(0, 5) === after.startsAtTime.slice(0, 5) &&
    before.minutes === after.minutes &&
    before.closesMinutesBefore === after.closesMinutesBefore &&
    before.timeZone === after.timeZone;
  const chosen = rhythms.find((one) => one === rhythm);
  const moves = values.date !== valuesOf(event).date || chosen !== (rhythmOf(series.rule) ?? undefined);
  const rule = moves && chosen ? ruleOf(chosen, day) : null;
  if (moves && !rule) return null;
  // One that was moved by itself and only gets another text is no new beginning of the rule.
  const anchor = rule && (rule !== series.rule || day !== was) ? { day, rule } : null;
  return {
    details: Object.fromEntries(changed.map((field) => [field, details[field]])),
    plan: samePlan ? null : after,
    anchor,
    withApart: false,
  };
}

function changedInWords(change: FollowingChange, t: FastifyRequest['desk']['t']): string[] {
  return [
    ...(change.anchor ? [t('recurring.following.day')] : []),
    ...(change.plan ? [t('recurring.following.hours')] : []),
    ...Object.keys(change.details).map((field) => t(`desk.field.${field}`)),
  ];
}
