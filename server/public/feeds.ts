import { chapterFeed, eventCalendar, publicUid } from '../calendar/ics.ts';
import type { EventRow } from '../events/views.ts';
import { placeInWords } from '../events/views.ts';
import { periodInWords } from '../web/dates.ts';
import { type Locale, translator } from '../web/i18n.ts';
import type { Links } from '../web/links.ts';
import { plainText, renderMarkdown } from '../web/markdown.ts';
import type { ChapterRow, PublicEvent } from './queries.ts';

type Listed = EventRow & {
  state: string;
  revision: number;
  publishedAt: Date | null;
  movedAt: Date | null;
  cancelledAt: Date | null;
};

/** When what a feed says of an event last changed, as far as is written down. */
export function changedAt(event: Listed): Date {
  const times = [event.publishedAt, event.movedAt, event.cancelledAt].filter((at) => at !== null);
  return new Date(Math.max(...times.map((at) => at.getTime()), 0));
}

function entryOf(event: Listed, links: Links) {
  const url = links.url(`/e/${event.id}`);
  return {
    uid: publicUid(event.id, new URL(links.publicUrl).hostname),
    sequence: event.revision,
    dtstamp: changedAt(event),
    event: {
      title: event.title,
      description: plainText(event.description, 1000) || null,
      // Never the join link: it reaches only those confirmed online.
      location:
        event.format === 'online' ? null : [event.venueName, event.venueAddress].filter(Boolean).join(', '),
      startsAt: event.startsAt,
      endsAt: event.endsAt,
      timeZone: event.timeZone,
    },
    organizer: null,
    url,
    cancelled: event.state === 'cancelled',
  };
}

/** `/e/{id}.ics` */
export function eventIcs(event: Listed, locale: Locale, links: Links): string {
  return eventCalendar({ ...entryOf(event, links), locale });
}

/** `/c/{chapter}/calendar.ics` */
export function chapterIcs(chapter: ChapterRow, events: readonly PublicEvent[], links: Links): string {
  return chapterFeed({
    name: `${chapter.networkName} · ${chapter.name}`,
    locale: chapter.locale as Locale,
    entries: events.map((event) => entryOf(event, links)),
  });
}

/** `/c/{chapter}/feed.atom` (RFC 4287) */
export function chapterAtom(
  chapter: ChapterRow,
  events: readonly PublicEvent[],
  links: Links,
  now: Date,
): string {
  const locale = chapter.locale as Locale;
  const t = translator(locale, 'neutral');
  const self = links.url(`/c/${chapter.slug}/feed.atom`);
  const updated = events.map(changedAt).sort((a, b) => b.getTime() - a.getTime())[0];
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
      `<published>${(event.publishedAt ?? changedAt(event)).toISOString()}</published>`,
      `<updated>${changedAt(event).toISOString()}</updated>`,
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
