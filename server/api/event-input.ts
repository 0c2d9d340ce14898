import type { Static } from '@fastify/type-provider-typebox';
import { isZone, parseInstant } from '../events/local-time.ts';
import { checkEvent } from '../events/rules.ts';
import type { EventDetails } from '../events/service.ts';
import type { TimelineRule } from '../mailings/timing.ts';
import type { FieldError } from '../web/errors.ts';
import type { EventChangesBody } from './event-shapes.ts';
import { describeEventProblem } from './refusals.ts';
import { toRules } from './timeline-shapes.ts';
import { InvalidInput } from './validation.ts';

type Input = Static<typeof EventChangesBody>;
type Known = { timeZone: string } & Partial<EventDetails>;
type Times = Pick<Partial<EventDetails>, 'startsAt' | 'endsAt' | 'answersCloseAt'>;

/**
 * What a body says about an event, as instants and columns.
 * @param shape what is wrong with the body's shape already; what else is wrong is named together with it
 * @param known the event as it stands; of a new one the chapter's zone
 * @throws InvalidInput with all that is wrong
 */
export function readEventInput(
  body: unknown,
  shape: Error | undefined,
  known: Known,
): { details: Partial<EventDetails>; timeline: TimelineRule[] | undefined; notify: boolean } {
  if (shape && !(shape instanceof InvalidInput)) throw shape;
  const errors: FieldError[] = [...(shape?.errors ?? [])];
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new InvalidInput(errors);

  // Only what has its shape is looked at further.
  const input = soundPart(body, errors) as Input;
  const zone = input.timeZone ?? known.timeZone;
  const times = readTimes(input, zone, errors);
  const details = { ...columnsOf(input), ...times };
  const named = new Set(errors.map((error) => error.path));
  const problems = checkEvent(withStandIns({ ...known, ...details, timeZone: zone }));
  errors.push(...problems.map(describeEventProblem).filter((error) => !named.has(error.path)));
  if (errors.length > 0) throw new InvalidInput(errors);
  return { details, timeline: input.timeline && toRules(input.timeline), notify: input.notify ?? true };
}

function soundPart(body: object, errors: readonly FieldError[]): object {
  const wrong = new Set(errors.map((error) => /^[^.[]*/.exec(error.path)?.[0]));
  return Object.fromEntries(Object.entries(body).filter(([field]) => !wrong.has(field)));
}

function readTimes(input: Input, zone: string, errors: FieldError[]): Times {
  const times: Times = {};
  for (const field of ['startsAt', 'endsAt', 'answersCloseAt'] as const) {
    const text = input[field];
    if (text === null) times.answersCloseAt = null;
    if (typeof text !== 'string') continue;
    const parsed = parseInstant(text, zone);
    if (parsed.ok) times[field] = parsed.at;
    // A zone that is not one is named as such, once.
    else if (parsed.reason !== 'unknown_zone' || isZone(zone)) {
      errors.push({ path: field, message: timeProblems[parsed.reason](zone) });
    }
  }
  return times;
}

const timeProblems: Record<
  'not_a_time' | 'out_of_range' | 'does_not_exist' | 'unknown_zone',
  (zone: string) => string
> = {
  not_a_time: () => 'Takes an ISO 8601 time such as "2026-11-26T18:30" or "2026-11-26T17:30:00Z".',
  out_of_range: () => 'Takes a year from 1970 to 2199.',
  does_not_exist: (zone) =>
    `This time does not exist in ${zone}: the clocks skip it that day. Take one before or after.`,
  unknown_zone: () => 'Takes a time with an offset, or a time zone that exists.',
};

/** The fields of a body as columns; null clears. */
function columnsOf(input: Input): Partial<EventDetails> {
  const columns: Partial<EventDetails> = {};
  for (const field of [
    'title',
    'format',
    'timeZone',
    'guestsAllowed',
    'maybeAllowed',
    'access',
    'promotion',
  ] as const) {
    if (input[field] !== undefined) Object.assign(columns, { [field]: input[field] });
  }
  for (const field of ['joinUrl', 'cost', 'bring'] as const) {
    if (input[field] !== undefined) columns[field] = input[field] || null;
  }
  if (input.description !== undefined) columns.description = input.description ?? '';
  if (input.venue !== undefined) {
    columns.venueName = input.venue?.name || null;
    columns.venueAddress = input.venue?.address || null;
  }
  if (input.seats === null) Object.assign(columns, { seatsRoom: null, seatsOnline: null });
  if (input.seats?.room !== undefined) columns.seatsRoom = input.seats.room;
  if (input.seats?.online !== undefined) columns.seatsOnline = input.seats.online;
  return columns;
}

/** What is missing is named already: what stands in for it must not be a problem of its own. */
function withStandIns(event: Known): Parameters<typeof checkEvent>[0] {
  const startsAt = event.startsAt ?? new Date((event.endsAt?.getTime() ?? 0) - 3_600_000);
  return {
    ...event,
    title: event.title ?? '-',
    startsAt,
    endsAt: event.endsAt ?? new Date(startsAt.getTime() + 3_600_000),
  };
}
