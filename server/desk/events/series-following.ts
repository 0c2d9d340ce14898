import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import type { EventDetails } from '../../events/service.ts';
import { countAudience } from '../../mailings/queries.ts';
import { type Choice, choiceOf, ruleOfChoice } from '../../series/choices.ts';
import {
  changeFollowing,
  type FollowingChange,
  type FollowingPlan,
  foreseeFollowing,
  toldOf,
} from '../../series/following.ts';
import { findFirstToCome, findNextDate, findSeries, type SeriesRow } from '../../series/queries.ts';
import { daysOf, formatRule, parseRule } from '../../series/recurrence.ts';
import { addDays, planOf } from '../../series/rules.ts';
import { templateFields } from '../../series/service.ts';
import { seriesInWords } from '../../series/views.ts';
import { periodInWords } from '../../web/dates.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { type DeskEvent, findDeskEvent } from '../queries.ts';
import { actorOf, notFound } from '../scope.ts';
import { type EventFormErrors, type EventFormValues, readEventForm, valuesOf } from './event-form.ts';
import { formView } from './event-form-view.ts';
import {
  choiceIn,
  choiceOn,
  newRuleValues,
  type RuleErrors,
  type RuleValues,
  readRuleValues,
  ruleErrors,
  ruleValues,
  ruleView,
} from './rule-form.ts';
import { hiddenFields } from './series-start.ts';
import { rhythmNames } from './series-views.ts';

/** Which dates a change is about, beside the one that its form shows: those after it, or all that are to come. */
type Reach = 'following' | 'all';
type Scope = { series: SeriesRow; event: DeskEvent; first: DeskEvent; reach: Reach };
type Form = { values: EventFormValues; errors: EventFormErrors; rule: RuleValues; wrong: RuleErrors };

/** "This and the following", or all: the form of an event, then what would change, date by date, and whom to tell. */
export async function seriesFollowingRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/series/:seriesId/following', async (request, reply) => {
    const scope = await scopeOf(request);
    if (!scope) return notFound(request, reply);
    const { event } = scope;
    return page(request, reply, scope, {
      ...{ values: valuesOf(event), errors: {}, wrong: {} },
      rule: shownRule(scope),
    });
  });

  app.post('/series/:seriesId/following', async (request, reply) => {
    const scope = await scopeOf(request);
    if (!scope) return notFound(request, reply);
    const { body, desk } = request;
    const now = deps.clock();
    const read = readEventForm(body, now);
    const rule = ruleIn(scope, body, now);
    if (!read.ok) return page(request, reply.code(400), scope, { ...read, rule, wrong: {} });
    const made = changeOf(scope, read.details, read.values, rule, hasRule(body));
    if (!made.ok) {
      const wrong = ruleErrors(made.problems, made.day, desk);
      return page(request, reply.code(400), scope, { values: read.values, errors: {}, rule, wrong });
    }
    const { change } = made;
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
      return page(request, reply.code(code), scope, { values: read.values, errors, rule, wrong: {} });
    };
    if (notify !== 'yes' && notify !== 'no') {
      const plan = await foreseeFollowing(deps.db, scope.series, scope.first, change, now);
      return plan.ok ? ask(request, reply, scope, change, plan, read.values, rule) : refuse(plan.reason);
    }
    const outcome = await changeFollowing(deps, {
      seriesId: scope.series.id,
      fromEventId: scope.first.id,
      change,
      notify: notify === 'yes',
      actor: actorOf(request),
    });
    if (!outcome.ok) return refuse(outcome.reason, outcome.reason === 'seats_taken' ? 409 : 400);
    const done = notify === 'yes' ? 'told' : 'followingChanged';
    return reply.redirect(`${pathOf(request, scope)}?done=${done}`, 303);
  });

  /** The date whose form it is and the first one that changes, of this chapter's series; another's does not exist. */
  async function scopeOf(request: FastifyRequest): Promise<Scope | null> {
    const { seriesId } = request.params as { seriesId: string };
    const { from, scope } = request.query as { from?: unknown; scope?: unknown };
    const now = deps.clock();
    const series = isId(seriesId) ? await findSeries(deps.db, request.deskChapter.id, seriesId) : undefined;
    if (!series || series.endedAt) return null;
    // Without a date to begin with, it is the next one.
    const shown = from ?? (await findNextDate(deps.db, series.id, now));
    const event = await dateOf(series, shown, now);
    const reach = scope === 'all' ? 'all' : 'following';
    const first =
      reach === 'all' ? await dateOf(series, await findFirstToCome(deps.db, series.id, now), now) : event;
    return event && first ? { series, event, first, reach } : null;
  }

  async function dateOf(series: SeriesRow, id: unknown, now: Date): Promise<DeskEvent | null> {
    const event = typeof id === 'string' && isId(id) ? await findDeskEvent(deps.db, id) : undefined;
    if (event?.seriesId !== series.id || event.recurrenceOn === null) return null;
    return event.state === 'cancelled' || event.startsAt <= now ? null : event;
  }

  function page(request: FastifyRequest, reply: FastifyReply, scope: Scope, form: Form) {
    const { desk, deskChapter: chapter } = request;
    const { t, locale } = desk;
    const title = t(`recurring.following.title.${scope.reach}`);
    const same = { value: 'same', label: seriesInWords(scope.series, t, locale) };
    return deskPage(
      request,
      reply,
      'event-form',
      { title, chapter, sheets: ['series.css'] },
      {
        heading: title,
        action: actionOf(request, scope),
        submit: t('recurring.following.look'),
        submitHint: t('recurring.following.lookHint'),
        back: pathOf(request, scope),
        form: formView(form.values, form.errors, t),
        repeats: {
          always: true,
          value: form.rule.rhythm,
          options: choiceAt(scope) ? rhythmNames(desk) : [same, ...rhythmNames(desk)],
          hint: t('recurring.following.repeatsHint'),
          error: form.wrong.rhythm ?? null,
          rule: { ...ruleView(form.rule, form.wrong, desk), timesHint: t('recurring.following.timesHint') },
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
    rule: RuleValues,
  ) {
    const { desk, deskChapter: chapter } = request;
    const { t, locale } = desk;
    const now = deps.clock();
    const when = (of: { startsAt: Date; endsAt: Date; timeZone: string }) =>
      periodInWords(of.startsAt, of.endsAt, of.timeZone, locale, now);
    const dates = [];
    let told = 0;
    for (const date of plan.dates) {
      const { event, changes, isDropped } = date;
      if (event.state === 'cancelled') continue;
      let count = 0;
      if (isDropped) count = await countAudience(deps.db, event.id, 'not_declined', 'cancellation');
      else
        for (const audience of toldOf(date))
          count += await countAudience(deps.db, event.id, audience, 'update');
      const isDraft = event.state === 'draft';
      if (!isDraft) told += count;
      const after = when({ ...event, ...changes });
      dates.push({
        was: when(event),
        becomes: changes && after !== when(event) ? after : null,
        isDropped,
        stays: changes === null && !isDropped,
        isDraft,
        count: isDraft ? 0 : count,
      });
    }
    const startsAtTime = change.plan?.startsAtTime ?? scope.series.startsAtTime;
    const title = t(`recurring.following.title.${scope.reach}`);
    return deskPage(
      request,
      reply,
      'series-following',
      { title, chapter, sheets: ['series.css'] },
      {
        heading: title,
        action: actionOf(request, scope),
        back: pathOf(request, scope),
        rhythm: seriesInWords({ rule: change.anchor?.rule ?? remaining(scope), startsAtTime }, t, locale),
        changed: changedInWords(change, t),
        dates,
        changing: dates.filter(({ stays }) => !stays).length,
        apart: plan.apart,
        withApart: change.withApart,
        told,
        fields: hiddenFields({ ...values, repeats: rule.rhythm, ...withoutRhythm(rule) }),
      },
    );
  }

  const pathOf = (request: FastifyRequest, { series }: Scope) =>
    `/desk/chapters/${request.deskChapter.slug}/series/${series.id}`;
  const actionOf = (request: FastifyRequest, scope: Scope) =>
    `${pathOf(request, scope)}/following?from=${scope.event.id}${scope.reach === 'all' ? '&scope=all' : ''}`;
}

const withoutRhythm = ({ rhythm: _, ...rest }: RuleValues) => rest;

/** The form of one date asks for no rhythm: what it sends on leaves the series' own as it is. */
const hasRule = (body: unknown) => fieldOf(body, 'repeats') !== '';

/** The series' rule as it counts from a date on: of ten times, those that are left. */
function remaining({ series, event }: Scope): string {
  const read = parseRule(series.rule);
  if (!read.ok || read.rule.count === null) return series.rule;
  const { count } = read.rule;
  const given = daysOf(series.rule, series.startsOn, null, count);
  const before = given.filter((day) => day < (event.recurrenceOn as string)).length;
  return formatRule({ ...read.rule, count: Math.max(1, count - before) });
}

/** What a person could have chosen to get the series' rule; null for one from elsewhere, or a date beside it. */
const choiceAt = (scope: Scope): Choice | null =>
  choiceOf(remaining(scope), scope.event.recurrenceOn as string);

function shownRule(scope: Scope): RuleValues {
  const choice = choiceAt(scope);
  return choice ? ruleValues(choice) : newRuleValues(scope.event.recurrenceOn as string, 'same');
}

function ruleIn(scope: Scope, body: unknown, now: Date): RuleValues {
  if (!hasRule(body)) return shownRule(scope);
  return readRuleValues(body, 'repeats', scope.event.recurrenceOn as string, now);
}

type Changed =
  | { ok: true; change: FollowingChange }
  | { ok: false; day: string; problems: Parameters<typeof ruleErrors>[0] };

/** What she changed in the form, and nothing else; or why the day cannot begin the rhythm. */
function changeOf(
  scope: Scope,
  details: EventDetails,
  values: EventFormValues,
  rule: RuleValues,
  isChosen: boolean,
): Changed {
  const { event, first } = scope;
  const changed = templateFields.filter((field) => details[field] !== event[field]);
  const { day: was, ...before } = planOf(event);
  const { day, ...after } = planOf(details);
  const samePlan =
    before.startsAtTime.slice(0, 5) === after.startsAtTime.slice(0, 5) &&
    before.minutes === after.minutes &&
    before.closesMinutesBefore === after.closesMinutesBefore &&
    before.timeZone === after.timeZone;
  const change: FollowingChange = {
    details: Object.fromEntries(changed.map((field) => [field, details[field]])),
    plan: samePlan ? null : after,
    anchor: null,
    withApart: false,
    editedId: event.id,
  };
  const own = event.recurrenceOn as string;
  const isSameDay = values.date === valuesOf(event).date;
  const chosen = choiceIn(rule);
  const asBefore = rule.rhythm === 'same' || (chosen && isSameChoice(chosen, scope));
  // One that was moved by itself and only gets another text is no new beginning of the rule.
  if (isSameDay && asBefore) return { ok: true, change };
  if (!chosen) return { ok: false, day, problems: [{ field: 'rhythm', reason: 'rhythmMissing' }] };
  // All dates move by as many days as the one in the form.
  const begins = first.id === event.id ? day : addDays(first.recurrenceOn as string, daysBetween(was, day));
  const choice = isChosen && first.id === event.id ? chosen : choiceOn(chosen, isChosen ? day : own, begins);
  const made = ruleOfChoice(choice, begins);
  if (!made.ok) return { ok: false, day: begins, problems: made.problems };
  const isNew =
    made.rule !== remaining(scope) || begins !== (first.id === event.id ? was : first.recurrenceOn);
  return { ok: true, change: { ...change, anchor: isNew ? { day: begins, rule: made.rule } : null } };
}

function isSameChoice(choice: Choice, scope: Scope): boolean {
  const made = ruleOfChoice(choice, scope.event.recurrenceOn as string);
  return made.ok && made.rule === remaining(scope);
}

const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;

function changedInWords(change: FollowingChange, t: FastifyRequest['desk']['t']): string[] {
  return [
    ...(change.anchor ? [t('recurring.following.day')] : []),
    ...(change.plan ? [t('recurring.following.hours')] : []),
    ...Object.keys(change.details).map((field) => t(`desk.field.${field}`)),
  ];
}
