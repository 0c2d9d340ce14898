import { placeOf } from '../events/views.ts';
import type { AnnouncementMail } from '../mail/variables.ts';
import { fromCoordinator, type MailMaker } from './emails.ts';
import { shortWhen, whenOf } from './event-variables.ts';

/** What a message to the group may speak of: its reader, who writes, and the event whose people it goes to. */
export function announcementMail(maker: MailMaker): AnnouncementMail {
  const { context, links } = maker;
  const { message, person } = context;
  const event = message?.event ?? null;
  const reader = { personId: person.id, chapterId: context.mailing.chapterId as string };
  return {
    ...fromCoordinator(maker),
    firstName: person.firstName,
    event: event && eventInMessage(maker, event),
    links: {
      answer: event && answerUrl(maker, event),
      archive: links.archiveUrl({ ...reader, linkEpoch: person.linkEpoch }),
      privacy: links.url('/privacy'),
      unsubscribe: links.unsubscribeUrl({ ...reader, topic: 'announcement' }),
    },
  };
}

type EventOfMessage = {
  title: string;
  startsAt: Date;
  endsAt: Date;
  timeZone: string;
  format: string;
  venueName: string | null;
  venueAddress: string | null;
};

/** What a message says of the event to whose people it goes. */
export function eventInMessage(
  saying: Pick<MailMaker, 't' | 'locale' | 'now'>,
  event: EventOfMessage,
): AnnouncementMail['event'] {
  return {
    title: event.title,
    when: whenOf(saying, event.startsAt, event.endsAt, event.timeZone),
    whenShort: shortWhen(event.startsAt, event.timeZone, saying.locale),
    place: event.format === 'online' ? saying.t('frame.online') : (placeOf(event) ?? ''),
  };
}

function answerUrl(
  { context, links }: MailMaker,
  event: { id: string; invitationId: string | null },
): string {
  const { person } = context;
  if (!event.invitationId) return links.url(`/e/${event.id}`);
  return links.rsvpUrl({
    id: event.invitationId,
    eventId: event.id,
    personId: person.id,
    linkEpoch: person.linkEpoch,
  });
}
