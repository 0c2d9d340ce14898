import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { deskAccess, requireAccess } from '../organizers/access.ts';
import { clearSessionCookie, guardDesk } from '../organizers/guard.ts';
import { endSession } from '../organizers/sessions.ts';
import { answerRoutes } from './answers/answers.ts';
import { coordinatorRoutes } from './coordinators.ts';
import { doorRoutes } from './door/door.ts';
import { roomCodeRoutes } from './door/room-code.ts';
import { cancellationRoutes } from './events/cancellation.ts';
import { cohostingRoutes } from './events/cohosts.ts';
import { eventRoutes } from './events/event.ts';
import { editEventRoutes } from './events/event-edit.ts';
import { newEventRoutes } from './events/event-new.ts';
import { followUpRoutes } from './events/follow-up.ts';
import { followUpAddedRoutes } from './events/follow-up-added.ts';
import { gatherRoutes } from './events/gather.ts';
import { holidayRoutes } from './events/holiday.ts';
import { publicationRoutes } from './events/publication.ts';
import { roundRoutes } from './events/round.ts';
import { seriesRoutes } from './events/series.ts';
import { seriesFollowingRoutes } from './events/series-following.ts';
import { seriesRestRoutes } from './events/series-rest.ts';
import { seriesStartRoutes } from './events/series-start.ts';
import { tableRoutes } from './events/tables.ts';
import { welcomeRoutes } from './events/welcomes.ts';
import { feedbackResultRoutes, feedbackSettingsRoutes } from './feedback.ts';
import { chapterFiguresRoutes, eventFiguresRoutes } from './figures.ts';
import { chapterHomeRoutes, homeRoutes } from './home.ts';
import { joiningRoutes } from './joining.ts';
import { mailingRoutes } from './mail/mailings.ts';
import { messageRoutes } from './mail/message.ts';
import { messagesRoutes } from './mail/messages.ts';
import { chapterTextRoutes, eventTextRoutes, networkTextRoutes } from './mail/text-pages.ts';
import { moreRoutes } from './more.ts';
import { networkRoutes } from './network.ts';
import { networkNumbersRoutes } from './network-numbers.ts';
import { deskPage } from './page.ts';
import { directoryDeskRoutes } from './people/directory.ts';
import { importRoutes } from './people/import.ts';
import { introductionDeskRoutes } from './people/introductions.ts';
import { memberRoutes } from './people/members.ts';
import { memberListRoutes } from './people/members-csv.ts';
import { personRoutes } from './people/people.ts';
import { personEditRoutes } from './people/person-edit.ts';
import { personMergeRoutes } from './people/person-merge.ts';
import { joinRequestRoutes } from './people/requests.ts';
import { tieRoutes } from './people/ties.ts';
import { retentionRoutes } from './retention.ts';
import { notFound, scopeToChapter, scopeToEvent } from './scope.ts';
import { sessionRoutes } from './sessions.ts';
import { settingsRoutes } from './settings.ts';
import { readUploads } from './uploads.ts';

/** The coordinator's desk, guarded once for all of it. */
export async function deskRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  requireAccess(app, deskAccess);
  await readUploads(app);
  await guardDesk(app, deps);
  app.setNotFoundHandler((request, reply) =>
    request.desk ? notFound(request, reply) : reply.redirect('/sign-in', 303),
  );

  app.post('/sign-out', async (request, reply) => {
    await endSession(deps.db, request.desk.sessionId, deps.clock());
    clearSessionCookie(reply, deps);
    return reply.redirect('/sign-in', 303);
  });
  app.get('/help', (request, reply) =>
    deskPage(request, reply, 'help', { title: request.desk.t('desk.help.title'), section: 'more' }),
  );
  await app.register(homeRoutes, { deps });
  await app.register(sessionRoutes, { deps });

  await app.register(
    async (chapter) => {
      scopeToChapter(chapter, deps);
      await chapter.register(moreRoutes);
      await chapter.register(chapterHomeRoutes, { deps });
      await chapter.register(coordinatorRoutes, { deps });
      await chapter.register(settingsRoutes, { deps });
      await chapter.register(joiningRoutes, { deps });
      await chapter.register(feedbackSettingsRoutes, { deps });
      await chapter.register(memberRoutes, { deps });
      await chapter.register(personRoutes, { deps });
      await chapter.register(personEditRoutes, { deps });
      await chapter.register(importRoutes, { deps });
      await chapter.register(memberListRoutes, { deps });
      await chapter.register(personMergeRoutes, { deps });
      await chapter.register(directoryDeskRoutes, { deps });
      await chapter.register(introductionDeskRoutes, { deps });
      await chapter.register(joinRequestRoutes, { deps });
      await chapter.register(tieRoutes, { deps });
      await chapter.register(newEventRoutes, { deps });
      await chapter.register(seriesRoutes, { deps });
      await chapter.register(seriesFollowingRoutes, { deps });
      await chapter.register(seriesRestRoutes, { deps });
      await chapter.register(chapterTextRoutes, { deps });
      await chapter.register(cohostingRoutes, { deps });
      await chapter.register(chapterFiguresRoutes, { deps });
      await chapter.register(messagesRoutes, { deps });
      await chapter.register(messageRoutes, { deps, prefix: '/messages/:messageId' });
    },
    { prefix: '/chapters/:slug' },
  );

  await app.register(
    async (event) => {
      scopeToEvent(event, deps);
      await event.register(eventRoutes, { deps });
      await event.register(eventFiguresRoutes, { deps });
      await event.register(tableRoutes, { deps });
      await event.register(welcomeRoutes, { deps });
      await event.register(roundRoutes, { deps });
      await event.register(feedbackResultRoutes, { deps });
      await event.register(editEventRoutes, { deps });
      await event.register(seriesStartRoutes, { deps });
      await event.register(holidayRoutes, { deps });
      await event.register(gatherRoutes, { deps });
      await event.register(publicationRoutes, { deps });
      await event.register(cancellationRoutes, { deps });
      await event.register(answerRoutes, { deps });
      await event.register(doorRoutes, { deps });
      await event.register(roomCodeRoutes, { deps });
      await event.register(mailingRoutes, { deps });
      await event.register(followUpRoutes, { deps });
      await event.register(followUpAddedRoutes, { deps });
      await event.register(eventTextRoutes, { deps });
    },
    { prefix: '/events/:eventId' },
  );

  await app.register(networkRoutes, { deps, prefix: '/network' });
  await app.register(retentionRoutes, { deps, prefix: '/network' });
  await app.register(networkNumbersRoutes, { deps, prefix: '/network' });
  await app.register(networkTextRoutes, { deps, prefix: '/network' });
}
