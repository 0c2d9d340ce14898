import { Type } from '@fastify/type-provider-typebox';
import type { Deps } from '../deps.ts';
import { changeEvent } from '../events/service.ts';
import { findTimeline } from '../mailings/timeline.ts';
import { actorOf, needEvent } from './auth.ts';
import { refused } from './refusals.ts';
import { type Api, answers, Id } from './shapes.ts';
import { TimelineShape, timelineView, toRules } from './timeline-shapes.ts';

const tags = ['Timeline'];
const params = Type.Object({ id: Id });

/** When which mail of an event leaves to whom. */
export async function timelineRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.get(
    '/events/:id/timeline',
    {
      schema: {
        tags,
        summary: 'The steps that an event follows',
        description: 'Its own, else those of its chapter.',
        params,
        response: answers({ 200: TimelineShape }),
      },
    },
    async (request) =>
      timelineView(await findTimeline(deps.db, await needEvent(deps, request, request.params.id))),
  );

  app.put(
    '/events/:id/timeline',
    {
      schema: {
        tags,
        summary: 'Give an event a timeline of its own',
        description:
          'What was planned by a step that stays the same stays; the rest is planned anew where the event is published. A step whose moment is over is left out.',
        params,
        body: TimelineShape,
        response: answers({ 200: TimelineShape }, 409),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const timeline = toRules(request.body);
      const outcome = await changeEvent(
        deps,
        event.id,
        {},
        { actor: actorOf(request), notify: false, timeline },
      );
      if (!outcome.ok) throw refused('wrong_state');
      return timelineView(timeline);
    },
  );
}
