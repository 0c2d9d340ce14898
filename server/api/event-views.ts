import type { Static } from '@fastify/type-provider-typebox';
import type { Deps } from '../deps.ts';
import { countAnswers, type EventWithChapter } from '../events/queries.ts';
import type { AnswerRow } from '../rsvps/list.ts';
import type { Mode } from '../rsvps/rules.ts';
import type { Links } from '../web/links.ts';
import type { Caller } from './auth.ts';
import type { EventShape, RsvpShape } from './event-shapes.ts';

type EventView = Static<typeof EventShape>;
type RsvpView = Static<typeof RsvpShape>;

const iso = (at: Date | null) => at?.toISOString() ?? null;

/** An event with its counts, as the API tells it. */
export async function eventView(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  event: EventWithChapter,
): Promise<EventView> {
  const over = event.state === 'published' && event.endsAt <= deps.clock();
  return {
    id: event.id,
    chapter: event.chapterSlug,
    title: event.title,
    description: event.description,
    format: event.format as EventView['format'],
    startsAt: event.startsAt.toISOString(),
    endsAt: event.endsAt.toISOString(),
    timeZone: event.timeZone,
    venue:
      event.venueName || event.venueAddress ? { name: event.venueName, address: event.venueAddress } : null,
    joinUrl: event.joinUrl,
    seats: { room: event.seatsRoom, online: event.seatsOnline },
    guestsAllowed: event.guestsAllowed,
    maybeAllowed: event.maybeAllowed,
    access: event.access as EventView['access'],
    cost: event.cost,
    bring: event.bring,
    answersCloseAt: iso(event.answersCloseAt),
    promotion: event.promotion as EventView['promotion'],
    state: (over ? 'ended' : event.state) as EventView['state'],
    seriesId: event.seriesId,
    recurrenceId: event.recurrenceOn,
    publishAt: event.state === 'draft' ? iso(event.publishAt) : null,
    publishedAt: iso(event.publishedAt),
    cancelledAt: iso(event.cancelledAt),
    cancelReason: event.cancelReason,
    attendanceComplete: { room: iso(event.roomCompleteAt), online: iso(event.onlineCompleteAt) },
    url: deps.links.url(`/e/${event.id}`),
    counts: await countAnswers(deps.db, event),
  };
}

/** @param caller a token of one chapter is not told how to reach the people of another that holds the event too */
export function rsvpView(links: Links, row: AnswerRow, caller: Pick<Caller, 'chapterId'>): RsvpView {
  const guests = row.guests ?? 0;
  const reaches = caller.chapterId === null || !row.isAnothers;
  return {
    personId: row.personId,
    email: reaches ? row.email : null,
    firstName: row.firstName,
    lastName: row.lastName,
    state: row.state as RsvpView['state'],
    mode: row.mode as Mode | null,
    guests,
    guestNames: Array.from({ length: guests }, (_, index) => row.guestNames[index] ?? ''),
    queuedAt: iso(row.queuedAt),
    offerExpiresAt: iso(row.offerExpiresAt),
    answeredAt: iso(row.answeredAt),
    note: row.note,
    source: row.source as RsvpView['source'],
    link: row.erasedAt || !reaches ? null : links.rsvpUrl(row),
  };
}
