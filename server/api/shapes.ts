import {
  type Static,
  type TProperties,
  type TSchema,
  Type,
  type TypeBoxTypeProvider,
} from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';

/** An instance whose routes are typed by their schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Something that null clears, or that may be missing. One `type` list instead of a union: one message, not three. */
export function nullable<T extends TSchema>(schema: T) {
  const { type, enum: choices } = schema as { type?: string | string[]; enum?: unknown[] };
  return Type.Unsafe<Static<T> | null>({
    ...schema,
    ...(type && { type: [...[type].flat(), 'null'] }),
    ...(choices && { enum: [...choices, null] }),
  });
}

/** An object that takes the fields it names and no other. */
export function Body<T extends TProperties>(properties: T, options: { description?: string } = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** One of a few words. */
export function Choice<const T extends string>(choices: readonly T[], description?: string) {
  return Type.Unsafe<T>({ type: 'string', enum: [...choices], ...(description && { description }) });
}

export const Id = Type.String({ format: 'uuid', description: 'An id: a UUID that never changes.' });
/** An instant on output: ISO 8601 in UTC. */
export const Instant = Type.String({ format: 'date-time', description: 'An instant, ISO 8601 in UTC.' });
/** A time on input. Its form is judged together with the zone that it may be local to. */
export const LocalTime = (what: string) =>
  Type.String({
    maxLength: 40,
    description: `${what} ISO 8601: an instant where there is an offset, else local to the event's \`timeZone\`. A local time that does not exist is 400, of one that comes twice the first is taken.`,
    examples: ['2026-11-26T18:30'],
  });
export const Locale = Choice(['it', 'en']);
export const ModeChoice = Choice(['room', 'online'], 'Where she takes part.');

const FieldErrorShape = Type.Object({
  path: Type.String({ description: 'The field, dotted: `seats.room`, `[2].offset`.' }),
  message: Type.String(),
});

export const ProblemShape = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened and what to do about it.' }),
    code: Type.Optional(Type.String({ description: 'Which refusal it is, for programs.' })),
    errors: Type.Optional(Type.Array(FieldErrorShape)),
  },
  { description: 'A refusal, as application/problem+json (RFC 9457).' },
);

/** A page of a list. */
export function List<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    nextCursor: nullable(Type.String({ description: 'Where the next page begins; null on the last.' })),
  });
}

type Answers = Record<number, TSchema>;

/** What a call answers, and the refusals that it may give beside those that every call may. */
export function answers<T extends Answers>(success: T, ...refusals: (403 | 409)[]) {
  const problems = Object.fromEntries([400, 401, 404, ...refusals].map((status) => [status, problemContent]));
  return { ...success, ...problems } as T;
}

const problemContent = {
  description: 'A refusal.',
  content: { 'application/problem+json': { schema: ProblemShape } },
};
