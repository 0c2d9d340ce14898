import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { sendVersioned } from '../web/conditional.ts';
import { failurePage } from '../web/failure-page.ts';
import { openFeed, writeFeed } from './feed.ts';

/**
 * `/cal/{token}/calendar.ics`: one person's own calendar, for the programs that fetch it. No limit of requests: a
 * calendar asks as often as it likes, and an answer is cheap.
 */
export async function feedRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get<{ Params: { token: string } }>('/cal/:token/calendar.ics', async (request, reply) => {
    reply.headers({
      'referrer-policy': 'same-origin',
      'x-robots-tag': 'noindex',
      'cache-control': 'no-store',
    });
    const owner = await openFeed(deps, request.params.token);
    if (!owner) return failurePage(request, reply, 404);
    const text = await writeFeed(deps, owner);
    // What she takes back leaves no date behind: the text alone says whether it is another.
    const feed = { version: text, lastModified: null, type: 'text/calendar; charset=utf-8' };
    return sendVersioned(
      request,
      reply,
      { ...feed, cacheControl: 'private, no-cache' },
      deps.clock(),
      () => ({
        text,
        zipped: null,
      }),
    );
  });
}
