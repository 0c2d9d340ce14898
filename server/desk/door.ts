import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AttendanceRefusal, refuseAttendance, refuseCompletion } from '../attendance/rules.ts';
import {
  addWalkIn,
  completeAttendance,
  markPresent,
  reopenAttendance,
  unmarkPresent,
} from '../attendance/service.ts';
import type { Deps } from '../deps.ts';
import { readAddress, tidyName } from '../people/rules.ts';
import { type Format, type Mode, modesOf } from '../rsvps/rules.ts';
import { doorView } from './door-view.ts';
import { deskPage, fieldOf, fieldsOf, isId } from './page.ts';
import { findEventPeople } from './queries.ts';
import { actorOf, notFound } from './scope.ts';

type Typed = { name: string; email: string };
type Problem = { field: 'name' | 'email' | 'page'; reason: string };

/** The door: who is here, one tap each; who came without a word; and the moment when everybody was counted. */
export async function doorRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/door', (request, reply) => page(request, reply, { name: '', email: '' }, null));

  /** One tap on a name: here, or not here after all. */
  app.post('/attendance', async (request, reply) => {
    const { deskEvent: event } = request;
    const personId = fieldOf(request.body, 'personId');
    const mode = modeOf(request);
    if (!isId(personId) || !mode) return notFound(request, reply);
    const outcome =
      fieldOf(request.body, 'present') === 'yes'
        ? await markPresent(deps, { eventId: event.id, personId, mode }, actorOf(request))
        : await unmarkPresent(deps, { eventId: event.id, personId, mode: null }, actorOf(request));
    if (!outcome.ok) return refuse(request, reply, outcome.reason);
    return reply.redirect(`/desk/events/${event.id}/door#p-${personId}`, 303);
  });

  app.post('/walk-ins', async (request, reply) => {
    const { deskEvent: event } = request;
    const typed: Typed = {
      name: tidyName(fieldOf(request.body, 'name')),
      email: fieldOf(request.body, 'email').trim(),
    };
    const mode = modeOf(request);
    const email = typed.email === '' ? null : readAddress(typed.email);
    if (typed.name === '' || typed.name.length > 200) {
      return page(request, reply.code(400), typed, {
        field: 'name',
        reason: typed.name ? 'tooLong' : 'nameMissing',
      });
    }
    if (typed.email !== '' && !email) {
      return page(request, reply.code(400), typed, { field: 'email', reason: 'notAnAddress' });
    }
    if (!mode) return notFound(request, reply);
    const outcome = await addWalkIn(
      deps,
      { eventId: event.id, name: typed.name, email, mode },
      actorOf(request),
    );
    if (outcome.ok)
      return reply.redirect(`/desk/events/${event.id}/door?done=walkIn#p-${outcome.person.id}`, 303);
    if (outcome.reason === 'address_erased') {
      return page(request, reply.code(409), typed, { field: 'email', reason: 'addressErased' });
    }
    return refuse(request, reply, outcome.reason);
  });

  /** "Tutte presenti, tranne…": whoever said yes for this mode and is not ticked is here. */
  app.post('/attendance/all', async (request, reply) => {
    const { deskEvent: event } = request;
    const mode = modeOf(request);
    if (!mode) return notFound(request, reply);
    const except = new Set(fieldsOf(request.body, 'except'));
    const people = await findEventPeople(deps.db, event.id, deps.clock());
    const here = people.filter(
      (person) =>
        person.state === 'going' && person.mode === mode && !person.presentMode && !except.has(person.id),
    );
    for (const person of here) {
      const outcome = await markPresent(
        deps,
        { eventId: event.id, personId: person.id, mode },
        actorOf(request),
      );
      if (!outcome.ok) return refuse(request, reply, outcome.reason);
    }
    return reply.redirect(`/desk/events/${event.id}/door?done=allPresent#complete-${mode}`, 303);
  });

  app.post('/attendance/complete', async (request, reply) => {
    const mode = modeOf(request);
    if (!mode) return notFound(request, reply);
    const again = fieldOf(request.body, 'complete') === 'no';
    const input = { eventId: request.deskEvent.id, mode };
    const outcome = again
      ? await reopenAttendance(deps, input, actorOf(request))
      : await completeAttendance(deps, input, actorOf(request));
    if (!outcome.ok) return refuse(request, reply, outcome.reason);
    const done = again ? 'reopened' : 'complete';
    return reply.redirect(`/desk/events/${input.eventId}/door?done=${done}#complete-${mode}`, 303);
  });

  function modeOf(request: FastifyRequest): Mode | undefined {
    const offered = modesOf(request.deskEvent.format as Format);
    return (
      offered.find((mode) => mode === fieldOf(request.body, 'mode')) ??
      (offered.length === 1 ? offered[0] : undefined)
    );
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, reason: AttendanceRefusal | 'not_found') {
    if (reason === 'not_found') return notFound(request, reply);
    return page(request, reply.code(409), { name: '', email: '' }, { field: 'page', reason });
  }

  async function page(request: FastifyRequest, reply: FastifyReply, typed: Typed, problem: Problem | null) {
    const { desk, deskEvent: event, deskChapter: chapter } = request;
    const now = deps.clock();
    const people = await findEventPeople(deps.db, event.id, deps.clock());
    return deskPage(
      request,
      reply,
      'door',
      { title: desk.t('desk.door.title'), chapter },
      {
        ...doorView(event, people, desk, now),
        closed: refuseAttendance(event, null, now),
        mayComplete: modesOf(event.format as Format).every(
          (mode) => refuseCompletion(event, mode, now) === null,
        ),
        typed,
        problem: problem && { field: problem.field, text: desk.t(`desk.door.refused.${problem.reason}`) },
      },
    );
  }
}
