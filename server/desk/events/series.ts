import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { parseLocalFields } from '../../events/local-time.ts';
import { isAskedAbout } from '../../series/flags.ts';
import { findSeries, type SeriesRow } from '../../series/queries.ts';
import { addDate, changeSettings, endSeries } from '../../series/service.ts';
import { endStandingYes, giveStandingYes } from '../../series/standing.ts';
import { seriesInWords } from '../../series/views.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead, exactMoment, fullName } from '../views.ts';
import { holidayQuestion } from './holiday.ts';
import { type DeskDate, findDates, findSeriesOf, findStanding } from './series-queries.ts';
import { inWords } from './series-start.ts';
import { leavesInWords, readSettings, type SeriesErrors, type SeriesValues } from './series-views.ts';

type BySeries = { Params: { seriesId: string } };
type Problems = { settings?: SeriesErrors; values?: SeriesValues; day?: { value: string; error: string } };

/** Events that come again: the list of a chapter, and a page for each. */
export async function seriesRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/series', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const now = deps.clock();
    const rows = await findSeriesOf(deps.db, chapter.id, now);
    return deskPage(
      request,
      reply,
      'series-list',
      { title: desk.t('recurring.title'), chapter, section: 'more', sheets: ['series.css'] },
      {
        newUrl: `/desk/chapters/${chapter.slug}/events/new`,
        series: rows.map((row) => ({
          href: pathOf(chapter.slug, row.id),
          title: row.title,
          rhythm: seriesInWords(row, desk.t, desk.locale),
          next: row.next
            ? desk.t('recurring.desk.next', { when: exactMoment(row.next, row.timeZone, desk, now) })
            : null,
          isOver: row.endedAt !== null,
        })),
      },
    );
  });

  app.get<BySeries>('/series/:seriesId', async (request, reply) => {
    const series = await seriesOf(request);
    return series ? page(request, reply, series, {}) : notFound(request, reply);
  });

  app.post<BySeries>('/series/:seriesId', async (request, reply) => {
    const series = await seriesOf(request);
    if (!series || series.endedAt) return notFound(request, reply);
    const { values, errors, settings } = readSettings(request.body);
    if (Object.keys(errors).length > 0) {
      return page(request, reply.code(400), series, { settings: errors, values });
    }
    await changeSettings(deps, { seriesId: series.id, actor: actorOf(request), settings });
    return done(request, reply, series, 'saved');
  });

  app.post<BySeries>('/series/:seriesId/dates', async (request, reply) => {
    const series = await seriesOf(request);
    if (!series || series.endedAt) return notFound(request, reply);
    const value = fieldOf(request.body, 'day').trim();
    const refuse = (error: string) => page(request, reply.code(400), series, { day: { value, error } });
    if (!parseLocalFields(value, '12:00', series.timeZone).ok) return refuse('day');
    const outcome = await addDate(deps, { seriesId: series.id, actor: actorOf(request), day: value });
    if (!outcome.ok) return refuse(outcome.reason);
    return done(request, reply, series, 'dateAdded');
  });

  /** A member's yes to all dates, said for her or ended for her. */
  app.post<BySeries>('/series/:seriesId/standing', async (request, reply) => {
    const series = await seriesOf(request);
    const personId = fieldOf(request.body, 'personId');
    if (!series || !isId(personId)) return notFound(request, reply);
    const of = { seriesId: series.id, personId, actor: actorOf(request) };
    if (fieldOf(request.body, 'standing') === 'no') {
      await endStandingYes(deps, of);
      return done(request, reply, series, 'standingEnded');
    }
    const outcome = await giveStandingYes(deps, { ...of, source: 'coordinator' });
    return outcome.ok ? done(request, reply, series, 'standingGiven') : notFound(request, reply);
  });

  app.get<BySeries>('/series/:seriesId/end', async (request, reply) => {
    const series = await seriesOf(request);
    if (!series || series.endedAt) return notFound(request, reply);
    const { desk, deskChapter: chapter } = request;
    const coming = await findDates(deps.db, series.id, 'coming', deps.clock());
    return deskPage(
      request,
      reply,
      'series-end',
      { title: desk.t('recurring.end.title'), chapter, section: 'more', sheets: ['series.css'] },
      {
        base: pathOf(chapter.slug, series.id),
        title: series.title,
        drafts: coming.filter(({ state }) => state === 'draft').length,
        published: coming.filter(({ state }) => state === 'published').length,
      },
    );
  });

  app.post<BySeries>('/series/:seriesId/end', async (request, reply) => {
    const series = await seriesOf(request);
    if (!series) return notFound(request, reply);
    await endSeries(deps, { seriesId: series.id, actor: actorOf(request) });
    return done(request, reply, series, 'seriesEnded');
  });

  async function seriesOf(request: FastifyRequest): Promise<SeriesRow | undefined> {
    const { seriesId } = request.params as { seriesId: string };
    return isId(seriesId) ? findSeries(deps.db, request.deskChapter.id, seriesId) : undefined;
  }

  function done(request: FastifyRequest, reply: FastifyReply, series: SeriesRow, what: string) {
    return reply.redirect(`${pathOf(request.deskChapter.slug, series.id)}?done=${what}`, 303);
  }

  async function page(request: FastifyRequest, reply: FastifyReply, series: SeriesRow, wrong: Problems) {
    const { desk, deskChapter: chapter } = request;
    const { t, locale } = desk;
    const now = deps.clock();
    const [coming, past, members] = await Promise.all([
      findDates(deps.db, series.id, 'coming', now),
      findDates(deps.db, series.id, 'past', now),
      findStanding(deps.db, series, now),
    ]);
    const base = pathOf(chapter.slug, series.id);
    const isOn = series.endedAt === null;
    const line = async (event: DeskDate) => ({
      ...eventHead(event, desk, now),
      line: lineOf(event, request, now),
      asked: isOn ? await holidayQuestion(deps, request, event) : null,
      isSkipped: isOn && event.state === 'cancelled' && event.publishedAt === null && event.startsAt > now,
      isApart: event.editedApartAt !== null && event.state !== 'cancelled',
      isOpen: isOn && event.startsAt > now && event.state !== 'cancelled' && event.recurrenceOn !== null,
      following: `${base}/following?from=${event.id}`,
    });
    return deskPage(
      request,
      reply,
      'series',
      { title: series.title, chapter, section: 'more', sheets: ['series.css'] },
      {
        base,
        title: series.title,
        rhythm: seriesInWords(series, t, locale),
        isOver: series.endedAt !== null,
        publishes:
          series.publishDaysBefore === null
            ? t('recurring.desk.byHand')
            : t('recurring.desk.itself', { days: series.publishDaysBefore }),
        coming: await Promise.all(coming.map(line)),
        past: await Promise.all(past.map(line)),
        all: isOn && coming.some(({ state }) => state !== 'cancelled') ? `${base}/following?scope=all` : null,
        standing: members
          .filter(({ givenAt }) => givenAt !== null)
          .sort((a, b) => Number(a.givenAt) - Number(b.givenAt))
          .map((person) => ({
            id: person.id,
            name: fullName(person),
            byHand: person.source === 'coordinator',
          })),
        others: members
          .filter(({ givenAt }) => givenAt === null)
          .map((person) => ({ id: person.id, name: fullName(person) })),
        values: wrong.values ?? {
          publication: series.publishDaysBefore === null ? 'draft' : 'itself',
          daysBefore: String(series.publishDaysBefore ?? 14),
          ahead: String(series.datesAhead),
          onHoliday: series.onHoliday,
        },
        errors: inWords(wrong.settings ?? {}, t),
        day: {
          value: wrong.day?.value ?? '',
          error: wrong.day ? t(`recurring.error.${wrong.day.error}`) : null,
        },
      },
    );
  }

  /** What becomes of a date, in one line: when its invitation leaves, or how many come. */
  function lineOf(event: DeskDate, { desk }: FastifyRequest, now: Date): string {
    const { t } = desk;
    if (event.state === 'cancelled')
      return t(event.publishedAt ? 'recurring.desk.cancelled' : 'recurring.desk.skipped');
    if (event.state === 'draft') {
      if (event.startsAt <= now) return t('recurring.desk.neverOut');
      if (isAskedAbout(event, now)) return t('recurring.holiday.waits');
      return leavesInWords(event.publishAt, event.timeZone, desk, now);
    }
    return t('recurring.desk.going', { count: event.going ?? 0 });
  }
}

const pathOf = (slug: string, seriesId: string) => `/desk/chapters/${slug}/series/${seriesId}`;
