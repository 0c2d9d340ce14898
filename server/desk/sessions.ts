import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { endOtherSessions, endOwnSession, listSessions } from '../organizers/sessions.ts';
import { deskPage, isId } from './page.ts';
import { notFound } from './scope.ts';
import { nearMoment } from './views.ts';

/** Where she is signed in, and how to end it from afar. */
export async function sessionRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Querystring: { ended?: string } }>('/sessions', async (request, reply) => {
    const { desk } = request;
    const now = deps.clock();
    const zone = desk.chapters[0]?.timeZone ?? 'Europe/Rome';
    const sessions = await listSessions(deps.db, desk.person.id, now);
    const done = { one: 'entry.sessions.ended', others: 'entry.sessions.endedOthers' }[
      request.query.ended ?? ''
    ];
    return deskPage(
      request,
      reply,
      'sessions',
      { title: desk.t('entry.sessions.title'), section: 'more', sheets: ['entry.css'] },
      {
        devices: sessions.map((session) => ({
          id: session.id,
          name: session.device ?? desk.t('entry.sessions.unknown'),
          isHere: session.id === desk.sessionId,
          line: [
            desk.t('entry.sessions.seen', { when: nearMoment(session.lastSeenAt, zone, desk, now) }),
            desk.t('entry.sessions.since', { when: nearMoment(session.createdAt, zone, desk, now) }),
          ].join(' · '),
        })),
        others: sessions.filter(({ id }) => id !== desk.sessionId).length,
        ...(done && { done: desk.t(done) }),
      },
    );
  });

  /** All but the one she is in. */
  app.post('/sessions', async (request, reply) => {
    const { sessionId, person } = request.desk;
    await endOtherSessions(deps.db, { sessionId, personId: person.id, now: deps.clock() });
    return reply.redirect('/desk/sessions?ended=others', 303);
  });

  app.post<{ Params: { sessionId: string } }>('/sessions/:sessionId', async (request, reply) => {
    const { sessionId } = request.params;
    const of = { sessionId, personId: request.desk.person.id, now: deps.clock() };
    if (!isId(sessionId) || !(await endOwnSession(deps.db, of))) return notFound(request, reply);
    return reply.redirect('/desk/sessions?ended=one', 303);
  });
}
