import { Type } from '@fastify/type-provider-typebox';
import { Body, Choice, Id, Instant, LocalTime, ModeChoice, nullable } from './shapes.ts';
import { TimelineShape } from './timeline-shapes.ts';

/** What one says about an event, and what one reads of it. */

const mostSeats = 100_000;
const Seats = nullable(
  Type.Integer({ minimum: 0, maximum: mostSeats, description: 'How many seats; null for no limit.' }),
);
const Access = Choice(
  ['members', 'link', 'public'],
  '`members`: only those invited; `link`: whoever has the address; `public`: also listed on the chapter page and its feeds.',
);
const Format = Choice(['in_person', 'online', 'hybrid']);
const Promotion = Choice(
  ['offer', 'at_once'],
  'What becomes of a freed seat: it is offered to the next in line and held for her, or given to her at once.',
);
const Zone = Type.String({
  format: 'time-zone',
  maxLength: 64,
  description: "An IANA time zone; the chapter's where left out.",
});

const title = Type.String({ minLength: 1, maxLength: 200 });
const startsAt = LocalTime('When it starts.');
const endsAt = LocalTime('When it ends.');

const optional = {
  description: Type.Optional(
    nullable(Type.String({ maxLength: 20_000, description: 'Markdown, without HTML.' })),
  ),
  timeZone: Type.Optional(Zone),
  venue: Type.Optional(
    nullable(
      Body(
        {
          name: Type.Optional(nullable(Type.String({ maxLength: 200 }))),
          address: Type.Optional(nullable(Type.String({ maxLength: 300 }))),
        },
        { description: 'Where it is; replaced as a whole.' },
      ),
    ),
  ),
  joinUrl: Type.Optional(
    nullable(
      Type.String({
        format: 'url',
        maxLength: 2000,
        description: 'Reaches only those who are going online.',
      }),
    ),
  ),
  seats: Type.Optional(
    nullable(
      Body(
        { room: Type.Optional(Seats), online: Type.Optional(Seats) },
        { description: 'Seats by mode; a mode left out stays as it is.' },
      ),
    ),
  ),
  guestsAllowed: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 20, description: 'How many guests each may bring; 0 at first.' }),
  ),
  maybeAllowed: Type.Optional(Type.Boolean()),
  access: Type.Optional(Access),
  cost: Type.Optional(
    nullable(Type.String({ maxLength: 200, description: 'In words: "15 €, si paga sul posto".' })),
  ),
  bring: Type.Optional(nullable(Type.String({ maxLength: 500, description: 'What to bring.' }))),
  answersCloseAt: Type.Optional(
    nullable(LocalTime('Until when a yes is taken; until the start where null.')),
  ),
  promotion: Type.Optional(Promotion),
  timeline: Type.Optional(TimelineShape),
};

export const NewEventBody = Body({ title, format: Format, startsAt, endsAt, ...optional });

export const EventChangesBody = Body({
  title: Type.Optional(title),
  format: Type.Optional(Format),
  startsAt: Type.Optional(startsAt),
  endsAt: Type.Optional(endsAt),
  ...optional,
  notify: Type.Optional(
    Type.Boolean({ description: 'Whether a move is told to those concerned; yes where left out.' }),
  ),
});

const counts = {
  going: Type.Integer(),
  maybe: Type.Integer(),
  declined: Type.Integer({ description: 'Every no, withdrawals included.' }),
  waitlisted: Type.Integer(),
  offered: Type.Integer({ description: 'Seats held for somebody who has not answered yet.' }),
  guests: Type.Integer({ description: 'Guests of those who are going.' }),
  seatsLeft: nullable(Type.Integer({ description: 'Null for no limit; 0 in a mode that is not offered.' })),
};

export const EventShape = Type.Object({
  id: Id,
  chapter: Type.String({ description: 'The slug of its chapter.' }),
  title: Type.String(),
  description: Type.String(),
  format: Format,
  startsAt: Instant,
  endsAt: Instant,
  timeZone: Type.String(),
  venue: nullable(Type.Object({ name: nullable(Type.String()), address: nullable(Type.String()) })),
  joinUrl: nullable(Type.String()),
  seats: Type.Object({ room: nullable(Type.Integer()), online: nullable(Type.Integer()) }),
  guestsAllowed: Type.Integer(),
  maybeAllowed: Type.Boolean(),
  access: Access,
  cost: nullable(Type.String()),
  bring: nullable(Type.String()),
  answersCloseAt: nullable(Instant),
  promotion: Promotion,
  state: Choice(
    ['draft', 'published', 'cancelled', 'ended'],
    'A published event is `ended` from its end on.',
  ),
  seriesId: nullable({ ...Id, description: 'The series that it is a date of.' }),
  recurrenceId: nullable(
    Type.String({
      format: 'date',
      description: 'The day that the rule of its series gave it, wherever it was moved to since.',
    }),
  ),
  publishAt: nullable({ ...Instant, description: 'When a draft publishes itself.' }),
  publishedAt: nullable(Instant),
  cancelledAt: nullable(Instant),
  cancelReason: nullable(Type.String()),
  attendanceComplete: Type.Object(
    { room: nullable(Instant), online: nullable(Instant) },
    { description: 'Since when absence is known, by mode.' },
  ),
  url: Type.String({ description: 'Its public page.' }),
  counts: Type.Object({
    ...counts,
    room: Type.Object(counts),
    online: Type.Object(counts),
  }),
});

export const RsvpShape = Type.Object({
  personId: Id,
  email: nullable(Type.String()),
  firstName: Type.String(),
  lastName: Type.String(),
  state: nullable(
    Choice(
      ['going', 'maybe', 'declined', 'waitlisted', 'offered', 'withdrawn'],
      'Null until she answers. A no from going, waiting or offered is `withdrawn`, any other `declined`.',
    ),
  ),
  mode: nullable(ModeChoice),
  guests: Type.Integer(),
  guestNames: Type.Array(Type.String(), {
    description: 'As many as guests; an empty text for one without a name.',
  }),
  queuedAt: nullable(Instant),
  offerExpiresAt: nullable(Instant),
  answeredAt: nullable(Instant),
  note: nullable(Type.String({ description: 'To the organiser alone.' })),
  source: nullable(
    Choice(['link', 'calendar', 'coordinator', 'standing', 'public'], 'Where the answer came from.'),
  ),
  link: nullable(
    Type.String({
      description:
        'Her personal address for answering. Whoever has it answers for her. Null once she is erased.',
    }),
  ),
});
