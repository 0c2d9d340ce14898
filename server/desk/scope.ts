import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import type { DeskChapter } from '../organizers/guard.ts';
import { deskPage, isId } from './page.ts';
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
    const event = isId(eventId) ? await findDeskEvent(deps.db, eventId, request.desk.chapterIds) : undefined;
    const chapter = request.desk.chapters.find(({ id }) => id === event?.chapterId);
    if (!event || !chapter) return notFound(request, reply);
    request.deskEvent = event;
    request.deskChapter = chapter;
  });
}

/** Everything under `/chapters/:slug`. */
export function scopeToChapter(app: FastifyInstance): void {
  app.decorateRequest('deskChapter');
  app.addHook('preHandler', async (request, reply) => {
    const { slug } = request.params as { slug: string };
    const chapter = request.desk.chapters.find((known) => known.slug === slug);
    if (!chapter) return notFound(request, reply);
    request.deskChapter = chapter;
  });
}

export function notFound(request: FastifyRequest, reply: Parameters<typeof deskPage>[1]) {
  return deskPage(request, reply.code(404), 'not-found', { title: request.desk.t('desk.notFound.title') });
}

/** The event that a use case is about, and who asks for it. */
export function scopedTo(request: FastifyRequest) {
  return { eventId: request.deskEvent.id, actor: actorOf(request) };
}

/** She who does something at the desk, for the record. */
export function actorOf(request: FastifyRequest) {
  return { kind: 'person', id: request.desk.person.id } as const;
}
