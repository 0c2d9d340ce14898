import { calendarFeed, eventCalendar, publicUid } from '../calendar/ics.ts';
import type { EventRow } from '../events/views.ts';
import { placeInWords, placeOf } from '../events/views.ts';
import { fingerprint } from '../web/conditional.ts';
import { periodInWords } from '../web/dates.ts';
import { type Locale, translator } from '../web/i18n.ts';
import type { Links } from '../web/links.ts';
import { plainText, renderMarkdown } from '../web/markdown.ts';
import type { FeedHead } from './feed-queries.ts';
import type { PublicEvent } from './queries.ts';

type Listed = EventRow & {
  state: string;
  revision: number;
  publishedAt: Date | null;
  changedAt: Date;
};

function entryOf(event: Listed, links: Links) {
  const url = links.url(`/e/${event.id}`);
  return {
    uid: publicUid(event.id, new URL(links.publicUrl).hostname),
    sequence: event.revision,
    dtstamp: event.changedAt,
    event: {
      title: event.title,
      description: plainText(event.description, 1000) || null,
      // Never the join link: it reaches only those confirmed online.
      location: event.format === 'online' ? null : placeOf(event),
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      timeZone: event.timeZone,
    },
    organizer: null,
    url,
    cancelled: event.state === 'cancelled',
  };
}

let mark: string | null = null;

/** What feeds look like in this version of the service: another one makes them anew, though no event changed. */
export function formatMark(): string {
  const at = new Date(0);
  const event = {
    title: 'x',
    description: 'x',
    location: 'x',
    startsAt: at,
    endsAt: at,
    timeZone: 'Europe/Rome',
  };
  const entry = { uid: 'x', sequence: 0, dtstamp: at, event, organizer: null, url: 'x', cancelled: false };
  const listed = {
    ...event,
    id: 'x',
    venueName: 'x',
    venueAddress: 'x',
    format: 'hybrid',
    state: 'published',
  };
  const chapter = { id: 'x', slug: 'x', name: 'x', networkName: 'x', locale: 'it', accentColour: '#000000' };
  const atom = () =>
    chapterAtom(
      { ...chapter, version: '', changedAt: at },
      [{ ...listed, publishedAt: at, changedAt: at } as unknown as PublicEvent],
      { url: (path: string) => path } as Links,
      at,
    );
  mark ??= fingerprint(
    calendarFeed({ name: 'x', colour: '#000000', locale: 'it', entries: [entry] }) + atom(),
  );
  return mark;
}

/** `/e/{id}.ics` */
export function eventIcs(event: Listed, locale: Locale, links: Links): string {
  return eventCalendar({ ...entryOf(event, links), locale });
}

/** `/c/{chapter}/calendar.ics` */
export function chapterIcs(chapter: FeedHead, events: readonly PublicEvent[], links: Links): string {
  return calendarFeed({
    name: `${chapter.networkName} · ${chapter.name}`,
    colour: chapter.accentColour,
    locale: chapter.locale as Locale,
    entries: events.map((event) => entryOf(event, links)),
  });
}

/** `/c/{chapter}/feed.atom` (RFC 4287) */
export function chapterAtom(
  chapter: FeedHead,
  events: readonly PublicEvent[],
  links: Links,
  now: Date,
): string {
  const locale = chapter.locale as Locale;
  const t = translator(locale, 'neutral');
  const self = links.url(`/c/${chapter.slug}/feed.atom`);
  const updated = events.map((event) => event.changedAt).sort((a, b) => b.getTime() - a.getTime())[0];
  const entries = events.map((event) => {
    const url = links.url(`/e/${event.id}`);
    const when = periodInWords(event.startsAt, event.endsAt, event.timeZone, locale, now);
    const status =
      event.state === 'cancelled' ? `<p><strong>${escapeXml(t('rsvp.cancelled.title'))}</strong></p>` : '';
    const html = `${status}<p>${escapeXml(when)}<br>${escapeXml(placeInWords(event, t))}</p>${renderMarkdown(event.description)}`;
    return [
      '<entry>',
      `<id>urn:uuid:${event.id}</id>`,
      `<title>${escapeXml(event.title)}</title>`,
      `<link rel="alternate" type="text/html" href="${escapeXml(url)}"/>`,
      `<published>${(event.publishedAt ?? event.changedAt).toISOString()}</published>`,
      `<updated>${event.changedAt.toISOString()}</updated>`,
      `<content type="html">${escapeXml(html)}</content>`,
      '</entry>',
    ].join('');
  });
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${locale}">`,
    `<id>${escapeXml(self)}</id>`,
    `<title>${escapeXml(`${chapter.networkName} · ${chapter.name}`)}</title>`,
    `<author><name>${escapeXml(chapter.networkName)}</name></author>`,
    `<link rel="self" type="application/atom+xml" href="${escapeXml(self)}"/>`,
    `<link rel="alternate" type="text/html" href="${escapeXml(links.url(`/c/${chapter.slug}`))}"/>`,
    `<updated>${(updated ?? new Date(0)).toISOString()}</updated>`,
    ...entries,
    '</feed>\n',
  ].join('\n');
}

/** XML has no place for most control characters, not even escaped (XML 1.0, section 2.2). */
function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
