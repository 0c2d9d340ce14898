import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { deskAccess, requireAccess } from '../organizers/access.ts';
import { clearSessionCookie, guardDesk } from '../organizers/guard.ts';
import { endSession } from '../organizers/sessions.ts';
import { answerRoutes } from './answers.ts';
import { cancellationRoutes } from './cancellation.ts';
import { cohostingRoutes } from './cohosts.ts';
import { coordinatorRoutes } from './coordinators.ts';
import { doorRoutes } from './door.ts';
import { eventRoutes } from './event.ts';
import { editEventRoutes } from './event-edit.ts';
import { newEventRoutes } from './event-new.ts';
import { chapterFiguresRoutes, eventFiguresRoutes } from './figures.ts';
import { gatherRoutes } from './gather.ts';
import { chapterHomeRoutes, homeRoutes } from './home.ts';
import { importRoutes } from './import.ts';
import { mailingRoutes } from './mailings.ts';
import { memberRoutes } from './members.ts';
import { memberListRoutes } from './members-csv.ts';
import { messageRoutes } from './message.ts';
import { messagesRoutes } from './messages.ts';
import { moreRoutes } from './more.ts';
import { networkRoutes } from './network.ts';
import { deskPage } from './page.ts';
import { personRoutes } from './people.ts';
import { personEditRoutes } from './person-edit.ts';
import { personMergeRoutes } from './person-merge.ts';
import { publicationRoutes } from './publication.ts';
import { notFound, scopeToChapter, scopeToEvent } from './scope.ts';
import { seriesRoutes } from './series.ts';
import { seriesFollowingRoutes } from './series-following.ts';
import { seriesStartRoutes } from './series-start.ts';
import { sessionRoutes } from './sessions.ts';
import { settingsRoutes } from './settings.ts';
import { chapterTextRoutes, eventTextRoutes, networkTextRoutes } from './text-pages.ts';
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
      await chapter.register(memberRoutes, { deps });
      await chapter.register(personRoutes, { deps });
      await chapter.register(personEditRoutes, { deps });
      await chapter.register(importRoutes, { deps });
      await chapter.register(memberListRoutes, { deps });
      await chapter.register(personMergeRoutes, { deps });
      await chapter.register(newEventRoutes, { deps });
      await chapter.register(seriesRoutes, { deps });
      await chapter.register(seriesFollowingRoutes, { deps });
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
      await event.register(editEventRoutes, { deps });
      await event.register(seriesStartRoutes, { deps });
      await event.register(gatherRoutes, { deps });
      await event.register(publicationRoutes, { deps });
      await event.register(cancellationRoutes, { deps });
      await event.register(answerRoutes, { deps });
      await event.register(doorRoutes, { deps });
      await event.register(mailingRoutes, { deps });
      await event.register(eventTextRoutes, { deps });
    },
    { prefix: '/events/:eventId' },
  );

  await app.register(networkRoutes, { deps, prefix: '/network' });
  await app.register(networkTextRoutes, { deps, prefix: '/network' });
}
