import ICAL from 'ical.js';
import { tzlib_get_ical_block, tzlib_get_timezones } from 'timezones-ical-library';
import { resolveWallClock, wallClockAt } from '../events/local-time.ts';

/** A component as RFC 7265 writes it: name, properties, components. */
export type JCal = [string, unknown[][], JCal[]];

/** The zone that a calendar's local times refer to; `offset`, in seconds, where it has but one, made for its event. */
export type CalendarZone = { tzid: string; vtimezone: JCal; offset: number | null };

const known = new Map<string, { zone: CalendarZone; rules: ICAL.Timezone } | null>();

/**
 * The zone for times of one event, checked against its instants. The library's rules are of one release of the tz
 * database and ours of another, and of an hour that comes twice calendars take whichever they please: in both cases
 * the event gets a zone of its own that says just the offset at its first instant.
 */
export function calendarZone(zoneName: string, instants: readonly [Date, ...Date[]]): CalendarZone {
  const found = lookUp(zoneName);
  if (found && instants.every((at) => steadyOffset(found.rules, at, zoneName) !== null)) return found.zone;
  const isClear = (at: Date) =>
    found !== null &&
    resolveWallClock(wallClockAt(at, zoneName), zoneName).kind === 'once' &&
    rulesAt(found.rules, at, zoneName) === offsetAt(at, zoneName);
  return found && instants.every(isClear) ? found.zone : fixedZone(offsetAt(instants[0], zoneName));
}

/** An instant as the zone's local time, `2026-11-26T18:30:00`. */
export function localTime(at: Date, zone: CalendarZone, zoneName: string): string {
  const found = lookUp(zoneName);
  const seconds = zone.offset ?? (found && steadyOffset(found.rules, at, zoneName)) ?? offsetAt(at, zoneName);
  return new Date(at.getTime() + seconds * 1000).toISOString().slice(0, 19);
}

const stretchMs = 14 * 86_400_000;
const most = 5000;
const steady = new Map<string, number | null>();

/**
 * The offset of a zone over the fortnight that an instant lies in, or null where clocks change in it, or the two tables
 * do not agree. No zone changes its clocks and changes them back within one. A feed of years asks a few dozen times.
 */
function steadyOffset(rules: ICAL.Timezone, at: Date, zoneName: string): number | null {
  const stretch = Math.floor(at.getTime() / stretchMs);
  const key = `${stretch} ${zoneName}`;
  let offset = steady.get(key);
  if (offset === undefined) {
    // A day more on either side: a local time close to the edge may be read as one beyond it.
    const edges = [stretch * stretchMs - 86_400_000, (stretch + 1) * stretchMs + 86_400_000];
    const offsets = edges.flatMap((edge) => {
      const day = new Date(edge);
      return [offsetAt(day, zoneName), rulesAt(rules, day, zoneName)];
    });
    offset = new Set(offsets).size === 1 ? (offsets[0] as number) : null;
    if (steady.size >= most) steady.clear();
    steady.set(key, offset);
  }
  return offset;
}

function lookUp(zoneName: string): { zone: CalendarZone; rules: ICAL.Timezone } | null {
  const cached = known.get(zoneName);
  if (cached !== undefined) return cached;
  // The library knows aliases, but not `europe/rome`; Intl brings such a name into its common form.
  const name = tzlib_get_timezones().includes(zoneName) ? zoneName : commonName(zoneName);
  const block = readBlock(name);
  const entry = block && { zone: block, rules: new ICAL.Timezone(new ICAL.Component(block.vtimezone)) };
  known.set(zoneName, entry);
  return entry;
}

function readBlock(zoneName: string): CalendarZone | null {
  const [text, parameter] = tzlib_get_ical_block(zoneName);
  if (!text?.startsWith('BEGIN:VTIMEZONE') || !parameter) return null;
  return { tzid: parameter.replace(/^TZID=/, ''), vtimezone: ICAL.parse(text) as JCal, offset: null };
}

function commonName(zoneName: string): string {
  return new Intl.DateTimeFormat('en', { timeZone: zoneName }).resolvedOptions().timeZone;
}

/** Seconds east of Greenwich, as this runtime's tz database has it. */
function offsetAt(at: Date, zoneName: string): number {
  const { year, month, day, hour, minute, second } = wallClockAt(at, zoneName);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(at.getTime() / 1000);
}

/** The same by the library's rules, which are asked by local time. */
function rulesAt(rules: ICAL.Timezone, at: Date, zoneName: string): number {
  const { year, month, day, hour, minute, second } = wallClockAt(at, zoneName);
  return rules.utcOffset(ICAL.Time.fromData({ year, month, day, hour, minute, second, isDate: false }));
}

function fixedZone(seconds: number): CalendarZone {
  const offset = utcOffset(seconds);
  // Not the zone's own name, which many calendars know better than what is said about it here.
  const tzid = `UTC${offset.replace(':', '')}`;
  const standard: JCal = [
    'standard',
    [
      ['tzname', {}, 'text', offset],
      ['tzoffsetfrom', {}, 'utc-offset', offset],
      ['tzoffsetto', {}, 'utc-offset', offset],
      ['dtstart', {}, 'date-time', '1970-01-01T00:00:00'],
    ],
    [],
  ];
  return { tzid, vtimezone: ['vtimezone', [['tzid', {}, 'text', tzid]], [standard]], offset: seconds };
}

function utcOffset(seconds: number): string {
  const size = Math.abs(seconds);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${seconds < 0 ? '-' : '+'}${two(size / 3600)}:${two((size / 60) % 60)}`;
}
