import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import {
  acceptCohosting,
  askCohost,
  endCohosting,
  listAskable,
  listAsked,
  listCohosts,
} from '../../events/cohosts.ts';
import { placeInWords } from '../../events/views.ts';
import { roleInChapter } from '../../organizers/guard.ts';
import { periodInWords } from '../../web/dates.ts';
import { deskPage, fieldOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { eventHead } from '../views.ts';

/** Holding an event together with another chapter: whom to ask, and whom not any more. */
export async function cohostRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/cohosts', (request, reply) => page(request, reply, null));

  app.post('/cohosts', async (request, reply) => {
    const chapterId = fieldOf(request.body, 'chapterId');
    if (!isId(chapterId)) return page(request, reply.code(400), 'choose');
    const agreed = request.desk.chapterIds.includes(chapterId);
    const outcome = await askCohost(deps, {
      eventId: request.deskEvent.id,
      chapterId,
      actor: actorOf(request),
      agreed,
    });
    if (outcome.ok) {
      const done = agreed ? 'cohostJoined' : 'cohostAsked';
      return reply.redirect(`/desk/events/${request.deskEvent.id}/cohosts?done=${done}`, 303);
    }
    if (outcome.reason === 'not_found') return notFound(request, reply);
    return page(request, reply.code(409), outcome.reason);
  });

  /** The chapter that asked takes it back, or one that agreed steps out. */
  app.post<{ Params: { chapterId: string } }>('/cohosts/:chapterId/removal', async (request, reply) => {
    const { desk, deskEvent: event } = request;
    const { chapterId } = request.params;
    // One that holds the event too may step out; only the event's own chapter sends another away.
    const may =
      roleInChapter(desk, event.chapterId) !== null || (isId(chapterId) && roleInChapter(desk, chapterId));
    if (!isId(chapterId) || !may) return notFound(request, reply);
    const outcome = await endCohosting(deps, { eventId: event.id, chapterId, actor: actorOf(request) });
    if (!outcome.ok) return notFound(request, reply);
    const stays = [event.chapterId, ...event.cohostIds].some(
      (id) => id !== chapterId && roleInChapter(desk, id) !== null,
    );
    return reply.redirect(
      stays ? `/desk/events/${event.id}/cohosts?done=cohostLeft` : '/desk/?done=cohostLeft',
      303,
    );
  });

  async function page(request: FastifyRequest, reply: FastifyReply, problem: string | null) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const head = eventHead(event, desk, now);
    const isFirst = roleInChapter(desk, event.chapterId) !== null;
    const isOpen = (event.state === 'draft' || event.state === 'published') && !head.isOver;
    const [cohosts, askable] = await Promise.all([
      listCohosts(deps.db, event.id),
      isOpen ? listAskable(deps.db, event) : [],
    ]);
    return deskPage(
      request,
      reply,
      'cohosts',
      { title: t('gather.cohosts.title'), chapter, sheets: ['gather.css'] },
      {
        event: head,
        chapterName: chapter.name,
        problem: problem ? t(`gather.cohosts.refused.${problem}`) : null,
        cohosts: cohosts.map((cohost) => ({
          name: cohost.name,
          line: t(cohost.acceptedAt ? 'gather.cohosts.joined' : 'gather.cohosts.waiting'),
          removal:
            isFirst || roleInChapter(desk, cohost.id) ? `${head.href}/cohosts/${cohost.id}/removal` : null,
          removeLabel: t(cohost.acceptedAt ? 'gather.cohosts.remove' : 'gather.cohosts.takeBack', {
            name: cohost.name,
          }),
        })),
        askable: askable.map(({ id, name }) => ({ id, name, isHers: desk.chapterIds.includes(id) })),
        isOpen,
      },
    );
  }
}

/** What a chapter was asked: to hold another's event with it. */
export async function cohostingRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  type Params = { slug: string; eventId: string };

  app.get<{ Params: Params }>('/cohosting/:eventId', async (request, reply) => {
    const asked = await findAsked(request);
    if (!asked) return notFound(request, reply);
    const { desk, deskChapter: chapter } = request;
    const { t, locale } = desk;
    return deskPage(
      request,
      reply,
      'cohosting',
      { title: t('gather.cohosting.title'), chapter, sheets: ['gather.css'] },
      {
        action: `/desk/chapters/${chapter.slug}/cohosting/${asked.eventId}`,
        title: asked.title,
        when: periodInWords(asked.startsAt, asked.endsAt, asked.timeZone, locale, deps.clock()),
        place: placeInWords(asked, t),
        first: asked.firstName,
        askedBy: asked.askedBy,
        chapterName: chapter.name,
      },
    );
  });

  app.post<{ Params: Params }>('/cohosting/:eventId', async (request, reply) => {
    const asked = await findAsked(request);
    if (!asked) return notFound(request, reply);
    const of = { eventId: asked.eventId, chapterId: request.deskChapter.id, actor: actorOf(request) };
    if (fieldOf(request.body, 'answer') !== 'yes') {
      await endCohosting(deps, of);
      return reply.redirect('/desk/?done=cohostDeclined', 303);
    }
    const outcome = await acceptCohosting(deps, of);
    if (!outcome.ok) return notFound(request, reply);
    return reply.redirect(`/desk/events/${asked.eventId}?done=cohostJoined`, 303);
  });

  async function findAsked(request: FastifyRequest) {
    const { eventId } = request.params as Params;
    if (!isId(eventId)) return undefined;
    const asked = await listAsked(deps.db, [request.deskChapter.id], deps.clock());
    return asked.find((event) => event.eventId === eventId.toLowerCase());
  }
}
