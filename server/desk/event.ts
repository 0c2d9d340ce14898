import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { countAnswers } from '../events/queries.ts';
import { type Format, modesOf } from '../rsvps/rules.ts';
import { countUninvited, inviteNewMembers } from './newcomers.ts';
import { deskPage } from './page.ts';
import { groupMessage, peopleGroups } from './people-view.ts';
import { findEventCounts, findEventPeople } from './queries.ts';
import { reachOf, scopedTo } from './scope.ts';
import { eventHead } from './views.ts';

const day = 86_400_000;

/** An event's own page: how it stands, who comes, and what can be done. */
export async function eventRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/', async (request, reply) => {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const head = eventHead(event, desk, now);
    if (event.state === 'draft') {
      return deskPage(request, reply, 'event-draft', { title: event.title, chapter }, { event: head });
    }
    const [counts, answers, people, uninvited] = await Promise.all([
      findEventCounts(deps.db, event.id),
      countAnswers(deps.db, event),
      findEventPeople(deps.db, event.id, now, reachOf(request)),
      countUninvited(deps.db, event, now),
    ]);
    const isOn = event.state === 'published' && !head.isOver;
    return deskPage(
      request,
      reply,
      'event',
      { title: event.title, chapter },
      {
        event: head,
        counts,
        seats: modesOf(event.format as Format).map((mode) => ({
          label: event.format === 'hybrid' ? desk.t(`desk.mode.${mode}`) : null,
          coming: answers[mode].going + answers[mode].guests,
          held: answers[mode].offered,
          capacity: mode === 'room' ? event.seatsRoom : event.seatsOnline,
          left: answers[mode].seatsLeft,
        })),
        groups: peopleGroups(event, people, desk, now),
        isOn,
        uninvited: isOn ? uninvited : 0,
        door: event.state !== 'cancelled' && event.startsAt.getTime() - now.getTime() < day,
        message: isOn ? groupMessage(event, desk, deps.links.url(`/e/${event.id}`), now) : null,
        publicUrl: `/e/${event.id}`,
        cancelReason: event.cancelReason,
      },
    );
  });

  /** Members who joined after the invitations left. */
  app.post('/invitations', async (request, reply) => {
    await inviteNewMembers(deps, scopedTo(request));
    return reply.redirect(`/desk/events/${request.deskEvent.id}?done=invited`, 303);
  });
}
