import type { AnnouncementMail } from '../mail/variables.ts';
import { chapterOf, type MailMaker, networkOf, personOf } from './emails.ts';
import { shortWhen, whenOf } from './event-variables.ts';

/** What a message to the group may speak of: its reader, who writes, and the event whose people it goes to. */
export function announcementMail(maker: MailMaker): AnnouncementMail {
  const { context, links, t } = maker;
  const { chapter, coordinator, message, person } = context;
  const readerChapter = chapterOf(maker);
  if (!chapter || !coordinator || !readerChapter) {
    throw new Error(`mailing ${context.mailing.id} of kind ${context.mailing.kind} belongs to no chapter`);
  }
  const event = message?.event ?? null;
  const reader = { personId: person.id, chapterId: chapter.id };
  return {
    network: networkOf(maker),
    chapter: readerChapter,
    person: personOf(maker),
    coordinator: {
      firstName: coordinator.firstName,
      lastName: coordinator.lastName,
      phone: coordinator.phone,
    },
    firstName: person.firstName,
    event: event && {
      title: event.title,
      when: whenOf(maker, event.startsAt, event.endsAt, event.timeZone),
      whenShort: shortWhen(event.startsAt, event.timeZone, maker.locale),
      place:
        event.format === 'online'
          ? t('frame.online')
          : [event.venueName, event.venueAddress].filter(Boolean).join(', '),
    },
    links: {
      answer: event && answerUrl(maker, event),
      archive: links.archiveUrl({ ...reader, linkEpoch: person.linkEpoch }),
      privacy: links.url('/privacy'),
      unsubscribe: links.unsubscribeUrl({ ...reader, topic: 'announcement' }),
    },
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
