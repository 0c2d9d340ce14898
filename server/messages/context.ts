import type { Db } from '../db/database.ts';
import type { MailSource } from '../mail/render.ts';

/** A message to the group as the mail to one person is written from it. */
export type MessageContext = Awaited<ReturnType<typeof loadMessageContext>>;

export async function loadMessageContext(db: Db, messageId: string, personId: string) {
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
    event: message.eventId ? await findEvent(db, message.eventId, personId) : null,
  };
}

async function findEvent(db: Db, eventId: string, personId: string) {
  const row = await db
    .selectFrom('events as e')
    .leftJoin('invitations as i', (join) =>
      join.onRef('i.eventId', '=', 'e.id').on('i.personId', '=', personId),
    )
    .select(['e.id', 'e.title', 'e.startsAt', 'e.endsAt', 'e.timeZone', 'e.format'])
    .select(['e.venueName', 'e.venueAddress', 'i.id as invitationId'])
    .where('e.id', '=', eventId)
    .executeTakeFirstOrThrow();
  return row;
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
