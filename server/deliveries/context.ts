import type { Selectable } from 'kysely';
import { isCurrent } from '../chapters/current.ts';
import type { Db } from '../db/database.ts';
import type { Mailings } from '../db/types.ts';
import { isNewcomer } from '../encounters/newcomers.ts';
import { loadMessageContext, type MessageContext } from '../messages/context.ts';
import { isStranger } from '../people/strangers.ts';
import type { Claimed } from './ledger.ts';
import { type TextIds, textIdsOfMailing } from './texts.ts';

/** All that the mail of one delivery is written from, as it stands now. */
export type MailContext = Awaited<ReturnType<typeof loadMailContext>>;

export async function loadMailContext(
  db: Db,
  claim: Pick<Claimed, 'mailingId' | 'personId' | 'eventId' | 'datedAt'>,
) {
  const mailing = await db
    .selectFrom('mailings')
    .selectAll()
    .select(textIdsOfMailing.as('textIds'))
    .where('id', '=', claim.mailingId)
    .executeTakeFirstOrThrow();
  return contextOf(db, mailing, claim);
}

/** The same for a mailing that is not, or not yet, in the ledger. */
export async function contextOf(
  db: Db,
  mailing: Selectable<Mailings> & { textIds: TextIds | null },
  claim: Pick<Claimed, 'personId' | 'eventId' | 'datedAt'>,
) {
  const person = await findReader(db, claim.personId);
  const network = await db.selectFrom('networks').selectAll().executeTakeFirstOrThrow();
  const chapter = mailing.chapterId
    ? await db
        .selectFrom('chapters')
        .selectAll()
        .where('id', '=', mailing.chapterId)
        .executeTakeFirstOrThrow()
    : null;
  const event = claim.eventId ? await loadEventContext(db, claim.eventId, claim.personId) : null;
  const message: MessageContext | null = mailing.messageId
    ? await loadMessageContext(db, mailing.messageId, claim.personId)
    : null;
  const coordinator = mailing.chapterId
    ? await findSigner(db, mailing.chapterId, claim.datedAt, event?.event.createdBy ?? message?.createdBy)
    : null;
  return { mailing, person, network, chapter, coordinator, event, message };
}

/** What a stranger is called was written by whoever typed her address: no mail repeats it before she answers. */
async function findReader(db: Db, personId: string) {
  const person = await db
    .selectFrom('people')
    .selectAll()
    .where('id', '=', personId)
    .executeTakeFirstOrThrow();
  return (await isStranger(db, personId)) ? { ...person, firstName: '', lastName: '' } : person;
}

export type EventContext = NonNullable<MailContext['event']>;

async function loadEventContext(db: Db, eventId: string, personId: string) {
  const event = await db.selectFrom('events').selectAll().where('id', '=', eventId).executeTakeFirstOrThrow();
  const invitation =
    (await db
      .selectFrom('invitations')
      .selectAll()
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .executeTakeFirst()) ?? null;
  const rsvp =
    (await db
      .selectFrom('rsvps')
      .selectAll()
      .where('eventId', '=', eventId)
      .where('personId', '=', personId)
      .executeTakeFirst()) ?? null;
  const guests = rsvp?.guests
    ? await db
        .selectFrom('rsvpGuests')
        .select(['name', 'email'])
        .where('eventId', '=', eventId)
        .where('personId', '=', personId)
        .orderBy('position')
        .execute()
    : [];
  const newcomer =
    invitation !== null &&
    invitation.source !== 'member' &&
    (await db
      .selectFrom('invitations as i')
      .select('i.id')
      .where('i.id', '=', invitation.id)
      .where(isNewcomer)
      .executeTakeFirst()) !== undefined;
  return { event, invitation, rsvp, guests, newcomer };
}

/** Who signs: whoever made the event or wrote the message, while she coordinates; else who has coordinated longest. */
async function findSigner(db: Db, chapterId: string, at: Date, createdBy: string | null | undefined) {
  const coordinators = await db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select(['people.id', 'people.firstName', 'people.lastName', 'people.phone', 'people.email'])
    .where('memberships.chapterId', '=', chapterId)
    .where('memberships.role', '=', 'coordinator')
    // Who hands over signs until her last day is over.
    .where(isCurrent('memberships', at))
    .where('people.erasedAt', 'is', null)
    .orderBy('memberships.startsAt')
    .orderBy('memberships.id')
    .execute();
  return coordinators.find((person) => person.id === createdBy) ?? coordinators[0] ?? null;
}
