import type { EventContext } from '../deliveries/context.ts';
import type { AnswerLinks, MailEvent } from '../mail/variables.ts';
import type { Format } from '../rsvps/rules.ts';
import { clockTime, dayInWords, isoDay, momentInWords } from '../web/dates.ts';
import type { Locale } from '../web/i18n.ts';
import type { MailMaker } from './emails.ts';
import { topicOf } from './topics.ts';

/** What a mail says of its event: the card's lines, the hours in words, and the links of its reader. */

export function eventOf(maker: MailMaker, about: EventContext): MailEvent {
  const { event, rsvp } = about;
  const { t, locale, now } = maker;
  const place = event.format === 'online' ? null : event.venueName;
  const confirmedOnline = rsvp?.state === 'going' && rsvp.mode === 'online';
  const left = maker.facts.seatsLeft;
  return {
    title: event.title,
    description: event.description,
    when: whenOf(maker, event.startsAt, event.endsAt, event.timeZone),
    whenShort: shortWhen(event.startsAt, event.timeZone, locale),
    zoneNote:
      event.timeZone === maker.context.chapter?.timeZone
        ? null
        : t('mails.zone', { place: placeOfZone(event.timeZone) }),
    format: event.format as Format,
    venue: place
      ? { name: place, address: event.venueAddress ?? '', mapUrl: mapUrl(place, event.venueAddress) }
      : null,
    joinUrl: confirmedOnline ? event.joinUrl : null,
    cost: event.cost,
    bring: event.bring,
    guestsAllowed: event.guestsAllowed,
    seatsLeftNote:
      left !== null && left > 0 && left <= 5
        ? t('mails.seats_left', { count: left, mode: event.format === 'hybrid' ? 'room' : 'any' })
        : null,
    answerBy: event.answersCloseAt
      ? momentInWords(event.answersCloseAt, event.timeZone, locale, now, t)
      : null,
  };
}

/** A search for the address: a link that she may follow, nothing that is loaded. */
export function mapUrl(name: string, address: string | null): string {
  return `https://www.openstreetmap.org/search?query=${encodeURIComponent(address || name)}`;
}

export function whenOf(
  maker: Pick<MailMaker, 't' | 'locale' | 'now'>,
  start: Date,
  end: Date | null,
  zone: string,
) {
  const { t, locale, now } = maker;
  const day = dayInWords(start, zone, locale, now);
  const from = clockTime(start, zone, locale);
  if (!end) return `${day}, ${from}`;
  const to = clockTime(end, zone, locale);
  const oneEvening =
    end.getTime() - start.getTime() < 12 * 3_600_000 || isoDay(start, zone) === isoDay(end, zone);
  if (oneEvening) return t('mails.period', { day, from, to });
  return t('mails.period_days', { day, from, lastDay: dayInWords(end, zone, locale, now), to });
}

const shortFormats = new Map<string, Intl.DateTimeFormat>();

/** "gio 26 nov, 18:30": the beginning of a subject. */
export function shortWhen(at: Date, timeZone: string, locale: Locale): string {
  const key = `${locale} ${timeZone}`;
  const format =
    shortFormats.get(key) ??
    new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : 'it', {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      timeZone,
    });
  shortFormats.set(key, format);
  return `${format.format(at).replace(',', '')}, ${clockTime(at, timeZone, locale)}`;
}

const placeOfZone = (zone: string) => zone.split('/').at(-1)?.replaceAll('_', ' ') ?? zone;

export function linksOf(maker: MailMaker, about: EventContext): AnswerLinks {
  const { links, context } = maker;
  const topic = topicOf(context.mailing.kind);
  const invitation = about.invitation;
  const answer = invitation
    ? links.rsvpUrl({ ...invitation, linkEpoch: context.person.linkEpoch })
    : links.url(`/e/${about.event.id}`);
  return {
    yes: `${answer}?a=yes`,
    no: `${answer}?a=no`,
    maybe: about.event.maybeAllowed ? `${answer}?a=maybe` : null,
    answer,
    event: links.url(`/e/${about.event.id}`),
    calendar: `${answer}/calendar.ics`,
    privacy: links.url('/privacy'),
    unsubscribe: topic
      ? links.unsubscribeUrl({ personId: context.person.id, chapterId: about.event.chapterId, topic })
      : null,
  };
}
