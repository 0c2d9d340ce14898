import { Type } from '@fastify/type-provider-typebox';
import type { Deps } from '../deps.ts';
import { listDatesOf } from '../series/queries.ts';
import { planOf, readRule, ruleOf } from '../series/rules.ts';
import { startSeries } from '../series/service.ts';
import { actorOf, needChapter, needEvent, notFound } from './auth.ts';
import { refused } from './refusals.ts';
import { type Api, answers, Body, Id, Instant, nullable } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const Rule = Type.String({
  maxLength: 200,
  description:
    'An RFC 5545 recurrence rule without its name, counted from the day of the event: every week, every two weeks, every month on a weekday (first to fourth, or last) or on a day.',
  examples: ['FREQ=MONTHLY;BYDAY=1TH', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TH', 'FREQ=MONTHLY;BYMONTHDAY=15'],
});
const DaysBefore = nullable(
  Type.Integer({
    minimum: 1,
    maximum: 60,
    description:
      'How many days before its day each date publishes itself, at 10:00 on its clock; null: never.',
  }),
);

const SeriesShape = Type.Object({
  id: Id,
  rule: Rule,
  publishDaysBefore: DaysBefore,
  datesAhead: Type.Integer(),
  dates: Type.Array(
    Type.Object({ eventId: Id, recurrenceId: nullable(Type.String({ format: 'date' })), startsAt: Instant }),
    { description: 'The dates that were made, the first one among them; each is an event of its own.' },
  ),
});

/** Events that come again. */
export async function seriesRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.post(
    '/chapters/:slug/series',
    {
      schema: {
        tags: ['Events'],
        summary: 'Make an event the first of a series',
        description:
          'The next dates are made from it and kept ahead, each an event of its own with `seriesId` and `recurrenceId`.',
        params: Type.Object({ slug: Type.String() }),
        body: Body({
          eventId: Id,
          rule: Rule,
          publishDaysBefore: Type.Optional(DaysBefore),
          datesAhead: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 12, description: '6 where left out.' }),
          ),
        }),
        response: answers({ 201: SeriesShape }, 409),
      },
    },
    async (request, reply) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const { eventId, rule, publishDaysBefore = 14, datesAhead = 6 } = request.body;
      const event = await needEvent(deps, request, eventId);
      if (event.chapterId !== chapter.id) throw notFound('event');
      const rhythm = readRule(rule)?.rhythm;
      if (!rhythm || ruleOf(rhythm, planOf(event).day) !== rule) {
        throw new InvalidInput([{ path: 'rule', message: 'Takes a rule that the day of the event begins.' }]);
      }
      const settings = { publishDaysBefore, datesAhead };
      const outcome = await startSeries(deps, { eventId, rhythm, settings, actor: actorOf(request) });
      if (!outcome.ok) {
        if (outcome.reason === 'in_a_series') throw refused('in_a_series');
        if (outcome.reason === 'wrong_state') throw refused('wrong_state');
        throw notFound('event');
      }
      const dates = await listDatesOf(deps.db, outcome.seriesId);
      return reply.code(201).send({
        id: outcome.seriesId,
        rule,
        ...settings,
        dates: dates.map((date) => ({ ...date, startsAt: date.startsAt.toISOString() })),
      });
    },
  );
}
