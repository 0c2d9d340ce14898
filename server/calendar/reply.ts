import ICAL from 'ical.js';
import type { JCal } from './zones.ts';

/** What calendars write back to an organizer: iTIP (RFC 5546 section 3.2), read from text that anybody may have sent. */

export const replyMethods = ['REPLY', 'COUNTER', 'REFRESH'] as const;
export type ReplyMethod = (typeof replyMethods)[number];

export type CalendarReply = {
  method: ReplyMethod;
  uid: string;
  /** The one attendee's address as it stands there, without `mailto:`. */
  attendee: string;
  /** In capitals: ACCEPTED, DECLINED, TENTATIVE, DELEGATED, NEEDS-ACTION or whatever else it says. */
  partstat: string;
  /** 0 where none is given (RFC 5545 section 3.8.7.4). */
  sequence: number;
  /** When it was made; null where that is no instant. */
  stamp: Date | null;
  /** What she wrote beside her answer. */
  comment: string | null;
};

export type Unreadable =
  | 'too_large'
  | 'no_calendar'
  /** No method, two of them, or another in the mail than in the calendar. */
  | 'unclear_method'
  /** A method that organizers send, or none of a meeting's. */
  | 'other_method'
  | 'no_event'
  | 'several_events'
  /** One date of a series: our entries are single ones. */
  | 'recurrence'
  | 'no_uid'
  | 'no_attendee'
  | 'several_attendees'
  | 'bad_sequence';

export type Reading = { ok: true; reply: CalendarReply } | { ok: false; reason: Unreadable };

/** Octets and lines: our own entries are shorter, with whatever a calendar adds. */
const largest = 256 * 1024;
const mostLines = 4_000;
const longestComment = 1_000;

/**
 * Reads a calendar part. Never throws, whatever it is given.
 * @param content the octets of the part, its transfer encoding undone
 * @param methodInMail the `method` parameter of its Content-Type, if any (RFC 6047 section 2.4)
 */
export function readReply(content: Uint8Array, methodInMail: string | null): Reading {
  if (content.length > largest) return { ok: false, reason: 'too_large' };
  // Unfolded as octets: some fold in the middle of a character (RFC 5545 section 3.1 warns of them).
  const unfolded = Buffer.from(content)
    .toString('latin1')
    .replace(/\r?\n[ \t]/g, '');
  const text = decode(Buffer.from(unfolded, 'latin1')).trim();
  if (text.split('\n', mostLines + 1).length > mostLines) return { ok: false, reason: 'too_large' };
  try {
    return readText(text, methodInMail);
  } catch {
    // ical.js throws whatever it stumbles over.
    return { ok: false, reason: 'no_calendar' };
  }
}

function readText(text: string, methodInMail: string | null): Reading {
  const parsed: unknown = ICAL.parse(text);
  const calendar = onlyCalendar(parsed);
  if (!calendar) return { ok: false, reason: 'no_calendar' };
  const methods = new Set(
    [methodInMail, ...textsOf(calendar, 'method')].flatMap((method) => method?.trim().toUpperCase() || []),
  );
  const [method] = methods;
  if (methods.size !== 1 || method === undefined) return { ok: false, reason: 'unclear_method' };
  const known = replyMethods.find((one) => one === method);
  if (!known) return { ok: false, reason: 'other_method' };

  const events = calendar[2].filter(([name]) => name === 'vevent');
  const [event] = events;
  if (!event) return { ok: false, reason: 'no_event' };
  if (events.length > 1) return { ok: false, reason: 'several_events' };
  if (propertiesOf(event, 'recurrence-id').length > 0) return { ok: false, reason: 'recurrence' };
  const [uid, ...moreUids] = textsOf(event, 'uid');
  if (!uid || moreUids.length > 0 || uid.length > 300) return { ok: false, reason: 'no_uid' };

  const attendees = propertiesOf(event, 'attendee').map(attendeeOf);
  const [attendee] = attendees;
  if (!attendee) return { ok: false, reason: 'no_attendee' };
  // Some write the one attendee twice; two that differ in anything say nothing.
  const isSame = (one: Attendee) =>
    one.address.toLowerCase() === attendee.address.toLowerCase() && one.partstat === attendee.partstat;
  if (!attendees.every(isSame)) return { ok: false, reason: 'several_attendees' };
  if (attendee.address === '') return { ok: false, reason: 'no_attendee' };

  const sequence = sequenceOf(event);
  if (sequence === null) return { ok: false, reason: 'bad_sequence' };
  const comment = [...textsOf(event, 'comment'), ...attendees.map((one) => one.comment)]
    .map((words) => words.replaceAll('\0', '').toWellFormed().trim())
    .find((words) => words !== '');
  return {
    ok: true,
    reply: {
      method: known,
      uid,
      attendee: attendee.address,
      partstat: attendee.partstat,
      sequence,
      stamp: stampOf(event),
      comment: comment?.slice(0, longestComment).toWellFormed() ?? null,
    },
  };
}

/** A stream may hold several calendars (RFC 5545 section 3.4); an answer is one. */
function onlyCalendar(parsed: unknown): JCal | null {
  const all = Array.isArray(parsed) && Array.isArray(parsed[0]) ? parsed : [parsed];
  const [calendar] = all as JCal[];
  return all.length === 1 && calendar?.[0] === 'vcalendar' ? calendar : null;
}

function propertiesOf(component: JCal, name: string): unknown[][] {
  return component[1].filter(([key]) => key === name);
}

function textsOf(component: JCal, name: string): string[] {
  return propertiesOf(component, name).flatMap(([, , , value]) => (typeof value === 'string' ? value : []));
}

type Attendee = { address: string; partstat: string; comment: string };

/** Where the value is no address (`invalid:nomail`, a principal's path), Apple writes it into EMAIL. */
function attendeeOf([, parameters, , value]: unknown[]): Attendee {
  const given = (parameters ?? {}) as Record<string, unknown>;
  const parameter = (name: string) =>
    [given[name]].flat().find((one) => typeof one === 'string') as string | undefined;
  const address = addressIn(typeof value === 'string' ? value : '') || addressIn(parameter('email') ?? '');
  return {
    address,
    partstat: (parameter('partstat') ?? 'NEEDS-ACTION').trim().toUpperCase(),
    // Google keeps her words there.
    comment: parameter('x-response-comment') ?? '',
  };
}

/** RFC 6068: percent-encoded, and nothing after a question mark is an address. Some leave `mailto:` out. */
function addressIn(uri: string): string {
  const [bare = ''] = uri
    .trim()
    .replace(/^mailto:/i, '')
    .split('?');
  if (/^[a-z][a-z0-9+.-]*:/i.test(bare)) return '';
  let address = bare;
  try {
    address = decodeURIComponent(bare);
  } catch {
    // A percent sign of its own is part of the address.
  }
  return address.includes('@') ? address.trim() : '';
}

function sequenceOf(event: JCal): number | null {
  const given = propertiesOf(event, 'sequence');
  if (given.length === 0) return 0;
  const value = given[0]?.[3];
  if (given.length > 1 || typeof value !== 'number') return null;
  return Number.isInteger(value) && value >= 0 && value <= 2 ** 31 - 1 ? value : null;
}

/** In UTC, as it must be (RFC 5545 section 3.8.7.2): a local time could be any of a day's. */
function stampOf(event: JCal): Date | null {
  const [stamp] = textsOf(event, 'dtstamp');
  if (!stamp || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(stamp)) return null;
  const at = new Date(stamp);
  return Number.isNaN(at.getTime()) ? null : at;
}

function decode(octets: Buffer): string {
  const text = octets.toString('utf8');
  return (text.includes('\ufffd') ? octets.toString('latin1') : text).replace(/^\ufeff/, '');
}
