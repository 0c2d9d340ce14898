import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { cancelEvent } from '../../events/service.ts';
import { countAudience } from '../../mailings/queries.ts';
import { deskPage, fieldOf } from '../page.ts';
import { actorOf } from '../scope.ts';
import { eventHead } from '../views.ts';

const longestReason = 1000;

type Typed = { reason: string; notify: string; sure: string };

/** Cancelling an event: why, whom to tell, and a tick that says she means it. */
export async function cancellationRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/cancellation', (request, reply) => {
    const { deskEvent: event } = request;
    if (event.state !== 'draft' && event.state !== 'published')
      return reply.redirect(`/desk/events/${event.id}`, 303);
    return page(request, reply, { reason: '', notify: 'yes', sure: '' }, null);
  });

  app.post('/cancellation', async (request, reply) => {
    const event = request.deskEvent;
    const typed: Typed = {
      reason: fieldOf(request.body, 'reason').trim(),
      notify: fieldOf(request.body, 'notify'),
      sure: fieldOf(request.body, 'sure'),
    };
    if (typed.reason.length > longestReason) return page(request, reply.code(400), typed, 'reason');
    if (typed.sure !== 'yes') return page(request, reply.code(400), typed, 'sure');
    const outcome = await cancelEvent(deps, event.id, {
      actor: actorOf(request),
      reason: typed.reason || null,
      notify: typed.notify === 'yes',
    });
    if (!outcome.ok) return page(request, reply.code(409), typed, 'refused');
    if (event.state === 'draft') return reply.redirect('/desk/?done=dropped', 303);
    return reply.redirect(`/desk/events/${event.id}?done=cancelled`, 303);
  });

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    typed: Typed,
    wrong: 'reason' | 'sure' | 'refused' | null,
  ) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const count =
      event.state === 'published'
        ? await countAudience(deps.db, event.id, 'not_declined', 'cancellation')
        : 0;
    return deskPage(
      request,
      reply,
      'cancellation',
      { title: desk.t('desk.cancel.title'), chapter },
      {
        event: eventHead(event, desk, deps.clock()),
        typed,
        wrong,
        count,
        back: `/desk/events/${event.id}`,
        rest:
          event.seriesId && event.startsAt > deps.clock()
            ? `/desk/chapters/${chapter.slug}/series/${event.seriesId}/rest?from=${event.id}`
            : null,
      },
    );
  }
}
