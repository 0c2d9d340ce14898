import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Deps } from '../../deps.ts';
import { searchMembers } from '../../events/hosts.ts';
import { firstWords } from '../../messages/check.ts';
import { createMessage } from '../../messages/service.ts';
import { readAddress, tidyName } from '../../people/rules.ts';
import { answerForMember } from '../../rsvps/on-behalf.ts';
import { addByName, changePlace, type PlaceAction, placeActions } from '../../rsvps/queue.ts';
import { type Format, modesOf } from '../../rsvps/rules.ts';
import { showEvent } from '../events/event.ts';
import { deskPage, fieldOf, fieldsOf, isId } from '../page.ts';
import { findEventPeople } from '../queries.ts';
import { actorOf, notFound, reachOf } from '../scope.ts';
import { eventHead, fullName } from '../views.ts';

type Typed = { q: string; name: string; email: string };
type Problem = { field: 'name' | 'email' | 'page'; reason: string };

/** Seats and places by hand: for one person, for those who are ticked, and for somebody who is not there yet. */
export async function placeRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.post('/selection', async (request, reply) => {
    const { desk, deskEvent: event } = request;
    const { t } = desk;
    // One tap beside a name says both: "first:3f…".
    const [onlyAction, onlyId] = fieldOf(request.body, 'only').split(':');
    const wanted = onlyId ? onlyAction : fieldOf(request.body, 'act');
    const action = placeActions.find((known) => known === wanted);
    const chosen = new Set(
      (onlyId ? [onlyId] : fieldsOf(request.body, 'person')).map((id) => id.toLowerCase()),
    );
    if (!action && wanted !== 'write') return notFound(request, reply);
    if (chosen.size === 0) return showEvent(deps, request, reply.code(400), t('gather.places.nobody'));
    const people = (await findEventPeople(deps.db, event.id, deps.clock())).filter(({ id }) =>
      chosen.has(id),
    );
    // What is another event's is not there, and then nothing happens.
    if (people.length < chosen.size) return notFound(request, reply);
    if (!action) return write(request, reply, people);
    if (action === 'off' && fieldOf(request.body, 'sure') !== 'yes') {
      return deskPage(
        request,
        reply,
        'places-off',
        { title: t('gather.places.offTitle'), chapter: request.deskChapter, sheets: ['gather.css'] },
        {
          event: eventHead(event, desk, deps.clock()),
          people: people.map((person) => ({ id: person.id, name: fullName(person) })),
        },
      );
    }
    const refused: string[] = [];
    for (const person of inOrder(action, people)) {
      const outcome = await changePlace(deps, {
        eventId: event.id,
        personId: person.id,
        action,
        actor: actorOf(request),
      });
      if (!outcome.ok) refused.push(`${fullName(person)}: ${t(`gather.places.refused.${outcome.reason}`)}`);
    }
    if (refused.length > 0) return showEvent(deps, request, reply.code(409), refused.join(' '));
    return reply.redirect(`/desk/events/${event.id}?done=placesChanged#people`, 303);
  });

  /** A message of her own to those who are ticked: its page opens, and nothing has left yet. */
  async function write(request: FastifyRequest, reply: FastifyReply, people: readonly { id: string }[]) {
    const { desk, deskEvent: event } = request;
    // Where her chapter holds the event with another, the message is her chapter's.
    const chapter = desk.chapters.find(({ id }) => reachOf(request).includes(id)) ?? request.deskChapter;
    const content = {
      subject: '',
      body: firstWords(chapter.locale === 'en' ? 'en' : 'it'),
      audience: 'people' as const,
      eventId: event.id,
      eventAudience: null,
    };
    const personIds = people.map(({ id }) => id);
    const made = await createMessage(deps, chapter.id, content, { actor: actorOf(request), personIds });
    if (!made.ok) return showEvent(deps, request, reply.code(409), desk.t('gather.places.cannotWrite'));
    return reply.redirect(`/desk/chapters/${chapter.slug}/messages/${made.id}/edit`, 303);
  }

  app.get('/additions', (request, reply) =>
    page(request, reply, { q: fieldOf(request.query, 'q').trim().slice(0, 100), name: '', email: '' }, null),
  );

  app.post('/additions', async (request, reply) => {
    const { deskEvent: event } = request;
    const mode = modesOf(event.format as Format).find((offered) => offered === fieldOf(request.body, 'mode'));
    const personId = fieldOf(request.body, 'personId');
    const typed: Typed = {
      q: '',
      name: tidyName(fieldOf(request.body, 'name')),
      email: fieldOf(request.body, 'email').trim(),
    };
    if (personId !== '' && !isId(personId)) return notFound(request, reply);
    if (personId !== '') {
      const outcome = await answerForMember(deps, { eventId: event.id, personId, answer: 'yes', mode });
      if (outcome.ok) return back(reply, event.id, personId, outcome.state);
      if (outcome.reason === 'not_found') return notFound(request, reply);
      return page(request, reply.code(409), typed, { field: 'page', reason: outcome.reason });
    }
    const email = typed.email === '' ? null : readAddress(typed.email);
    if (typed.name === '' || typed.name.length > 200)
      return page(request, reply.code(400), typed, { field: 'name', reason: 'nameMissing' });
    if (typed.email !== '' && !email)
      return page(request, reply.code(400), typed, { field: 'email', reason: 'notAnAddress' });
    const outcome = await addByName(deps, {
      eventId: event.id,
      name: typed.name,
      email,
      mode,
      actor: actorOf(request),
    });
    if (outcome.ok) return back(reply, event.id, outcome.personId, outcome.state);
    const field =
      outcome.reason === 'address_erased' || outcome.reason === 'already_coming' ? 'email' : 'page';
    return page(request, reply.code(409), typed, { field, reason: outcome.reason });
  });

  function back(reply: FastifyReply, eventId: string, personId: string, state: string) {
    const done = state === 'going' ? 'personAdded' : 'personWaits';
    return reply.redirect(`/desk/events/${eventId}?done=${done}#p-${personId}`, 303);
  }

  async function page(request: FastifyRequest, reply: FastifyReply, typed: Typed, problem: Problem | null) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const { t } = desk;
    const now = deps.clock();
    const head = eventHead(event, desk, now);
    const modes = modesOf(event.format as Format);
    const [found, people] = await Promise.all([
      typed.q === '' ? [] : searchMembers(deps.db, event, typed.q, now),
      typed.q === '' ? [] : findEventPeople(deps.db, event.id, now),
    ]);
    const stateOf = new Map(people.map((person) => [person.id, person.state]));
    return deskPage(
      request,
      reply,
      'additions',
      { title: t('gather.add.title'), chapter, sheets: ['gather.css'] },
      {
        event: head,
        isOpen: event.state === 'published' && !head.isOver,
        modes: modes.length > 1 ? modes : [],
        found: found.map((person) => {
          const state = stateOf.get(person.id);
          const isIn = state === 'going' || state === 'waitlisted' || state === 'offered';
          return { id: person.id, name: fullName(person), isIn };
        }),
        typed,
        problem: problem && { field: problem.field, text: t(`gather.add.refused.${problem.reason}`) },
      },
    );
  }
}

/** Several who are moved to the head of the list keep their order: the last of them is moved first. */
function inOrder<P extends { queuedAt: Date | null }>(action: PlaceAction, people: readonly P[]): P[] {
  const byQueue = [...people].sort((a, b) => (a.queuedAt?.getTime() ?? 0) - (b.queuedAt?.getTime() ?? 0));
  return action === 'first' ? byQueue.reverse() : byQueue;
}
