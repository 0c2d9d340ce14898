import { isZone, parseLocalFields, shiftDays, toLocalFields, wallClockAt } from '../../events/local-time.ts';
import { checkEvent } from '../../events/rules.ts';
import type { EventDetails } from '../../events/service.ts';
import type { Format } from '../../rsvps/rules.ts';
import { fieldOf } from '../page.ts';
import type { DeskEvent } from '../queries.ts';
import { readDay, readTime } from './typed-dates.ts';

/** The fields of an event as a form holds them: words, whatever they are worth. */
export const eventFields = [
  'title',
  'date',
  'from',
  'to',
  'endDate',
  'format',
  'venueName',
  'venueAddress',
  'joinUrl',
  'seatsRoom',
  'seatsOnline',
  'guestsAllowed',
  'maybeAllowed',
  'cost',
  'bring',
  'description',
  'access',
  'closeDate',
  'closeTime',
  'promotion',
  'timeZone',
] as const;
export type EventField = (typeof eventFields)[number];
export type EventFormValues = Record<EventField, string>;
/** A field and the key of what is wrong with it. */
export type EventFormErrors = Partial<Record<EventField, string>>;

export type ReadEventForm =
  | { ok: true; details: EventDetails; values: EventFormValues }
  | { ok: false; values: EventFormValues; errors: EventFormErrors };

const formats: readonly string[] = ['in_person', 'online', 'hybrid'];

/** What a new event begins with: next Thursday evening, in person. */
export function newEventValues(chapter: { timeZone: string }, now: Date): EventFormValues {
  const today = wallClockAt(now, chapter.timeZone);
  const weekday = new Date(Date.UTC(today.year, today.month - 1, today.day)).getUTCDay();
  // A Thursday that is today or tomorrow leaves nobody time to plan.
  const ahead = (4 - weekday + 7) % 7;
  const day = shiftDays(today, { days: ahead < 2 ? ahead + 7 : ahead });
  const empty = Object.fromEntries(eventFields.map((field) => [field, ''])) as EventFormValues;
  return {
    ...empty,
    date: `${day.year}-${two(day.month)}-${two(day.day)}`,
    from: '18:30',
    to: '20:30',
    format: 'in_person',
    guestsAllowed: '0',
    access: 'members',
    promotion: 'offer',
    timeZone: chapter.timeZone,
  };
}

const two = (number: number) => String(number).padStart(2, '0');

/** An event as its form shows it. */
export function valuesOf(event: DeskEvent): EventFormValues {
  const start = toLocalFields(event.startsAt, event.timeZone);
  const end = toLocalFields(event.endsAt, event.timeZone);
  const close = event.answersCloseAt && toLocalFields(event.answersCloseAt, event.timeZone);
  return {
    title: event.title,
    date: start.date,
    from: start.time,
    to: end.time,
    endDate: end.date === start.date ? '' : end.date,
    format: event.format,
    venueName: event.venueName ?? '',
    venueAddress: event.venueAddress ?? '',
    joinUrl: event.joinUrl ?? '',
    seatsRoom: event.seatsRoom === null ? '' : String(event.seatsRoom),
    seatsOnline: event.seatsOnline === null ? '' : String(event.seatsOnline),
    guestsAllowed: String(event.guestsAllowed),
    maybeAllowed: event.maybeAllowed ? 'yes' : '',
    cost: event.cost ?? '',
    bring: event.bring ?? '',
    description: event.description,
    access: event.access,
    closeDate: close?.date ?? '',
    closeTime: close?.time ?? '',
    promotion: event.promotion,
    timeZone: event.timeZone,
  };
}

/**
 * Reads the form: all that is wrong with it at once, with her words kept.
 * @param now what "domani" and a day without a year are counted from
 */
export function readEventForm(body: unknown, now: Date): ReadEventForm {
  const values = Object.fromEntries(
    eventFields.map((field) => [field, fieldOf(body, field)]),
  ) as EventFormValues;
  const errors: EventFormErrors = {};
  const clockZone = isZone(values.timeZone.trim()) ? values.timeZone.trim() : 'UTC';
  for (const field of ['date', 'endDate', 'closeDate'] as const)
    values[field] = readDay(values[field], now, clockZone);
  for (const field of ['from', 'to', 'closeTime'] as const) values[field] = readTime(values[field]);
  const format = choice(values.format, formats, 'format', errors) as Format;
  const zone = values.timeZone.trim();
  if (!isZone(zone)) errors.timeZone = 'unknownZone';

  const startsAt = moment(values.date, values.from, zone, 'date', 'from', errors);
  const endsAt = moment(
    values.endDate || values.date,
    values.to,
    zone,
    values.endDate ? 'endDate' : 'date',
    'to',
    errors,
  );
  const close = values.closeDate || values.closeTime;
  const answersCloseAt = close
    ? moment(
        values.closeDate || values.date,
        values.closeTime || '23:59',
        zone,
        'closeDate',
        'closeTime',
        errors,
      )
    : null;
  const room = format !== 'online';
  const online = format !== 'in_person';
  const details: EventDetails = {
    title: text(values, 'title', 200, errors) ?? '',
    description: values.description.replace(/\r\n?/g, '\n').trim(),
    format,
    startsAt: startsAt ?? new Date(0),
    endsAt: endsAt ?? new Date(0),
    timeZone: zone,
    venueName: room ? text(values, 'venueName', 200, errors) : null,
    venueAddress: room ? text(values, 'venueAddress', 300, errors) : null,
    joinUrl: online ? text(values, 'joinUrl', 2000, errors) : null,
    seatsRoom: room ? whole(values, 'seatsRoom', 100_000, errors) : null,
    seatsOnline: online ? whole(values, 'seatsOnline', 100_000, errors) : null,
    guestsAllowed: whole(values, 'guestsAllowed', 20, errors) ?? 0,
    maybeAllowed: values.maybeAllowed === 'yes',
    access: choice(values.access, ['members', 'link', 'public'], 'access', errors) as EventDetails['access'],
    cost: text(values, 'cost', 200, errors),
    bring: text(values, 'bring', 500, errors),
    answersCloseAt,
    promotion: choice(
      values.promotion,
      ['offer', 'at_once'],
      'promotion',
      errors,
    ) as EventDetails['promotion'],
  };
  if (details.description.length > 10_000) errors.description = 'tooLong';
  if (details.title === '') errors.title ??= 'titleMissing';
  if (startsAt && endsAt && isZone(zone)) Object.assign(errors, problemsOf(details, values));
  return Object.keys(errors).length > 0 ? { ok: false, values, errors } : { ok: true, details, values };
}

const reasons: Record<string, string> = {
  ends_before_start: 'endsBeforeStart',
  longer_than_a_month: 'longerThanAMonth',
  unknown_zone: 'unknownZone',
  closes_after_end: 'closesAfterEnd',
  in_the_past: 'inThePast',
  title_missing: 'titleMissing',
  not_https: 'notALink',
  negative: 'notANumber',
};

const fields: Record<string, EventField> = {
  endsAt: 'to',
  startsAt: 'date',
  answersCloseAt: 'closeDate',
  'seats.room': 'seatsRoom',
  'seats.online': 'seatsOnline',
};

/** What the event's own rules say, at the fields of this form. */
function problemsOf(details: EventDetails, values: EventFormValues): EventFormErrors {
  return Object.fromEntries(
    checkEvent(details).map(({ field, reason }) => {
      const at = fields[field] ?? (field as EventField);
      return [at === 'to' && values.endDate ? 'endDate' : at, reasons[reason] ?? reason];
    }),
  );
}

function moment(
  date: string,
  time: string,
  zone: string,
  dateField: EventField,
  timeField: EventField,
  errors: EventFormErrors,
): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date.trim())) {
    errors[dateField] = 'notADay';
    return null;
  }
  if (!/^\d{2}:\d{2}(:\d{2})?$/.test(time.trim())) {
    errors[timeField] = 'notATime';
    return null;
  }
  const parsed = parseLocalFields(date, time, isZone(zone) ? zone : 'UTC');
  if (parsed.ok) return parsed.at;
  if (parsed.reason === 'does_not_exist') errors[timeField] = 'doesNotExist';
  else errors[dateField] = parsed.reason === 'out_of_range' ? 'outOfRange' : 'notADay';
  return null;
}

function text(
  values: EventFormValues,
  field: EventField,
  longest: number,
  errors: EventFormErrors,
): string | null {
  const given = values[field].replace(/\s+/g, ' ').trim();
  if (given.length > longest) errors[field] = 'tooLong';
  return given === '' ? null : given;
}

function whole(
  values: EventFormValues,
  field: EventField,
  most: number,
  errors: EventFormErrors,
): number | null {
  const given = values[field].trim();
  if (given === '') return null;
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= most) return number;
  errors[field] = /^\d+$/.test(given) ? 'tooMany' : 'notANumber';
  return null;
}

function choice(
  given: string,
  choices: readonly string[],
  field: EventField,
  errors: EventFormErrors,
): string {
  if (choices.includes(given)) return given;
  errors[field] = 'choose';
  return choices[0] as string;
}
