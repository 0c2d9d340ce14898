import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findDayHold } from '../deliveries/allowance.ts';
import type { Deps } from '../deps.ts';
import { listAsked } from '../events/cohosts.ts';
import { lastMoment } from '../followups/rules.ts';
import type { HolidayNames } from '../holidays/calendar.ts';
import { countWaiting } from '../joining/queries.ts';
import { listFailedMessages } from '../messages/queries.ts';
import type { Desk, DeskChapter } from '../organizers/guard.ts';
import { listAskedAbout } from '../series/holiday-digest.ts';
import { dateInWords, dayInWords, isoDay } from '../web/dates.ts';
import { baseOf } from './mail/messages.ts';
import { type ByMode, countByMode } from './mode-queries.ts';
import { deskPage } from './page.ts';
import { anyOf, countDue, findAttention, findComing, findPast, type ListedEvent } from './queries.ts';
import { eventHead, exactMoment, nearMoment, othersInWords } from './views.ts';

type Query = { past?: string };

/** The desk's first page: what is to come, what needs a look, what is over. */
export async function homeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: Query }>('/', async (request, reply) => {
    const { desk } = request;
    // An administrator without a chapter of her own begins with all of them.
    if (desk.isAdministrator && desk.chapters.length + desk.hosted.length === 0) {
      return reply.redirect('/desk/network', 303);
    }
    return sendHome(request, reply, deps, desk);
  });
}

/** The same for one chapter, which is how an administrator steps into any of them. */
export async function chapterHomeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: Query }>('/', async (request, reply) => {
    const { desk, deskChapter: chapter } = request;
    const within = { ...desk, chapters: [chapter], chapterIds: [chapter.id], hosted: [] };
    return sendHome(request, reply, deps, within, chapter);
  });
}

async function sendHome(
  request: FastifyRequest<{ Querystring: Query }>,
  reply: FastifyReply,
  deps: Deps,
  desk: Desk,
  chapter?: DeskChapter,
) {
  const now = deps.clock();
  const showAll = request.query.past === 'all';
  const [coming, past, attention, messages, members, asked, waiting, held, holidays] = await Promise.all([
    findComing(deps.db, desk.chapterIds, now),
    findPast(deps.db, desk.chapterIds, now, showAll ? 500 : 6),
    findAttention(deps.db, desk.chapterIds, now),
    listFailedMessages(deps.db, desk.chapterIds, new Date(now.getTime() - 14 * 86_400_000)),
    countMembers(deps, desk.chapterIds),
    listAsked(deps.db, desk.chapterIds, now),
    countWaiting(deps.db, desk.chapterIds),
    findHeld(deps, desk.chapterIds, now),
    listAskedAbout(deps.db, desk.chapterIds, now),
  ]);
  const byMode = await countByMode(deps.db, [...coming, ...past]);
  const several = desk.chapters.length > 1;
  const groups = desk.chapters.map((chapter) => ({
    name: several ? chapter.name : null,
    newUrl: `/desk/chapters/${chapter.slug}/events/new`,
    membersUrl: `/desk/chapters/${chapter.slug}/members`,
    members: members.get(chapter.id) ?? 0,
    coming: coming
      .filter((event) => groupOf(event, desk) === chapter.id)
      .map((event) => listed(event, byMode.get(event.id), desk, now)),
    past: past
      .filter((event) => groupOf(event, desk) === chapter.id)
      .map((event) => listed(event, byMode.get(event.id), desk, now)),
  }));
  return deskPage(
    request,
    reply,
    'home',
    { title: desk.t('desk.home.title'), ...(chapter && { chapter }) },
    {
      name: desk.person.firstName,
      hosted: desk.hosted.map((event) => ({
        title: event.title,
        when: exactMoment(event.startsAt, event.timeZone, desk, now),
        href: `/desk/events/${event.eventId}/door`,
      })),
      groups,
      attention: [
        ...askedLines(asked, desk, now),
        ...holidays.map((event) => ({
          text: desk.t('recurring.holiday.attention', {
            title: event.title,
            when: dayInWords(event.startsAt, event.timeZone, desk.locale, now),
            name: (event.holiday as HolidayNames)[desk.locale],
          }),
          href: `/desk/events/${event.id}`,
        })),
        ...waiting.map(({ slug, count, since }) => ({
          text: desk.t('joining.waiting', {
            count,
            when: dateInWords(since, desk.chapters[0]?.timeZone ?? 'Europe/Rome', desk.locale),
          }),
          href: `/desk/chapters/${slug}/requests`,
        })),
        ...attentionLines(attention, desk, now, held),
        ...messages.map(({ id, slug, subject, count }) => ({
          text: desk.t('letter.attention', { subject, count }),
          href: `${baseOf({ slug })}/${id}`,
        })),
      ],
      more:
        !showAll && past.length === 6
          ? `${chapter ? `/desk/chapters/${chapter.slug}` : '/desk'}/?past=all`
          : null,
    },
  );
}

/** What the limit of a day holds back of these chapters, and until when. */
async function findHeld(deps: Deps, chapterIds: readonly string[], now: Date) {
  const hold = await findDayHold(deps.db, deps.config.mailDailyLimit, now);
  const count = hold ? await countDue(deps.db, chapterIds, now) : 0;
  return hold && count > 0 ? { count, until: hold.until } : null;
}

async function countMembers(deps: Deps, chapterIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await deps.db
    .selectFrom('memberships')
    .select(['chapterId', (select) => select.fn.count<number>('personId').distinct().as('count')])
    .where('chapterId', '=', anyOf(chapterIds))
    .where((where) => where.or([where('endsAt', 'is', null), where('endsAt', '>', deps.clock())]))
    .groupBy('chapterId')
    .execute();
  return new Map(rows.map((row) => [row.chapterId, row.count]));
}

/** Where an event stands on her page: under its own chapter if that is hers, else under the first that holds it too. */
function groupOf(event: ListedEvent, desk: Desk): string | undefined {
  return [event.chapterId, ...event.cohostIds].find((id) => desk.chapterIds.includes(id));
}

function listed(event: ListedEvent, byMode: ByMode | undefined, desk: Desk, now: Date) {
  const { t } = desk;
  const head = eventHead(event, desk, now);
  const isToday = isoDay(event.startsAt, event.timeZone) === isoDay(now, event.timeZone);
  const toDeclare =
    event.state !== 'draft' && event.state !== 'cancelled' && head.isOver && !isDeclared(event);
  const toFollowUp =
    event.state !== 'draft' &&
    event.state !== 'cancelled' &&
    head.isOver &&
    isDeclared(event) &&
    event.followedUpAt === null &&
    now <= lastMoment(event);
  return {
    ...head,
    ...linesOf(event, byMode, head, t),
    // On the day, and until she has said who came, the door is one tap away.
    door:
      (event.state === 'published' && isToday) || (toDeclare && isRecent(event, now))
        ? `${head.href}/door`
        : toFollowUp
          ? `${head.href}/follow-up`
          : null,
    doorLabel: toDeclare ? t('desk.home.whoCame') : toFollowUp ? t('followup.link') : t('desk.home.door'),
  };
}

/** What stands out, and the rest. */
function linesOf(
  event: ListedEvent,
  byMode: ByMode | undefined,
  head: { isOver: boolean; publishes: string | null },
  t: Desk['t'],
): { lead: string | null; line: string | null } {
  const { counts } = event;
  const { isOver } = head;
  if (event.state === 'draft') return { lead: null, line: head.publishes ?? t('desk.home.draftLine') };
  if (event.state === 'cancelled') return { lead: null, line: t('desk.home.cancelledLine') };
  if (isOver && counts.present > 0) {
    const lead = byMode
      ? t('desk.counts.presentByMode', byMode.present)
      : t('desk.counts.present', { count: counts.present });
    return { lead, line: null };
  }
  const lead =
    byMode && counts.going > 0
      ? t('desk.counts.byMode', byMode.going)
      : t('desk.counts.going', { count: counts.going, guests: counts.guests });
  return { lead, line: isOver ? null : othersInWords(counts, t) };
}

function isDeclared(event: ListedEvent): boolean {
  const room = event.format === 'online' || event.roomCompleteAt !== null;
  const online = event.format === 'in_person' || event.onlineCompleteAt !== null;
  return room && online;
}

function isRecent(event: ListedEvent, now: Date): boolean {
  return now.getTime() - event.endsAt.getTime() < 14 * 86_400_000;
}

/** What other chapters ask hers. */
function askedLines(asked: Awaited<ReturnType<typeof listAsked>>, desk: Desk, now: Date) {
  return asked.map((event) => ({
    text: desk.t('gather.cohosting.attention', {
      first: event.firstName,
      title: event.title,
      when: exactMoment(event.startsAt, event.timeZone, desk, now),
    }),
    href: `/desk/chapters/${event.slug}/cohosting/${event.eventId}`,
  }));
}

function attentionLines(
  attention: Awaited<ReturnType<typeof findAttention>>,
  desk: Desk,
  now: Date,
  held: { count: number; until: Date } | null,
) {
  const { t } = desk;
  const zone = desk.chapters[0]?.timeZone ?? 'UTC';
  const lines: { text: string; href: string | null }[] = [];
  if (held) {
    const until = nearMoment(held.until, zone, desk, now);
    lines.push({ text: t('desk.attention.dayLimit', { count: held.count, until }), href: null });
  }
  if (attention.late?.since) {
    const { count, since, next } = attention.late;
    lines.push({
      text: t('desk.attention.late', {
        count,
        since: nearMoment(since, zone, desk, now),
        next: next ? nearMoment(next, zone, desk, now) : '',
      }),
      href: null,
    });
  }
  for (const { eventId, title, count } of attention.failed) {
    lines.push({
      text: t('desk.attention.failed', { title, count }),
      href: `/desk/events/${eventId}/mailings`,
    });
  }
  for (const mailing of attention.mailings) {
    const kind = t(`desk.kind.${mailing.kind}`);
    const when = exactMoment(mailing.dueAt, mailing.timeZone, desk, now);
    const key = mailing.state === 'held' ? 'held' : 'missed';
    lines.push({
      text: t(`desk.attention.${key}`, { kind, title: mailing.title, when }),
      href: `/desk/events/${mailing.eventId}/mailings`,
    });
  }
  return lines;
}
