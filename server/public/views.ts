import { type AddLinks, addLinks } from '../calendar/add-links.ts';
import { type EventView, eventView, type PageContext, placeInWords } from '../events/views.ts';
import { seatsInWords } from '../rsvps/answer-form.ts';
import { capacityOf, closesAt, type EventTerms, modesOf } from '../rsvps/rules.ts';
import { type Leaf, momentInWords, periodInWords } from '../web/dates.ts';
import { plainText } from '../web/markdown.ts';
import { jsonLd } from '../web/pages.ts';
import type { PublicEvent, PublicEventRow } from './queries.ts';
import { asksWhoWasThere } from './rules.ts';
import type { LinkProblems, LinkRequest } from './schema.ts';

/** The form that asks for a personal link, as it stands or as it was sent. */
export type LinkForm = {
  action: string;
  /** It asks for the page on which she says how it was, rather than for that of her answer. */
  isAfter: boolean;
  asksName: boolean;
  name: string;
  email: string;
  invitedBy: string;
  errors: Partial<Record<keyof LinkRequest, string>>;
};

export type PublicEventView = {
  event: EventView;
  host: string | null;
  /** "7 posti disponibili", or why nobody can answer any more. */
  status: { tone: '' | 'off'; title: string; lines: string[]; quote: string | null } | null;
  seats: string | null;
  closes: string | null;
  add: AddLinks;
  form: LinkForm | null;
  /** Whether the form asks who was there, in place of a status. */
  isAfter: boolean;
};

/** @param url the page's own address */
export function publicEventView(
  row: PublicEventRow,
  context: PageContext,
  form: LinkForm,
  url: string,
): PublicEventView {
  const { t, now, locale } = context;
  const { isAfter } = form;
  const status = isAfter ? null : statusOf(row, context);
  const closes = row.answersCloseAt;
  return {
    event: eventView(row, context),
    host: row.host,
    status,
    seats: status || isAfter ? null : seatsOf(row, context),
    closes:
      status || isAfter || !closes
        ? null
        : t('public.event.closes', { when: momentInWords(closes, row.timeZone, locale, now, t) }),
    add: addLinks(row, { file: `/e/${row.id}.ics`, page: url }),
    form: status ? null : form,
    isAfter,
  };
}

/** Whether personal links are given out now: the event is on and answers are open. */
export function takesAnswers(
  row: { state: string; answersCloseAt: Date | null; startsAt: Date },
  now: Date,
): boolean {
  return row.state === 'published' && now < closesAt(row);
}

function statusOf(row: PublicEventRow, { t, now }: PageContext): PublicEventView['status'] {
  if (row.state === 'cancelled') {
    return { tone: 'off', title: t('rsvp.cancelled.title'), lines: [], quote: row.cancelReason };
  }
  if (row.state === 'ended' || now >= row.endsAt) {
    return { tone: 'off', title: t('rsvp.ended.title'), lines: [t('public.event.endedText')], quote: null };
  }
  if (takesAnswers(row, now)) return null;
  return { tone: 'off', title: t('rsvp.closed.title'), lines: [t('public.event.closedText')], quote: null };
}

function seatsOf(row: PublicEventRow, { t }: PageContext): string | null {
  const modes = modesOf(row.format as EventTerms['format']);
  const words = modes.map((mode) => {
    const capacity = capacityOf(row, mode);
    if (capacity === null) return null;
    const left = Math.max(0, capacity - row.taken[mode]);
    const seats = seatsInWords(left, t);
    return modes.length > 1 ? `${t(`rsvp.mode.${mode}`)}: ${seats}` : seats;
  });
  return words.filter((word) => word !== null).join(' · ') || null;
}

export function linkForm(
  row: Pick<PublicEventRow, 'id' | 'access' | 'state' | 'startsAt' | 'endsAt'>,
  { t, now }: PageContext,
  sent: Partial<LinkRequest> = {},
  problems: LinkProblems = {},
): LinkForm {
  const entries = Object.entries(problems).map(([field, reason]) => [
    field,
    t(`public.link.problem.${field}_${reason}`),
  ]);
  return {
    action: `/e/${row.id}/link#link`,
    isAfter: asksWhoWasThere(row, now),
    asksName: row.access !== 'members',
    name: sent.name ?? '',
    email: sent.email ?? '',
    invitedBy: sent.invitedBy ?? '',
    errors: Object.fromEntries(entries),
  };
}

/** One line of a chapter's list. */
export type EventItem = {
  url: string;
  title: string;
  leaf: Leaf;
  when: string;
  place: string;
  cancelled: boolean;
};

export function eventItem(event: PublicEvent, context: PageContext): EventItem {
  const { leaf, when } = eventView({ ...event, description: '' }, context);
  return {
    url: `/e/${event.id}`,
    title: event.title,
    leaf,
    when,
    place: placeInWords(event, context.t),
    cancelled: event.state === 'cancelled',
  };
}

/** What a shared link shows beside its title: when and where, then how it begins. */
export function cardDescription(row: PublicEventRow, context: PageContext): string {
  const { startsAt, endsAt, timeZone } = row;
  const when = periodInWords(startsAt, endsAt, timeZone, context.locale, context.now);
  const beginning = plainText(row.description, 160);
  return [`${when}, ${placeInWords(row, context.t)}.`, beginning].filter(Boolean).join(' ');
}

/** The event for search engines (https://schema.org/Event). Never its join link. */
export function eventData(row: PublicEventRow, url: string, chapterUrl: string): string {
  const places = [
    row.format !== 'online' && {
      '@type': 'Place',
      name: row.venueName ?? undefined,
      address: row.venueAddress ?? row.venueName ?? undefined,
    },
    row.format !== 'in_person' && { '@type': 'VirtualLocation', url },
  ].filter((place) => place !== false);
  const attendance = { in_person: 'Offline', online: 'Online', hybrid: 'Mixed' }[
    row.format as EventTerms['format']
  ];
  return jsonLd({
    '@context': 'https://schema.org',
    '@type': 'Event',
    name: row.title,
    description: plainText(row.description, 500) || undefined,
    startDate: row.startsAt.toISOString(),
    endDate: row.endsAt.toISOString(),
    eventAttendanceMode: `https://schema.org/${attendance}EventAttendanceMode`,
    eventStatus: `https://schema.org/${row.state === 'cancelled' ? 'EventCancelled' : 'EventScheduled'}`,
    location: places.length > 1 ? places : places[0],
    organizer: { '@type': 'Organization', name: `${row.networkName}, ${row.chapterName}`, url: chapterUrl },
    url,
  });
}
