import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Deps } from '../../deps.ts';
import { saveLine } from '../../followups/lines.ts';
import { addLink, nameInPhoto, readLink, removeLink } from '../../followups/links.ts';
import { savePitches } from '../../followups/pitches.ts';
import { type Done, fieldOf, fieldsOf, isId } from '../page.ts';
import { notFound, scopedTo } from '../scope.ts';
import { showFollowUp } from './follow-up.ts';

/** What she adds after an event: a line to somebody, photos and links, who presented herself. */
export async function followUpAddedRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post<{ Params: { personId: string } }>('/follow-up/lines/:personId', async (request, reply) => {
    const { personId } = request.params;
    if (!isId(personId)) return notFound(request, reply);
    const text = fieldOf(request.body, 'text');
    const outcome = await saveLine(deps, { ...scopedTo(request), personId, text });
    if (!outcome.ok) {
      if (outcome.reason === 'not_found') return notFound(request, reply);
      const code = outcome.reason === 'too_long' ? 400 : 409;
      return showFollowUp(deps, request, reply.code(code), {
        field: 'line',
        reason: outcome.reason,
        personId,
        text,
      });
    }
    return back(reply, request.deskEvent.id, outcome.removed ? 'lineRemoved' : 'lineSaved', `p-${personId}`);
  });

  app.post('/follow-up/links', async (request, reply) => {
    const { deskEvent: event } = request;
    const typed = {
      kind: fieldOf(request.body, 'kind'),
      url: fieldOf(request.body, 'url'),
      title: fieldOf(request.body, 'title'),
    };
    const read = readLink(typed);
    const personIds = fieldsOf(request.body, 'person').filter(isId);
    if (!read.ok) {
      const { field, reason } = read.problem;
      return showFollowUp(deps, request, reply.code(400), { field, reason, link: { ...typed, personIds } });
    }
    const outcome = await addLink(deps, scopedTo(request), { ...read.link, personIds });
    if (outcome.ok) return back(reply, event.id, 'linkAdded', 'recap');
    if (outcome.reason === 'not_found') return notFound(request, reply);
    return showFollowUp(deps, request, reply.code(409), {
      field: 'url',
      reason: outcome.reason,
      link: { ...typed, personIds },
    });
  });

  app.post<{ Params: { linkId: string } }>('/follow-up/links/:linkId', async (request, reply) => {
    const { linkId } = request.params;
    if (!isId(linkId)) return notFound(request, reply);
    const isRemoval = fieldOf(request.body, 'act') === 'remove';
    const personIds = fieldsOf(request.body, 'person').filter(isId);
    const outcome = isRemoval
      ? await removeLink(deps, scopedTo(request), linkId)
      : await nameInPhoto(deps, scopedTo(request), { linkId, personIds });
    if (!outcome.ok) return notFound(request, reply);
    return back(reply, request.deskEvent.id, isRemoval ? 'linkRemoved' : 'saved', 'recap');
  });

  app.post('/follow-up/pitches', async (request, reply) => {
    const personIds = fieldsOf(request.body, 'person').filter(isId);
    const outcome = await savePitches(deps, { ...scopedTo(request), personIds });
    if (!outcome.ok) return notFound(request, reply);
    return back(reply, request.deskEvent.id, 'pitchesSaved', 'pitches');
  });

  function back(reply: FastifyReply, eventId: string, done: Done, part: string) {
    return reply.redirect(`/desk/events/${eventId}/follow-up?done=${done}#${part}`, 303);
  }
}
