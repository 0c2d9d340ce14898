import { type Static, Type } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { takeReport } from '../../attendance/door.ts';
import { isAttendanceComplete } from '../../attendance/queries.ts';
import type { AttendanceRefusal } from '../../attendance/rules.ts';
import {
  addWalkIn,
  completeAttendance,
  markGuest,
  markPresent,
  reopenAttendance,
  unmarkPresent,
} from '../../attendance/service.ts';
import type { Deps } from '../../deps.ts';
import { readAddress, tidyName } from '../../people/rules.ts';
import { type Format, type Mode, modesOf } from '../../rsvps/rules.ts';
import { fieldOf, fieldsOf, isId } from '../page.ts';
import { actorOf, notFound } from '../scope.ts';
import { doorList, type Problem, showDoor, showShell, type Typed } from './door-page.ts';
import { findExpected } from './door-queries.ts';

const Uuid = Type.String({ pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' });
const Instant = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
const none = { additionalProperties: false };
/** What a phone reports: see `takeReport`. */
const Report = Type.Object(
  {
    device: Uuid,
    sentAt: Instant,
    /** The version of the list that it has. */
    have: Type.Optional(Type.String({ maxLength: 32 })),
    marks: Type.Array(
      Type.Object(
        {
          sequence: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }),
          at: Instant,
          mode: Type.Union([Type.Literal('room'), Type.Literal('online'), Type.Null()]),
          personId: Type.Optional(Uuid),
          walkIn: Type.Optional(Uuid),
          guest: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
          name: Type.Optional(Type.String({ maxLength: 200 })),
          email: Type.Optional(Type.String({ maxLength: 254 })),
        },
        none,
      ),
      { maxItems: 100 },
    ),
  },
  none,
);

/** The door: who is here, one tap each; who came without a word; and the moment when everybody was counted. */
export async function doorRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.get('/door', (request, reply) => page(request, reply, { name: '', email: '' }, null));

  /** What a phone keeps of the page, and of the list. */
  app.get('/door/shell', (request, reply) => showShell(deps, request, reply));
  app.get('/door/list', (request) => doorList(deps, request, (request.query as { have?: unknown }).have));

  /** What a phone has noted since it last had a network; it gets back how things stand now. */
  app.post('/door/sync', { schema: { body: Report } }, async (request, reply) => {
    const { have, ...report } = request.body as Static<typeof Report>;
    const outcome = await takeReport(deps, { ...report, eventId: request.deskEvent.id }, actorOf(request));
    if (!outcome.ok && outcome.reason === 'not_found') return notFound(request, reply);
    // Refused as a whole: the list says why.
    const results = outcome.ok ? outcome.results : [];
    return { results, list: await doorList(deps, request, have) };
  });

  /** One tap on a name: here, or not here after all. */
  app.post('/attendance', async (request, reply) => {
    const { deskEvent: event } = request;
    const personId = fieldOf(request.body, 'personId');
    const mode = modeOf(request);
    if (!isId(personId) || !mode) return notFound(request, reply);
    const isHere = fieldOf(request.body, 'present') === 'yes';
    const guest = /^\d{1,2}$/.exec(fieldOf(request.body, 'guest'));
    const outcome = guest
      ? await markGuest(
          deps,
          { eventId: event.id, personId, guest: Number(guest[0]), mode: isHere ? mode : null },
          actorOf(request),
        )
      : isHere
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
    const people = await findExpected(deps.db, event);
    const here = people.filter(
      (person) => person.state === 'going' && person.mode === mode && !except.has(person.id),
    );
    for (const person of here) {
      const input = { eventId: event.id, personId: person.id, mode };
      // Her guests came with her.
      for (let guest = 0; guest < person.guests; guest += 1) {
        if (!person.guestsHere.includes(guest)) await markGuest(deps, { ...input, guest }, actorOf(request));
      }
      if (person.presentMode) continue;
      const outcome = await markPresent(deps, input, actorOf(request));
      if (!outcome.ok) return refuse(request, reply, outcome.reason);
    }
    return reply.redirect(`/desk/events/${event.id}/door?done=allPresent#complete-${mode}`, 303);
  });

  app.post('/attendance/complete', async (request, reply) => {
    const { deskEvent: event } = request;
    // "both": whoever was in the room and whoever was online, with one tap.
    const both = fieldOf(request.body, 'mode') === 'both' ? modesOf(event.format as Format) : null;
    const mode = both?.[0] ?? modeOf(request);
    if (!mode) return notFound(request, reply);
    const again = fieldOf(request.body, 'complete') === 'no';
    for (const one of both ?? [mode]) {
      const input = { eventId: event.id, mode: one };
      const outcome = again
        ? await reopenAttendance(deps, input, actorOf(request))
        : await completeAttendance(deps, input, actorOf(request));
      if (!outcome.ok) return refuse(request, reply, outcome.reason);
    }
    if (again) return reply.redirect(`/desk/events/${event.id}/door?done=reopened#complete-${mode}`, 303);
    const closed = await isAttendanceComplete(deps.db, event.id);
    const next = closed ? 'follow-up?done=complete' : `door?done=complete#complete-${mode}`;
    return reply.redirect(`/desk/events/${event.id}/${next}`, 303);
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

  function page(request: FastifyRequest, reply: FastifyReply, typed: Typed, problem: Problem | null) {
    return showDoor(deps, request, reply, { typed, problem });
  }
}
