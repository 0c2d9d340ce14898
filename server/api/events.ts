import { Type } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Deps } from '../deps.ts';
import {
  cancelEvent,
  changeEvent,
  createEvent,
  type EventDetails,
  type EventOutcome,
  type NewEvent,
  publishEvent,
} from '../events/service.ts';
import { actorOf, needChapter, needEvent, notFound } from './auth.ts';
import { readEventInput } from './event-input.ts';
import { EventChangesBody, EventShape, NewEventBody } from './event-shapes.ts';
import { eventView } from './event-views.ts';
import { describeEventProblem, refused } from './refusals.ts';
import { type Api, answers, Body, Id, nullable } from './shapes.ts';
import { InvalidInput } from './validation.ts';

const tags = ['Events'];
const params = Type.Object({ id: Id });
const Reason = Type.Optional(
  nullable(Type.String({ maxLength: 1000, description: 'Why, in words for the members.' })),
);

/** Making, changing, publishing and cancelling events. */
export async function eventRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.post(
    '/chapters/:slug/events',
    {
      attachValidation: true,
      schema: {
        tags,
        summary: 'Make a draft',
        description: 'Nobody hears of a draft before it is published.',
        params: Type.Object({ slug: Type.String() }),
        body: NewEventBody,
        response: answers({ 201: EventShape }),
      },
    },
    async (request, reply) => {
      const chapter = await needChapter(deps, request, request.params.slug);
      const { details, timeline } = readEventInput(request.body, request.validationError, chapter);
      const input = { timeZone: chapter.timeZone, ...details } as NewEvent;
      const outcome = await createEvent(deps, chapter.id, input, actorOf(request), timeline);
      const view = await shown(request, outcome);
      return reply.code(201).header('location', `/api/v1/events/${view.id}`).send(view);
    },
  );

  app.get(
    '/events/:id',
    {
      schema: {
        tags,
        summary: 'An event and how it is answered',
        params,
        response: answers({ 200: EventShape }),
      },
    },
    async (request) => eventView(deps, await needEvent(deps, request, request.params.id)),
  );

  app.patch(
    '/events/:id',
    {
      attachValidation: true,
      schema: {
        tags,
        summary: 'Change an event',
        description:
          'A change of time, place or format of a published event plans one `update` to those who are going, undecided, waiting or offered a seat, unless `notify` is false. Where only the place of a hybrid event changes, it goes to those in the room and the undecided; where only the join link does, to those confirmed online. A format that no longer has a way of taking part moves those who had chosen it to the other one, or is refused (`seats_taken`). Null clears an optional field.',
        params,
        body: EventChangesBody,
        response: answers({ 200: EventShape }, 409),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const { details, timeline, notify } = readEventInput(
        request.body,
        request.validationError,
        event as typeof event & EventDetails,
      );
      if (Object.keys(details).length === 0 && !timeline) return eventView(deps, event);
      const options = { actor: actorOf(request), notify, ...(timeline && { timeline }) };
      return shown(request, await changeEvent(deps, event.id, details, options));
    },
  );

  app.post(
    '/events/:id/publication',
    {
      schema: {
        tags,
        summary: 'Publish a draft',
        description: 'Its members are invited and its timeline is planned. Again, it changes nothing.',
        params,
        body: Body({ reason: Reason }),
        response: answers({ 200: EventShape }, 409),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      return shown(request, await publishEvent(deps, event.id, { actor: actorOf(request) }));
    },
  );

  app.post(
    '/events/:id/cancellation',
    {
      schema: {
        tags,
        summary: 'Cancel an event',
        description:
          'What was planned is called off, and one `cancellation` goes to everybody who has not declined, unless `notify` is false. Again, it changes nothing.',
        params,
        body: Body({ reason: Reason, notify: Type.Optional(Type.Boolean()) }),
        response: answers({ 200: EventShape }, 409),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const { reason, notify = true } = request.body;
      const options = { actor: actorOf(request), reason: reason || null, notify };
      return shown(request, await cancelEvent(deps, event.id, options));
    },
  );

  /** What a use case made of an event, as it now stands. */
  async function shown(request: FastifyRequest, outcome: EventOutcome) {
    if (outcome.ok) return eventView(deps, await needEvent(deps, request, outcome.event.id));
    if (outcome.reason === 'invalid') throw new InvalidInput(outcome.problems.map(describeEventProblem));
    if (outcome.reason === 'not_found') throw notFound('event');
    throw refused(outcome.reason);
  }
}
