import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { resolveWallClock, wallClockAt } from '../events/local-time.ts';
import { type Bar, barChart, share } from '../insights/chart.ts';
import {
  countFirstTimers,
  lastDay,
  type Sums,
  sumAnswers,
  sumEvent,
  sumMonths,
  sumNewcomers,
} from '../insights/queries.ts';
import type { Desk } from '../organizers/guard.ts';
import { deskPage } from './page.ts';
import { eventHead } from './views.ts';

const sheets = ['figures.css'];

/** A chapter's year in pictures and figures. */
export async function chapterFiguresRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { year?: string } }>('/numbers', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const zone = chapter.timeZone;
    const thisYear = wallClockAt(now, zone).year;
    const asked = /^20\d{2}$/.test(request.query.year ?? '') ? Number(request.query.year) : null;
    const year = asked !== null && asked <= thisYear ? asked : null;
    const months = year === null ? lastTwelve(now, zone) : monthsOf(year);
    const from = startOf(months[0] as string, zone);
    const end = startOf(monthAfter(months.at(-1) as string), zone);
    const scope = { chapterId: chapter.id, timeZone: zone, from, to: end < now ? end : now };
    const [sums, newcomers, answers, first] = await Promise.all([
      sumMonths(deps.db, scope),
      sumNewcomers(deps.db, scope, now),
      sumAnswers(deps.db, scope),
      findFirstYear(chapter.id, zone),
    ]);
    const byMonth = new Map(sums.map((row) => [row.month, row]));
    const newByMonth = new Map(newcomers.map((row) => [row.month, row]));
    const all = total(sums);
    const news = newcomers.reduce(
      (sum, row) => ({
        newcomers: sum.newcomers + row.newcomers,
        again: sum.again + row.again,
        tooEarly: sum.tooEarly + row.tooEarly,
      }),
      { newcomers: 0, again: 0, tooEarly: 0 },
    );
    const rows = months.map((month) => ({
      label: monthInWords(month, 'long', desk),
      short: monthInWords(month, 'narrow', desk),
      sums: byMonth.get(month) ?? null,
      news: newByMonth.get(month) ?? null,
    }));
    return deskPage(
      request,
      reply,
      'figures',
      { title: t('figures.title'), chapter, section: 'more', sheets },
      {
        base: `/desk/chapters/${chapter.slug}/numbers`,
        years: yearsOf(first, thisYear).map((one) => ({ year: one, isHere: one === year })),
        isLatest: year === null,
        isEmpty: all.events === 0,
        all,
        cameWords: shareInWords(all.room + all.online, all.room + all.online + all.missed, desk),
        hasNoShows: all.known > 0,
        unknown: all.events - all.known,
        news,
        againWords: shareInWords(news.again, news.newcomers - news.tooEarly, desk),
        answers: answersView('answers', answers, desk),
        presence: {
          chart: barChart(
            'presence',
            t('figures.presence.picture', { room: all.room, online: all.online }),
            rows.map(({ short, sums: s }): Bar => ({ label: short, parts: [s?.room ?? 0, s?.online ?? 0] })),
          ),
          rows: rows.filter((row) => row.sums !== null),
        },
        absence: barChart(
          'absence',
          t('figures.absence.picture', { missed: all.missed, late: all.late }),
          rows.map(({ short, sums: s }): Bar => ({ label: short, parts: [s?.missed ?? 0, s?.late ?? 0] })),
        ),
        newcomers: {
          chart: barChart(
            'newcomers',
            t('figures.newcomers.picture', { count: news.newcomers, again: news.again }),
            rows.map(
              ({ short, news: n }): Bar => ({
                label: short,
                parts: [n?.again ?? 0, (n?.newcomers ?? 0) - (n?.again ?? 0)],
              }),
            ),
          ),
          rows: rows.filter((row) => row.news !== null),
        },
      },
    );
  });

  async function findFirstYear(chapterId: string, zone: string): Promise<number | null> {
    const row = await deps.db
      .selectFrom('events')
      .select((select) => select.fn.min('startsAt').as('at'))
      .where('chapterId', '=', chapterId)
      .executeTakeFirst();
    return row?.at ? wallClockAt(row.at, zone).year : null;
  }
}

/** One event in pictures and figures. */
export async function eventFiguresRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/numbers', async (request: FastifyRequest, reply: FastifyReply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const [sums, answers, firstTimers] = await Promise.all([
      sumEvent(deps.db, event.id),
      sumAnswers(deps.db, { eventId: event.id }),
      countFirstTimers(deps.db, event.id),
    ]);
    const present = sums.room + sums.online;
    return deskPage(
      request,
      reply,
      'figures-event',
      { title: desk.t('figures.eventTitle'), chapter, sheets },
      {
        event: eventHead(event, desk, now),
        sums,
        firstTimers,
        isOver: event.endsAt <= now,
        isKnown: sums.known > 0,
        cameWords: shareInWords(present, present + sums.missed, desk),
        presence: present + sums.missed + sums.late > 0 ? presenceOfEvent(sums, desk) : null,
        answers: answersView('answers', answers, desk),
      },
    );
  });
}

/** Who was there, who was missing and who gave up late, side by side. What is not known yet has no bar. */
function presenceOfEvent({ room, online, missed, late }: Sums, { t }: Desk): string {
  return barChart('presence', t('figures.presence.ofEvent', { room, online, missed, late }), [
    { label: t('figures.room'), parts: [room] },
    { label: t('figures.online'), parts: [online] },
    { label: t('figures.short.missed'), parts: [missed] },
    { label: t('figures.short.late'), parts: [late] },
  ]);
}

function answersView(id: string, answers: readonly { day: number; count: number }[], desk: Desk) {
  const { t } = desk;
  const byDay = new Map(answers.map(({ day, count }) => [day, count]));
  const days = Array.from({ length: lastDay + 1 }, (_, day) => ({ day, count: byDay.get(day) ?? 0 }));
  const all = answers.reduce((sum, { count }) => sum + count, 0);
  const early = days.slice(0, 2).reduce((sum, { count }) => sum + count, 0);
  return {
    all,
    chart: barChart(
      id,
      t('figures.answers.picture', { count: all, early }),
      days.map(({ day, count }) => ({ label: day === lastDay ? `${day}+` : String(day), parts: [count] })),
    ),
    words: shareInWords(early, all, desk),
    rows: days
      .filter(({ count }) => count > 0)
      .map(({ day, count }) => ({
        label: t(day === lastDay ? 'figures.answers.later' : 'figures.answers.day', { day }),
        count,
      })),
  };
}

/** "82 %" or "9 su 14"; null of nobody. */
function shareInWords(part: number, whole: number, desk: Desk): string | null {
  if (whole <= 0) return null;
  const { percent } = share(part, whole);
  if (percent === null) return desk.t('figures.of', { part, whole });
  return desk.t('figures.percent', { percent, part, whole });
}

function total(rows: readonly Sums[]): Sums {
  const sum: Sums = { events: 0, known: 0, going: 0, room: 0, online: 0, missed: 0, late: 0, refilled: 0 };
  for (const row of rows) for (const key of Object.keys(sum) as (keyof Sums)[]) sum[key] += row[key];
  return sum;
}

const two = (number: number) => String(number).padStart(2, '0');

function monthsOf(year: number): string[] {
  return Array.from({ length: 12 }, (_, index) => `${year}-${two(index + 1)}`);
}

function lastTwelve(now: Date, zone: string): string[] {
  const { year, month } = wallClockAt(now, zone);
  return Array.from({ length: 12 }, (_, index) => {
    const at = year * 12 + month - 1 - (11 - index);
    return `${Math.floor(at / 12)}-${two((at % 12) + 1)}`;
  });
}

function monthAfter(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 12 ? `${year + 1}-01` : `${year}-${two(number + 1)}`;
}

function startOf(month: string, zone: string): Date {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return resolveWallClock({ year, month: number, day: 1, hour: 0, minute: 0 }, zone).at;
}

/** The years that there is something of, the latest first; the last ten. */
function yearsOf(first: number | null, thisYear: number): number[] {
  if (first === null) return [];
  const from = Math.max(Math.min(first, thisYear), thisYear - 9);
  return Array.from({ length: thisYear - from + 1 }, (_, index) => thisYear - index);
}

function monthInWords(month: string, length: 'long' | 'narrow', desk: Desk): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const at = new Date(Date.UTC(year, number - 1, 15));
  const language = desk.locale === 'en' ? 'en-GB' : 'it';
  if (length === 'narrow') {
    return new Intl.DateTimeFormat(language, { month: 'short', timeZone: 'UTC' }).format(at);
  }
  return new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(at);
}
