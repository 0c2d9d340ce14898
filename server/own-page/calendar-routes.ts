import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { renewFeed } from './feed.ts';
import { perOwnLink } from './page.ts';

type ByToken = { Params: { token: string } };

/** Below `/me/{token}`: another address for her calendar. */
export async function ownCalendarRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post<ByToken>('/me/:token/calendar', { config: perOwnLink }, async (request, reply) => {
    await renewFeed(deps, request.owner.person.id);
    return reply.redirect(`/me/${request.params.token}?done=saved#calendar`, 303);
  });
}
