import { Type } from '@fastify/type-provider-typebox';
import type { Deps } from '../deps.ts';
import { readAddress } from '../people/rules.ts';
import { findAnswer, listAnswers } from '../rsvps/list.ts';
import { answerForMember } from '../rsvps/on-behalf.ts';
import type { Guest } from '../rsvps/queries.ts';
import { isId, needEvent, notFound } from './auth.ts';
import { RsvpShape } from './event-shapes.ts';
import { rsvpView } from './event-views.ts';
import { PageQuery, readPage } from './paging.ts';
import { refused } from './refusals.ts';
import { type Api, answers, Body, Choice, Id, List, ModeChoice } from './shapes.ts';

const tags = ['Answers'];
const mostGuests = 20;

const GuestShape = Body({
  name: Type.String({ maxLength: 100 }),
  email: Type.Optional(Type.String({ format: 'email', maxLength: 254 })),
});
/** A number or a list, as one schema: a wrong guest is named as such, and not as a wrong number too. */
const Guests = Type.Unsafe<number | { name: string; email?: string }[]>({
  type: ['integer', 'array'],
  minimum: 0,
  maximum: mostGuests,
  maxItems: mostGuests,
  items: GuestShape,
  description: 'How many come with her, or who. Left out, it stays as it was.',
});

/** Who is invited, what they answered, and answering for somebody who phoned. */
export async function rsvpRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.get(
    '/events/:id/rsvps',
    {
      schema: {
        tags,
        summary: 'Who is invited and what they answered',
        params: Type.Object({ id: Id }),
        querystring: PageQuery,
        response: answers({ 200: List(RsvpShape) }),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const page = await readPage(request.query, (at) => listAnswers(deps.db, event.id, at));
      return { ...page, items: page.items.map((row) => rsvpView(deps.links, row, request.caller)) };
    },
  );

  app.put(
    '/events/:id/rsvps/:personId',
    {
      schema: {
        tags,
        summary: 'Answer for somebody',
        description:
          'As a coordinator does for someone who phoned, until the end of the event. Somebody of the chapter who is not invited yet becomes so.',
        params: Type.Object({ id: Id, personId: Id }),
        body: Body({
          answer: Choice(['yes', 'maybe', 'no']),
          mode: Type.Optional(ModeChoice),
          guests: Type.Optional(Guests),
        }),
        response: answers({ 200: RsvpShape }, 409),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const { personId } = request.params;
      if (!isId(personId)) throw notFound('person');
      const { answer, mode, guests } = request.body;
      const outcome = await answerForMember(deps, {
        eventId: event.id,
        personId,
        answer,
        mode,
        guests: Array.isArray(guests) ? guests.map(readGuest) : guests,
      });
      if (!outcome.ok) throw outcome.reason === 'not_found' ? notFound('person') : refused(outcome.reason);
      const row = await findAnswer(deps.db, event.id, personId);
      if (!row) throw notFound('person');
      return rsvpView(deps.links, row, request.caller);
    },
  );
}

function readGuest(guest: { name: string; email?: string }): Guest {
  const email = guest.email === undefined ? null : readAddress(guest.email);
  return { name: guest.name.trim(), ...(email && { email }) };
}
