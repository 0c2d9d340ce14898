import { type Static, Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { HolidayNames } from '../holidays/calendar.ts';
import { type OnHoliday, onHolidays } from '../series/flags.ts';
import { findSeries, listDatesOf, type SeriesRow } from '../series/queries.ts';
import { formatRule, parseRule } from '../series/recurrence.ts';
import { changeSettings, startSeries } from '../series/service.ts';
import { rhythmInWords } from '../series/views.ts';
import { translator } from '../web/i18n.ts';
import { actorOf, needChapter, needEvent, notFound } from './auth.ts';
import { refused } from './refusals.ts';
import { type Api, answers, Body, Choice, Id, Instant, nullable } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const Rule = Type.String({
  maxLength: 200,
  description:
    'An RFC 5545 recurrence rule without its name, counted from the day of the event, which must be the first that it gives. `FREQ` is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`; beside it `INTERVAL` (up to 99), `BYMONTH`, `BYMONTHDAY`, `BYDAY`, `BYSETPOS`, `WKST` and one end, `COUNT` (up to 999) or `UNTIL` (a day, `20270630`). Parts smaller than a day have no place: the event says at what time. Answers write the parts in this order.',
  examples: [
    'FREQ=MONTHLY;BYDAY=1TH',
    'FREQ=WEEKLY;INTERVAL=2;BYDAY=TH',
    'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=10',
  ],
});
const Names = Type.Object({ it: Type.String(), en: Type.String() });
const Holiday = Choice(
  onHolidays,
  'What becomes of a date on a public holiday of the chapter: asked about at the desk before it publishes itself, skipped, or held like any other.',
);
const DaysBefore = nullable(
  Type.Integer({
    minimum: 1,
    maximum: 60,
    description:
      'How many days before its day each date publishes itself, at 10:00 on its clock; null: never.',
  }),
);

const DatesAhead = Type.Integer({ minimum: 1, maximum: 12, description: '6 where left out.' });

const SeriesShape = Type.Object({
  id: Id,
  rule: Rule,
  ruleInWords: Names,
  publishDaysBefore: DaysBefore,
  datesAhead: Type.Integer(),
  onHoliday: Holiday,
  endedAt: nullable(Instant),
  dates: Type.Array(
    Type.Object({
      eventId: Id,
      recurrenceId: nullable(Type.String({ format: 'date' })),
      startsAt: Instant,
      holiday: nullable(Names),
    }),
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
          datesAhead: Type.Optional(DatesAhead),
          onHoliday: Type.Optional(Holiday),
        }),
        response: answers({ 201: SeriesShape }, 409),
      },
    },
    async (request, reply) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const { eventId, publishDaysBefore = 14, datesAhead = 6, onHoliday = 'ask' } = request.body;
      const event = await needEvent(deps, request, eventId);
      if (event.chapterId !== chapter.id) throw notFound('event');
      const rule = readRule(request.body.rule);
      const settings = { publishDaysBefore, datesAhead, onHoliday };
      const outcome = await startSeries(deps, { eventId, rule, settings, actor: actorOf(request) });
      if (!outcome.ok) {
        if (outcome.reason === 'in_a_series') throw refused('in_a_series');
        if (outcome.reason === 'wrong_state') throw refused('wrong_state');
        if (outcome.reason === 'wrong_day') {
          const message = 'Takes a rule whose first day is the day of the event.';
          throw new InvalidInput([{ path: 'rule', message }]);
        }
        throw notFound('event');
      }
      const series = await findSeries(deps.db, chapter.id, outcome.seriesId);
      return reply.code(201).send(await viewOf(series as SeriesRow));
    },
  );

  app.get(
    '/chapters/:slug/series/:seriesId',
    {
      schema: {
        tags: ['Events'],
        summary: 'A series and its dates',
        description: 'The dates that begin last, up to a hundred.',
        params,
        response: answers({ 200: SeriesShape }),
      },
    },
    async (request) => viewOf(await needSeries(request)),
  );

  app.patch(
    '/chapters/:slug/series/:seriesId',
    {
      schema: {
        tags: ['Events'],
        summary:
          'Change when dates publish themselves, how many are kept ahead, and what becomes of holidays',
        description: 'Drafts to come follow; nothing that is published does. What is left out stays.',
        params,
        body: Body({
          publishDaysBefore: Type.Optional(DaysBefore),
          datesAhead: Type.Optional(DatesAhead),
          onHoliday: Type.Optional(Holiday),
        }),
        response: answers({ 200: SeriesShape }, 409),
      },
    },
    async (request) => {
      const series = await needSeries(request);
      if (series.endedAt) throw refused('wrong_state');
      const { publishDaysBefore, datesAhead } = series;
      const settings = {
        ...{ publishDaysBefore, datesAhead, onHoliday: series.onHoliday as OnHoliday },
        ...request.body,
      };
      await changeSettings(deps, { seriesId: series.id, actor: actorOf(request), settings });
      return viewOf(await needSeries(request));
    },
  );

  async function needSeries(request: FastifyRequest & { params: Static<typeof params> }): Promise<SeriesRow> {
    const chapter = await needChapter(deps, request, request.params.slug);
    const series = await findSeries(deps.db, chapter.id, request.params.seriesId);
    if (!series) throw notFound('series');
    return series;
  }

  async function viewOf(series: SeriesRow): Promise<Static<typeof SeriesShape>> {
    const dates = await listDatesOf(deps.db, series.id);
    const { id, rule, publishDaysBefore, datesAhead } = series;
    return {
      ...{ id, rule, publishDaysBefore, datesAhead },
      ruleInWords: {
        it: rhythmInWords(rule, translator('it'), 'it'),
        en: rhythmInWords(rule, translator('en'), 'en'),
      },
      onHoliday: series.onHoliday as OnHoliday,
      endedAt: series.endedAt?.toISOString() ?? null,
      dates: dates.map((date) => ({
        ...date,
        startsAt: date.startsAt.toISOString(),
        holiday: date.holiday as HolidayNames | null,
      })),
    };
  }
}

const params = Type.Object({ slug: Type.String(), seriesId: Id });

/** The rule in the one way it is written, or all that is wrong with it. */
function readRule(text: string): string {
  const read = parseRule(text);
  if (read.ok) return formatRule(read.rule);
  throw new InvalidInput(
    read.problems.map(({ part, takes }) => ({ path: 'rule', message: `${part} takes ${takes}.` })),
  );
}
