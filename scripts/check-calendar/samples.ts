import {
  type Attendee,
  type CalendarEvent,
  calendarFeed,
  confirmationCalendar,
  eventCalendar,
  type FeedEntry,
} from '../../server/calendar/ics.ts';
import { resolveWallClock, type WallClock } from '../../server/events/local-time.ts';

/** What every reader must make of one event. `local`: its wall clock, where it begins; instants in ISO 8601. */
export type Expected = {
  uid: string;
  startsAt: string;
  local: string;
  endsAt: string;
  title: string;
  location: string;
  status: string;
  attendee: string;
  partstat: string;
  organizer: string;
};

export type Sample = {
  name: string;
  /** REQUEST, PUBLISH, …; a feed or a download names no organiser, which RFC 5546 wants of a message. */
  kind: 'message' | 'file';
  zone: string;
  text: string;
  events: Expected[];
};

const names = {
  organizer: 'Anna · Rete "Donne"; gruppo di Bologna, centro',
  attendee: 'Nicolò "Nico" D’Angiò; detto, il Lungo \\ 🌷',
};
const title = 'Aperitivo; "due" chiacchiere, e un brindisi \\ 🥂 insieme, con chi viene per la prima volta';
const location = 'Enoteca "Da Sara"; via dell’Indipendenza 8, Bologna';
const organizer = { name: names.organizer, email: 'incontri@rete.example' };
export const her = 'nico@posta.example';

const at = (zone: string, text: string) => {
  const [year, month, day, hour, minute] = text.split(/[-T:]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const clock: WallClock = { year, month, day, hour, minute, second: 0, millisecond: 0 };
  return resolveWallClock(clock, zone).at;
};
const seconds = (date: Date) => `${date.toISOString().slice(0, 19)}Z`;
const later = (date: Date, minutes: number) => new Date(date.getTime() + minutes * 60_000);

type Made = {
  uid?: string;
  zone?: string;
  start?: Date;
  local?: string;
  sequence?: number;
  place?: string;
  minutes?: number;
};

function entry({
  uid = 'AZrT0w.3f9c@ritrovo.example',
  zone = 'Europe/Rome',
  sequence = 1,
  ...of
}: Made = {}) {
  const startsAt = of.start ?? at(zone, of.local ?? '2026-11-26T18:30');
  const event: CalendarEvent = {
    title,
    description: 'Porta un biglietto; anche "due", \\ tre.\nSi paga sul posto: 15 €',
    location: of.place ?? location,
    startsAt,
    endsAt: later(startsAt, of.minutes ?? 120),
    timeZone: zone,
    conference: null,
  };
  return {
    ...{ uid, sequence, dtstamp: later(new Date('2026-11-02T21:40:05Z'), sequence), event, organizer },
    ...{
      url: 'https://ritrovo.example/r/abc.def',
      cancelled: false,
      tentative: false,
      alarm: 120 as number | null,
    },
  };
}

function expected(made: FeedEntry, local: string, more: Partial<Expected> = {}): Expected {
  return {
    uid: made.uid,
    startsAt: seconds(made.event.startsAt),
    local,
    endsAt: seconds(made.event.endsAt),
    title,
    location: made.event.location ?? '',
    status: 'CONFIRMED',
    attendee: '',
    partstat: '',
    organizer: '',
    ...more,
  };
}

/** A message to her as it leaves by mail. */
function message(
  name: string,
  of: Made,
  partstat: Attendee['partstat'] | null,
  { cancels = false, local = '2026-11-26T18:30:00', tentative = false } = {},
): Sample {
  const made = entry(of);
  const method = partstat === null ? 'PUBLISH' : cancels ? 'CANCEL' : 'REQUEST';
  const attendee = partstat && { name: names.attendee, email: her, partstat };
  const text = confirmationCalendar({
    ...made,
    method,
    attendee,
    cancelled: cancels,
    tentative,
    locale: 'it',
  });
  const status = cancels ? 'CANCELLED' : tentative ? 'TENTATIVE' : 'CONFIRMED';
  const people = {
    attendee: partstat ? names.attendee : '',
    partstat: partstat ?? '',
    organizer: names.organizer,
  };
  return {
    name,
    kind: 'message',
    zone: of.zone ?? 'Europe/Rome',
    text,
    events: [expected(made, local, { status, ...people })],
  };
}

const moved = { sequence: 2, local: '2026-11-27T19:00', place: 'Caffè Zamboni, via Zamboni 6' };

/** A confirmation, a move and the end of it, as they reach her one after the other. */
export const story = {
  request: message('REQUEST, she comes', {}, 'ACCEPTED'),
  move: message('REQUEST, moved', moved, 'ACCEPTED', { local: '2026-11-27T19:00:00' }),
  cancel: message('CANCEL', { ...moved, sequence: 3 }, 'DECLINED', {
    cancels: true,
    local: '2026-11-27T19:00:00',
  }),
  again: message('REQUEST, she comes again', { ...moved, sequence: 4 }, 'ACCEPTED', {
    local: '2026-11-27T19:00:00',
  }),
};

export function samples(): Sample[] {
  const zones: [zone: string, local: string][] = [
    ['Europe/London', '2027-07-01T13:00'],
    ['America/New_York', '2026-11-01T20:00'],
    ['Asia/Kolkata', '2026-12-10T18:30'],
    ['Pacific/Auckland', '2027-01-15T09:00'],
    ['America/St_Johns', '2027-03-14T12:15'],
  ];
  const rome = 'Europe/Rome';
  const first = at(rome, '2026-10-25T02:30');
  return [
    ...[story.request, story.move],
    message('REQUEST, she may come', {}, 'TENTATIVE'),
    message('REQUEST, not answered', {}, 'NEEDS-ACTION'),
    story.cancel,
    message('PUBLISH, she comes', {}, null),
    message('PUBLISH, she may come', {}, null, { tentative: true }),
    message('PUBLISH, cancelled', {}, null, { cancels: true }),
    ...zones.map(([zone, local]) =>
      message(`REQUEST, ${zone}`, { zone, local }, 'ACCEPTED', { local: `${local}:00` }),
    ),
    message('the day of the change to summer', { local: '2027-03-28T18:30' }, 'ACCEPTED', {
      local: '2027-03-28T18:30:00',
    }),
    message('the day of the change to winter', { local: '2026-10-25T18:30' }, 'ACCEPTED', {
      local: '2026-10-25T18:30:00',
    }),
    message('across the change to summer', { local: '2027-03-28T01:30', minutes: 60 }, 'ACCEPTED', {
      local: '2027-03-28T01:30:00',
    }),
    // The hour that there is not: typed as 2:30, it is held at 3:30.
    message('an hour that does not exist', { local: '2027-03-28T02:30' }, 'ACCEPTED', {
      local: '2027-03-28T03:30:00',
    }),
    message('an hour that comes twice, the first', { start: first }, 'ACCEPTED', {
      local: '2026-10-25T02:30:00',
    }),
    message('an hour that comes twice, the second', { start: later(first, 60) }, 'ACCEPTED', {
      local: '2026-10-25T02:30:00',
    }),
    file('an event to download', [entry()], ['2026-11-26T18:30:00'], (entries) =>
      eventCalendar({ ...(entries[0] as FeedEntry), locale: 'it' }),
    ),
    file(
      'a feed, in three zones, one cancelled, one tentative',
      [
        entry({ uid: 'one@ritrovo.example' }),
        entry({ uid: 'two@ritrovo.example', zone: 'Europe/London', local: '2027-07-01T13:00' }),
        { ...entry({ uid: 'three@ritrovo.example', local: '2026-12-03T13:00' }), cancelled: true },
        {
          ...entry({ uid: 'four@ritrovo.example', zone: 'Asia/Kolkata', local: '2026-12-04T18:30' }),
          tentative: true,
        },
      ],
      ['2026-11-26T18:30:00', '2027-07-01T13:00:00', '2026-12-03T13:00:00', '2026-12-04T18:30:00'],
      (entries) => calendarFeed({ name: 'Rete; "Donne", Bologna', colour: '#b4472e', locale: 'it', entries }),
    ),
  ];
}

function file(
  name: string,
  made: ReturnType<typeof entry>[],
  locals: string[],
  write: (entries: FeedEntry[]) => string,
): Sample {
  const entries = made.map((one): FeedEntry => ({ ...one, organizer: null, alarm: null }));
  const events = entries.map((one, index) =>
    expected(one, locals[index] as string, {
      status: one.cancelled ? 'CANCELLED' : one.tentative ? 'TENTATIVE' : 'CONFIRMED',
    }),
  );
  return { name, kind: 'file', zone: 'Europe/Rome', text: write(entries), events };
}
