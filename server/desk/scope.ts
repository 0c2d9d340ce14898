import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import { mayUse } from '../organizers/access.ts';
import { type DeskChapter, roleAtEvent, roleInChapter } from '../organizers/guard.ts';
import { deskPage, isId, isSlug } from './page.ts';
import { type DeskEvent, findDeskEvent } from './queries.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The event that the address names, set by `scopeToEvent`. */
    deskEvent: DeskEvent;
    /** The chapter that the address names, or to which its event belongs. */
    deskChapter: DeskChapter;
  }
}

/** Everything under `/events/:eventId`: one hook says whether the event is hers. A foreign one does not exist. */
export function scopeToEvent(app: FastifyInstance, deps: Deps): void {
  app.decorateRequest('deskEvent');
  app.decorateRequest('deskChapter');
  app.addHook('preHandler', async (request, reply) => {
    const { eventId } = request.params as { eventId: string };
    const event = isId(eventId) ? await findDeskEvent(deps.db, eventId) : undefined;
    if (!event || !mayUse(request, roleAtEvent(request.desk, event))) return notFound(request, reply);
    request.deskEvent = event;
    request.deskChapter = (await findChapter(deps, request, 'id', event.chapterId)) as DeskChapter;
  });
}

/** Everything under `/chapters/:slug`. */
export function scopeToChapter(app: FastifyInstance, deps: Deps): void {
  app.decorateRequest('deskChapter');
  app.addHook('preHandler', async (request, reply) => {
    const { slug } = request.params as { slug: string };
    const chapter = isSlug(slug) ? await findChapter(deps, request, 'slug', slug) : undefined;
    if (!chapter || !mayUse(request, roleInChapter(request.desk, chapter.id)))
      return notFound(request, reply);
    request.deskChapter = chapter;
  });
}

/** A chapter: hers is at hand, another's is looked up for whoever may see more than hers. */
async function findChapter(
  deps: Deps,
  request: FastifyRequest,
  by: 'id' | 'slug',
  value: string,
): Promise<DeskChapter | undefined> {
  const own = request.desk.chapters.find((chapter) => chapter[by] === value);
  return own ?? deps.db.selectFrom('chapters').selectAll().where(by, '=', value).executeTakeFirst();
}

export function notFound(request: FastifyRequest, reply: Parameters<typeof deskPage>[1]) {
  return deskPage(request, reply.code(404), 'not-found', { title: request.desk.t('desk.notFound.title') });
}

/** The event that a use case is about, and who asks for it. */
export function scopedTo(request: FastifyRequest) {
  return { eventId: request.deskEvent.id, actor: actorOf(request) };
}

/** Those of the event's chapters that are hers: whose people she may write to and call. */
export function reachOf({ desk, deskEvent: event }: FastifyRequest): string[] {
  return [event.chapterId, ...event.cohostIds].filter((id) => roleInChapter(desk, id) !== null);
}

/** She who does something at the desk, for the record. */
export function actorOf(request: FastifyRequest) {
  return { kind: 'person', id: request.desk.person.id } as const;
}
