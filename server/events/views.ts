import { dayInWords, type Leaf, leafOf, periodInWords, relativeDay, zoneInWords } from '../web/dates.ts';
import type { Locale, Translate } from '../web/i18n.ts';
import { renderMarkdown } from '../web/markdown.ts';

/** What a page needs of an event's row. */
export type EventRow = {
  id: string;
  title: string;
  description: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
  timeZone: string;
  startsAt: Date;
  endsAt: Date;
  cost: string | null;
  bring: string | null;
  chapterName?: string;
  /** The names of the chapters that hold it beside its own. */
  cohosts?: readonly string[];
};

/** An event as pages show it. */
export type EventView = {
  title: string;
  leaf: Leaf;
  /** "giovedì 26 novembre, 18:30–20:30" */
  when: string;
  startsIso: string;
  /** "giovedì": the shortest name of the day that is clear. */
  day: string;
  fullDay: string;
  place: { name: string; address: string; mapUrl: string } | null;
  isOnline: boolean;
  isHybrid: boolean;
  /** Named only where somebody may sit in another zone. */
  zone: string | null;
  cost: string | null;
  bring: string | null;
  /** "Bologna e Modena", where more than one chapter holds it. */
  heldBy: string | null;
  /** HTML, safe to print. */
  description: string;
};

export type PageContext = { locale: Locale; t: Translate; now: Date };

export function eventView(row: EventRow, { locale, t, now }: PageContext): EventView {
  const { timeZone: zone, startsAt, endsAt } = row;
  const isOnline = row.format !== 'in_person';
  return {
    title: row.title,
    leaf: leafOf(startsAt, zone, locale),
    when: periodInWords(startsAt, endsAt, zone, locale, now),
    startsIso: startsAt.toISOString(),
    day: relativeDay(startsAt, zone, locale, now, t),
    fullDay: dayInWords(startsAt, zone, locale, now),
    place: placeView(row),
    isOnline,
    isHybrid: row.format === 'hybrid',
    zone: isOnline ? zoneInWords(startsAt, zone, locale) : null,
    cost: row.cost,
    bring: row.bring,
    heldBy: heldByInWords(row, locale),
    description: row.description.trim() === '' ? '' : renderMarkdown(row.description),
  };
}

function heldByInWords({ chapterName, cohosts = [] }: EventRow, locale: Locale): string | null {
  if (!chapterName || cohosts.length === 0) return null;
  return new Intl.ListFormat(locale).format([chapterName, ...cohosts]);
}

/** "Enoteca Storica, Via Marsala 2", as far as it is known; null where it is not. */
export function placeOf(at: { venueName: string | null; venueAddress: string | null }): string | null {
  return [at.venueName, at.venueAddress].filter(Boolean).join(', ') || null;
}

/** Where it is, in one line: "Enoteca Storica, via Clavature 12 · online". */
export function placeInWords(
  event: Pick<EventRow, 'format' | 'venueName' | 'venueAddress'>,
  t: Translate,
): string {
  const place = placeView(event);
  const room = place ? [place.name, place.address].filter(Boolean).join(', ') : t('common.placeOpen');
  if (event.format === 'online') return t('common.online');
  return event.format === 'hybrid' ? t('common.roomOrOnline', { place: room }) : room;
}

function placeView(event: Pick<EventRow, 'format' | 'venueName' | 'venueAddress'>): EventView['place'] {
  if (event.format === 'online' || (!event.venueName && !event.venueAddress)) return null;
  const [name, address] = [event.venueName ?? '', event.venueAddress ?? ''];
  const query = encodeURIComponent([name, address].filter(Boolean).join(', '));
  return {
    name: name || address,
    address: name ? address : '',
    mapUrl: mapUrl(address ? encodeURIComponent(address) : query),
  };
}

// A plain link: nothing is asked of the map's server before she taps it.
const mapUrl = (query: string) => `https://www.openstreetmap.org/search?query=${query}`;
