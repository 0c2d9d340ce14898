import { type Static, Type } from '@fastify/type-provider-typebox';
import type { AttendanceRow } from '../attendance/queries.ts';
import { addWalkIn, completeAttendance, markPresent, unmarkPresent } from '../attendance/service.ts';
import type { Deps } from '../deps.ts';
import { readAddress } from '../people/rules.ts';
import { modes } from '../rsvps/rules.ts';
import type { Problem } from '../web/errors.ts';
import { actorOf, isId, needEvent, notFound } from './auth.ts';
import { type RefusalCode, refused } from './refusals.ts';
import { type Api, answers, Body, Id, Instant, ModeChoice, nullable } from './shapes.ts';

const tags = ['Attendance'];
const params = Type.Object({ id: Id, personId: Id });

const presence = {
  personId: Id,
  mode: ModeChoice,
  walkIn: Type.Boolean({ description: 'Whether she came without having said yes.' }),
  recordedAt: Instant,
};
const PresenceShape = Type.Object(presence);
const WalkInShape = Type.Object({
  ...presence,
  firstName: Type.String(),
  lastName: Type.String(),
  email: nullable(Type.String()),
});

/** Who was there. Apart from intention: nothing here changes an answer. */
export async function attendanceRoutes(app: Api, { deps }: { deps: Deps }): Promise<void> {
  app.put(
    '/events/:id/attendance/:personId',
    {
      schema: {
        tags,
        summary: 'She is there',
        description:
          'From a day before the start, for somebody invited or of the chapter. Again, it corrects the mode.',
        params,
        body: Body({ mode: ModeChoice }),
        response: answers({ 200: PresenceShape }, 409),
      },
    },
    async (request) => {
      const { eventId, personId } = await needPlace(request);
      const outcome = await markPresent(
        deps,
        { eventId, personId, mode: request.body.mode },
        actorOf(request),
      );
      if (!outcome.ok) throw refusal(outcome.reason);
      return presenceView(outcome.attendance);
    },
  );

  app.delete(
    '/events/:id/attendance/:personId',
    {
      schema: {
        tags,
        summary: 'She is not there after all',
        description: 'With a `mode`, only a presence in that mode is taken back.',
        params,
        body: Body({ mode: Type.Optional(ModeChoice) }),
        response: answers({ 204: Type.Null({ description: 'Nothing is noted of her now.' }) }, 409),
      },
    },
    async (request, reply) => {
      const { eventId, personId } = await needPlace(request);
      const outcome = await unmarkPresent(
        deps,
        { eventId, personId, mode: request.body.mode ?? null },
        actorOf(request),
      );
      if (!outcome.ok) throw refusal(outcome.reason);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/events/:id/attendance',
    {
      schema: {
        tags,
        summary: 'Somebody came without an answer',
        description:
          'By name alone, or with an address, which finds her if she is known. She becomes no member by this. The first word of the name is her first name.',
        params: Type.Object({ id: Id }),
        body: Body({
          name: Type.String({ format: 'name', maxLength: 200 }),
          mode: ModeChoice,
          email: Type.Optional(nullable(Type.String({ format: 'email', maxLength: 254 }))),
        }),
        response: answers({ 201: WalkInShape }, 409),
      },
    },
    async (request, reply) => {
      const event = await needEvent(deps, request, request.params.id);
      const { name, mode, email } = request.body;
      const input = { eventId: event.id, name, mode, email: email ? readAddress(email) : null };
      const outcome = await addWalkIn(deps, input, actorOf(request));
      if (!outcome.ok) throw refusal(outcome.reason);
      const { firstName, lastName, email: address } = outcome.person;
      return reply
        .code(201)
        .send({ ...presenceView(outcome.attendance), firstName, lastName, email: address });
    },
  );

  app.put(
    '/events/:id/attendance-complete/:mode',
    {
      schema: {
        tags,
        summary: 'From now on absence is known',
        description:
          'From the start on. Whoever said yes and was not seen has missed it. The first declaration stands.',
        params: Type.Object({ id: Id, mode: Type.String({ description: '`room` or `online`' }) }),
        body: Body({}),
        response: answers({ 200: Type.Object({ mode: ModeChoice, completeAt: Instant }) }, 409),
      },
    },
    async (request) => {
      const event = await needEvent(deps, request, request.params.id);
      const mode = modes.find((known) => known === request.params.mode);
      if (!mode) throw notFound('mode');
      const outcome = await completeAttendance(deps, { eventId: event.id, mode }, actorOf(request));
      if (!outcome.ok) throw refusal(outcome.reason);
      return { mode, completeAt: outcome.completeAt.toISOString() };
    },
  );

  async function needPlace(request: Parameters<typeof actorOf>[0] & { params: Static<typeof params> }) {
    const { id, personId } = request.params;
    const event = await needEvent(deps, request, id);
    if (!isId(personId)) throw notFound('person');
    return { eventId: event.id, personId };
  }
}

function refusal(reason: RefusalCode | 'not_found'): Problem {
  return reason === 'not_found' ? notFound('person') : refused(reason);
}

function presenceView(row: AttendanceRow): Static<typeof PresenceShape> {
  return { ...row, mode: row.mode as Static<typeof ModeChoice>, recordedAt: row.recordedAt.toISOString() };
}
