import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { recentlyMade, sendVersioned } from '../web/conditional.ts';
import { failurePage } from '../web/failure-page.ts';
import { findFeedHead } from './feed-queries.ts';
import { chapterAtom, chapterIcs, formatMark } from './feeds.ts';
import { listPublicEvents } from './queries.ts';
import { isSlug } from './rules.ts';

type BySlug = { Params: { slug: string } };

/** How far back a calendar remembers what took place. */
const calendarPastMs = 90 * 86_400_000;
/** More events than a chapter has; and less than would hold up everybody else. */
const mostEvents = 1000;

/**
 * The feeds of a chapter that calendars and readers fetch again and again. They may keep them, and must ask each time
 * whether they still hold: the answer to that costs one statement.
 */
export async function feedRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const { db, links } = deps;
  const made = recentlyMade(4_000_000);
  const cacheControl = 'public, no-cache';

  app.get<BySlug>('/c/:slug/calendar.ics', async (request, reply) => {
    const now = deps.clock();
    const { slug } = request.params;
    const endsAfter = new Date(now.getTime() - calendarPastMs);
    const states = ['published', 'cancelled', 'ended'];
    const chapter = isSlug(slug) ? await findFeedHead(db, { slug, endsAfter, states }) : undefined;
    if (!chapter) return failurePage(request, reply, 404);
    const { changedAt: lastModified, ...rest } = chapter;
    const version = JSON.stringify(['ics', formatMark(), links.publicUrl, rest]);
    const text = { version, lastModified, type: 'text/calendar; charset=utf-8', cacheControl };
    return sendVersioned(request, reply, text, now, () =>
      made(version, async () =>
        chapterIcs(chapter, await listPublicEvents(db, chapter.id, endsAfter, states, mostEvents), links),
      ),
    );
  });

  app.get<BySlug>('/c/:slug/feed.atom', async (request, reply) => {
    const now = deps.clock();
    const { slug } = request.params;
    const states = ['published', 'cancelled'];
    const chapter = isSlug(slug) ? await findFeedHead(db, { slug, endsAfter: now, states }) : undefined;
    if (!chapter) return failurePage(request, reply, 404);
    const { changedAt: lastModified, ...rest } = chapter;
    // It says the year only of dates that are not of this one.
    const version = JSON.stringify(['atom', formatMark(), links.publicUrl, rest, now.getUTCFullYear()]);
    const text = { version, lastModified, type: 'application/atom+xml; charset=utf-8', cacheControl };
    return sendVersioned(request, reply, text, now, () =>
      made(version, async () =>
        chapterAtom(chapter, await listPublicEvents(db, chapter.id, now, states), links, now),
      ),
    );
  });
}
