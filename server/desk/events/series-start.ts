import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { ruleOfChoice } from '../../series/choices.ts';
import type { OnHoliday } from '../../series/flags.ts';
import { planOf, rhythmsOf } from '../../series/rules.ts';
import { keepDraft, startSeries } from '../../series/service.ts';
import { seriesInWords } from '../../series/views.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead } from '../views.ts';
import { countInvitable } from './invitable.ts';
import {
  choiceIn,
  newRuleValues,
  type RuleErrors,
  type RuleValues,
  readRuleValues,
  ruleErrors,
  ruleView,
} from './rule-form.ts';
import {
  firstDates,
  newSeriesValues,
  readSettings,
  rhythmChoices,
  type SeriesErrors,
  type SeriesValues,
} from './series-views.ts';

type Settings = { publishDaysBefore: number | null; datesAhead: number; onHoliday: OnHoliday };
type Form = { values: SeriesValues; errors: SeriesErrors; rule: RuleValues; wrong: RuleErrors };
const sheets = ['series.css'];

/** An event becomes the first of many: how often, and when each invitation leaves; asked once more before it is done. */
export async function seriesStartRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { rhythm?: unknown } }>('/series', (request, reply) => {
    const { deskEvent: event, deskChapter: chapter } = request;
    if (event.seriesId) return reply.redirect(`/desk/chapters/${chapter.slug}/series/${event.seriesId}`, 303);
    if (event.state === 'cancelled') return notFound(request, reply);
    const { day } = planOf(event);
    const asked = [...rhythmsOf(day), 'other'].find((rhythm) => rhythm === request.query.rhythm);
    return page(request, reply, {
      ...{ values: newSeriesValues, errors: {}, wrong: {} },
      rule: newRuleValues(day, asked ?? ''),
    });
  });

  app.post('/series', async (request, reply) => {
    const { deskEvent: event, deskChapter: chapter, desk } = request;
    if (event.state === 'cancelled') return notFound(request, reply);
    const { values, errors, settings } = readSettings(request.body);
    const { rule, wrong, values: ruleFields } = readRule(request, request.body);
    if (rule === null || Object.keys(errors).length > 0)
      return page(request, reply.code(400), { values, errors, rule: ruleFields, wrong });
    if (fieldOf(request.body, 'back') === 'yes')
      return page(request, reply, { values, errors, rule: ruleFields, wrong });
    if (fieldOf(request.body, 'sure') !== 'yes')
      return check(request, reply, { values, ruleFields, rule, settings });
    const outcome = await startSeries(deps, {
      eventId: event.id,
      rule,
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

  /** What the form would give, while it is filled in: the rule in words and its next six dates. */
  app.get('/series/preview', async (request, reply) => {
    const { deskEvent: event, deskChapter: chapter, desk } = request;
    if (event.seriesId || event.state === 'cancelled') return notFound(request, reply);
    const { rule, wrong } = readRule(request, request.query);
    if (rule === null) return { rhythm: null, problems: Object.values(wrong), dates: [] };
    const { onHoliday } = readSettings(request.query).settings;
    const settings = { publishDaysBefore: null, datesAhead: 6, onHoliday };
    const dates = await firstDates(event, rule, settings, chapter, desk, deps.clock());
    return {
      rhythm: seriesInWords({ rule, startsAtTime: planOf(event).startsAtTime }, desk.t, desk.locale),
      problems: [],
      dates: dates.map(({ when, holiday }) => ({
        when,
        holiday: holiday && desk.t('recurring.holiday.tag', { name: holiday }),
      })),
    };
  });

  /** One date that was to publish itself stays a draft. */
  app.post('/draft', async (request, reply) => {
    const { deskEvent: event } = request;
    await keepDraft(deps, { eventId: event.id, actor: actorOf(request) });
    return reply.redirect(`/desk/events/${event.id}?done=keptDraft`, 303);
  });

  /** The rule that a form makes, or what is wrong with it. */
  function readRule({ deskEvent: event, desk }: FastifyRequest, body: unknown) {
    const { day } = planOf(event);
    const values = readRuleValues(body, 'rhythm', day, deps.clock());
    const choice = choiceIn(values);
    const missing: RuleErrors = { rhythm: desk.t('recurring.error.rhythmMissing') };
    if (!choice) return { rule: null, wrong: missing, values };
    const made = ruleOfChoice(choice, day);
    if (made.ok) return { rule: made.rule, wrong: {}, values };
    return { rule: null, wrong: ruleErrors(made.problems, day, desk), values };
  }

  function page(request: FastifyRequest, reply: FastifyReply, { values, errors, rule, wrong }: Form) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    return deskPage(
      request,
      reply,
      'series-start',
      { title: desk.t('recurring.start.title'), chapter, sheets, scripts: ['series.js'] },
      {
        event: eventHead(event, desk, now),
        choices: rhythmChoices(event, desk, now),
        values,
        errors: inWords(errors, desk.t),
        rule: ruleView(rule, wrong, desk),
        isDraft: event.state === 'draft',
      },
    );
  }

  async function check(
    request: FastifyRequest,
    reply: FastifyReply,
    form: { values: SeriesValues; ruleFields: RuleValues; rule: string; settings: Settings },
  ) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { rule, settings } = form;
    const now = deps.clock();
    const { startsAtTime } = planOf(event);
    const dates = await firstDates(event, rule, settings, chapter, desk, now);
    const audience = await countInvitable(deps, event, now);
    return deskPage(
      request,
      reply,
      'series-check',
      { title: desk.t('recurring.check.title'), chapter, sheets },
      {
        event: eventHead(event, desk, now),
        rhythm: seriesInWords({ rule, startsAtTime }, desk.t, desk.locale),
        dates,
        itself: settings.publishDaysBefore !== null,
        together: dates.filter(({ isNow }) => isNow).length,
        audience,
        hasEnd: form.ruleFields.ends !== 'never',
        fields: hiddenFields({ ...form.values, ...form.ruleFields }),
      },
    );
  }
}

/** What a form holds, one pair for each field, as the next form carries it along. */
export function hiddenFields(values: Record<string, string | readonly string[]>): [string, string][] {
  return Object.entries(values).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
  );
}

export function inWords(errors: SeriesErrors, t: FastifyRequest['desk']['t']) {
  return Object.fromEntries(
    Object.entries(errors).map(([field, key]) => [field, t(`recurring.error.${key}`)]),
  );
}
