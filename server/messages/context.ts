import type { Db } from '../db/database.ts';
import type { MailSource } from '../mail/render.ts';

/** A message to the group as the mail to one person is written from it. */
export type MessageContext = Omit<Message, 'event'> & {
  event: (NonNullable<Message['event']> & { invitationId: string | null }) | null;
};

type Message = Awaited<ReturnType<typeof loadMessage>>;

/** A message, as it is for all of its readers. */
export async function loadMessage(db: Db, messageId: string) {
  const message = await db
    .selectFrom('messages')
    .select(['id', 'chapterId', 'subject', 'body', 'audience', 'eventId', 'eventAudience', 'createdBy'])
    .where('id', '=', messageId)
    .executeTakeFirstOrThrow();
  const { chosen } = await db
    .selectFrom('messagePeople')
    .select((select) => select.fn.countAll<number>().as('chosen'))
    .where('messageId', '=', messageId)
    .executeTakeFirstOrThrow();
  // A message to one person is a letter: her answer goes to who wrote it.
  const isLetter = message.audience === 'people' && Number(chosen) === 1;
  return {
    ...message,
    isLetter,
    event: message.eventId ? await findEvent(db, message.eventId) : null,
  };
}

async function findEvent(db: Db, eventId: string) {
  return db
    .selectFrom('events')
    .select(['id', 'title', 'startsAt', 'endsAt', 'timeZone', 'format', 'venueName', 'venueAddress'])
    .where('id', '=', eventId)
    .executeTakeFirstOrThrow();
}

/** A message's own words in place of the template's; to somebody whose name nobody knows, without a gap where it would be. */
export function messageSource(
  message: { subject: string; body: string },
  person: { firstName: string },
): MailSource {
  if (person.firstName !== '') return { subject: message.subject, body: message.body };
  return { subject: withoutName(message.subject), body: withoutName(message.body) };
}

const withoutName = (text: string) => text.replace(/ ?\{\{-?\s*(person\.)?firstName\s*-?\}\}/g, '');
