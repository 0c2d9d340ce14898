import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { copyEvent } from '../../events/copies.ts';
import { savePrivateNotes } from '../../events/notes.ts';
import { roleInChapter } from '../../organizers/guard.ts';
import { fieldOf } from '../page.ts';
import { actorOf, notFound, reachOf } from '../scope.ts';

const longestNotes = 10_000;

/** One tap makes another event like this one. And what she notes for herself and those who manage it with her. */
export async function copyRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post('/copies', async (request, reply) => {
    const { desk, deskEvent: event } = request;
    // Whoever holds it as another's guest cannot make an event for that chapter.
    if (roleInChapter(desk, event.chapterId) === null) return notFound(request, reply);
    // Other chapters are asked afresh, those that are hers too come along.
    const cohosts = reachOf(request).filter((id) => id !== event.chapterId);
    const outcome = await copyEvent(deps, { eventId: event.id, actor: actorOf(request), cohosts });
    if (!outcome.ok) return notFound(request, reply);
    return reply.redirect(`/desk/events/${outcome.eventId}/edit?done=copied`, 303);
  });

  app.post('/notes', async (request, reply) => {
    const notes = fieldOf(request.body, 'notes').replace(/\r\n?/g, '\n').trim().slice(0, longestNotes);
    await savePrivateNotes(deps, { eventId: request.deskEvent.id, notes, actor: actorOf(request) });
    return reply.redirect(`/desk/events/${request.deskEvent.id}?done=notesSaved#private-notes`, 303);
  });
}
