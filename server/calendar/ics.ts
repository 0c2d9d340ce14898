import ICAL from 'ical.js';
import { nearestColour } from './colour.ts';
import { type CalendarZone, calendarZone, type JCal, localTime } from './zones.ts';

/**
 * iCalendar objects (RFC 5545, methods by RFC 5546), as text with CRLF, folded at 75 octets. The same input gives the
 * same text, to the byte.
 */

// ical.js does not count the space that begins a continuation line.
ICAL.foldLength = 74;

export type CalendarMethod = 'REQUEST' | 'CANCEL' | 'PUBLISH';

/** What an entry says. `description` and `location` hold only what its reader may know: the join link is for some. */
export type CalendarEvent = {
  title: string;
  description?: string | null;
  location?: string | null;
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  /** Where one takes part, only for who may know it: a button in calendars that have one (RFC 7986 section 5.11). */
  conference?: string | null;
};

export type Organizer = { name: string; email: string };
export type Attendee = {
  name: string;
  email: string;
  partstat: 'NEEDS-ACTION' | 'ACCEPTED' | 'DECLINED' | 'TENTATIVE';
};

export type CalendarLocale = 'it' | 'en';

type Entry = {
  uid: string;
  sequence: number;
  /** When this version of the entry was made; fixed, so that a repeated mail is the same mail. */
  dtstamp: Date;
  event: CalendarEvent;
  organizer: Organizer | null;
  /** Where she reads more or answers; also the last line of the description, since few calendars show a URL. */
  url: string;
  cancelled: boolean;
  /** Whether she may not come, where no PARTSTAT says so. */
  tentative?: boolean;
  /** How long before the start her calendar reminds her, in minutes. */
  alarm?: number | null;
};

export type FeedEntry = Entry;

export type ConfirmationCalendar = Omit<Entry, 'organizer'> & {
  /** REQUEST and CANCEL where answers can come in by mail, else PUBLISH, also for a cancellation. */
  method: CalendarMethod;
  organizer: Organizer;
  /** Herself, the only one; needed by REQUEST and CANCEL, left out of PUBLISH. */
  attendee: Attendee | null;
  locale: CalendarLocale;
};

/** The calendar part of a mail to one person. */
export function confirmationCalendar(input: ConfirmationCalendar): string {
  const { method, attendee } = input;
  if (method !== 'PUBLISH' && !attendee) throw new Error(`${method} needs its attendee`);
  const cancelled = input.cancelled || method === 'CANCEL';
  const entry = { ...input, cancelled };
  return calendar(method, input.locale, [], [textOf(entry, method === 'PUBLISH' ? null : attendee)]);
}

/** `/e/{id}.ics` and `/r/{token}/calendar.ics`: one event for whoever downloads it. */
export function eventCalendar(input: Entry & { locale: CalendarLocale }): string {
  return calendar('PUBLISH', input.locale, [], [textOf(input, null)]);
}

/**
 * A feed that calendars fetch again each hour (RFC 7986 section 5; the X- properties say the same to older ones).
 * @param input.colour `#rrggbb`
 */
export function calendarFeed(input: {
  name: string;
  colour?: string | null;
  locale: CalendarLocale;
  entries: readonly FeedEntry[];
}): string {
  // Of these ical.js knows no type: it would leave a name as it is.
  const name = oneLine(input.name).replace(/[\\;,]/g, '\\$&');
  const properties = [
    ['name', {}, 'unknown', name],
    ['x-wr-calname', {}, 'unknown', name],
    ['refresh-interval', {}, 'duration', 'PT1H'],
    ['x-published-ttl', {}, 'unknown', 'PT1H'],
    ...(input.colour
      ? [
          ['color', {}, 'unknown', nearestColour(input.colour)],
          ['x-apple-calendar-color', {}, 'unknown', input.colour.toUpperCase()],
        ]
      : []),
  ];
  return calendar('PUBLISH', input.locale, properties, input.entries.map(knownText));
}

/** The UID of an event for those who have none of their own. */
export function publicUid(eventId: string, host: string): string {
  return `${eventId}@${host}`;
}

function calendar(
  method: CalendarMethod,
  locale: CalendarLocale,
  properties: unknown[][],
  written: readonly Written[],
): string {
  const head = [
    ['version', {}, 'text', '2.0'],
    ['prodid', {}, 'text', `-//Ritrovo//Ritrovo//${locale.toUpperCase()}`],
    ['calscale', {}, 'text', 'GREGORIAN'],
    ['method', {}, 'text', method],
    ...properties,
  ];
  const vtimezones = new Map(written.map(({ zone }) => [zone.tzid, zone.vtimezone]));
  const zones = [...vtimezones.values()].map((zone) => ICAL.stringify(zone));
  const end = 'END:VCALENDAR';
  return ICAL.stringify(['vcalendar', head, []] satisfies JCal).replace(end, () =>
    [...zones, ...written.map(({ text }) => text), end].join(''),
  );
}

type Written = { text: string; zone: CalendarZone };

function textOf(entry: Entry, attendee: Attendee | null): Written {
  const { startsAt, endsAt, timeZone } = entry.event;
  const zone = calendarZone(timeZone, [startsAt, endsAt]);
  return { text: ICAL.stringify(vevent(entry, zone, attendee)), zone };
}

const known = new Map<string, Written>();
const mostKnown = 2000;

/** Of a feed most entries are what they were when it was last put together: they are written once. */
function knownText(entry: Entry): Written {
  const key = JSON.stringify(entry);
  let written = known.get(key);
  if (!written) {
    written = textOf(entry, null);
    if (known.size >= mostKnown) known.clear();
    known.set(key, written);
  }
  return written;
}

function vevent(entry: Entry, zone: CalendarZone, attendee: Attendee | null): JCal {
  const { event, organizer } = entry;
  const local = (at: Date) => localTime(at, zone, event.timeZone);
  const location = event.location ? plain(event.location) : '';
  const conference = (event.conference && !entry.cancelled && URL.parse(event.conference)?.href) || null;
  const description = [plain(event.description ?? ''), entry.url].filter((part) => part !== '').join('\n\n');
  const properties: (unknown[] | false)[] = [
    ['uid', {}, 'text', entry.uid],
    ['dtstamp', {}, 'date-time', utc(entry.dtstamp)],
    ['last-modified', {}, 'date-time', utc(entry.dtstamp)],
    ['sequence', {}, 'integer', entry.sequence],
    ['dtstart', { tzid: zone.tzid }, 'date-time', local(event.startsAt)],
    ['dtend', { tzid: zone.tzid }, 'date-time', local(event.endsAt)],
    ['summary', {}, 'text', oneLine(event.title)],
    location !== '' && ['location', {}, 'text', location],
    ['description', {}, 'text', description],
    ['url', {}, 'uri', entry.url],
    ['status', {}, 'text', entry.cancelled ? 'CANCELLED' : entry.tentative ? 'TENTATIVE' : 'CONFIRMED'],
    ['transp', {}, 'text', entry.cancelled ? 'TRANSPARENT' : 'OPAQUE'],
    organizer !== null && ['organizer', commonName(organizer.name), 'cal-address', mailto(organizer.email)],
    attendee !== null && ['attendee', attendeeParameters(attendee), 'cal-address', mailto(attendee.email)],
    conference !== null && ['conference', { feature: 'VIDEO' }, 'uri', conference],
  ];
  const alarms = entry.alarm && !entry.cancelled ? [valarm(entry.alarm, event.title)] : [];
  return ['vevent', properties.filter((property) => property !== false), alarms];
}

/** A notice on her screen, at a time before the start (RFC 5545 section 3.6.6). */
function valarm(minutes: number, title: string): JCal {
  return [
    'valarm',
    [
      ['action', {}, 'text', 'DISPLAY'],
      ['description', {}, 'text', oneLine(title)],
      ['trigger', {}, 'duration', `-PT${minutes}M`],
    ],
    [],
  ];
}

function attendeeParameters({ name, partstat }: Attendee): Record<string, string> {
  // RSVP stays TRUE after a yes: her calendar then sends her change of mind, too.
  return { ...commonName(name), cutype: 'INDIVIDUAL', role: 'REQ-PARTICIPANT', partstat, rsvp: 'TRUE' };
}

function commonName(name: string): Record<string, string> {
  const cn = oneLine(name);
  return cn === '' ? {} : { cn };
}

/** RFC 6068: what is not allowed in a URI is percent-encoded. */
function mailto(email: string): string {
  return `mailto:${encodeURI(email).replace(/[?#&]/g, encodeURIComponent)}`;
}

function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** Control characters have no place in iCalendar; line breaks become `\n`. */
function plain(text: string): string {
  const lines = text.toWellFormed().replace(/\r\n?|\u2028|\u2029/g, '\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return lines.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ').trim();
}

function oneLine(text: string): string {
  return plain(text).replace(/\s+/g, ' ');
}
