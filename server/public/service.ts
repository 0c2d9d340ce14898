import { sql } from 'kysely';
import type { Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';
import { findPersonByAddress } from '../people/queries.ts';
import { splitName } from '../people/rules.ts';
import { ensurePerson } from '../people/service.ts';
import { isStranger, reachedStrangerLimit } from '../people/strangers.ts';
import { ensureInvitation } from '../rsvps/invitations.ts';
import { findInvitation } from '../rsvps/queries.ts';
import { closesAt } from '../rsvps/rules.ts';
import type { Locale } from '../web/i18n.ts';
import type { Topic } from '../web/links.ts';
import { countLinkMails, findInviter, listOptOuts } from './queries.ts';
import { asksWhoWasThere } from './rules.ts';

/** An address gets one link mail in ten minutes, and so many in a day: nobody floods somebody else's mailbox. */
const bucketMs = 600_000;
const perDay = 6;

/**
 * Mails somebody her personal link, where the event's access allows it: before the event to her answer, where nothing is
 * booked until she gives it, from the start on to the page where she says how it was.
 * Says nothing about what it did: whether an address is known is nobody's business.
 */
export async function requestLink(
  deps: Deps,
  request: { eventId: string; email: string; name: string; invitedBy: string; locale: Locale },
): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    const event = await trx
      .selectFrom('events')
      .selectAll()
      .where('id', '=', request.eventId)
      .executeTakeFirst();
    if (!event) return;
    const isAfter = asksWhoWasThere(event, now);
    if (!isAfter && (event.state !== 'published' || now >= closesAt(event))) return;
    const personId = await whoAsks(trx, deps, event, request, now);
    if (!personId) return;
    const invitation = await findInvitation(trx, event.id, personId);
    if (!invitation) return;
    // Requests for several events at once are counted one after the other.
    await sql`select 1 from people where id = ${personId} for no key update`.execute(trx);
    if ((await countLinkMails(trx, personId, new Date(now.getTime() - 86_400_000))) >= perDay) return;
    await sendToOne(
      trx,
      [
        {
          ...(isAfter ? afterMail : await answerMail(trx, { personId, chapterId: event.chapterId })),
          personId,
          chapterId: event.chapterId,
          eventId: event.id,
          cause: `${isAfter ? 'feedback_link' : 'link'}:${invitation.id}:${Math.floor(now.getTime() / bucketMs)}`,
        },
      ],
      now,
    );
  });
}

const afterMail = { kind: 'confirmation', template: 'feedback_link' } as const;

async function answerMail(trx: Trx, of: { personId: string; chapterId: string }) {
  // Who wants no invitations has asked for this mail all the same.
  const optedOut = (await listOptOuts(trx, of)).has('invitation');
  return { kind: optedOut ? 'confirmation' : 'invitation', template: 'personal_link' } as const;
}

type Asked = Parameters<typeof requestLink>[1];

/** The invited person behind the address; where the event is open, whoever asks is invited. */
async function whoAsks(
  trx: Trx,
  deps: Deps,
  event: { id: string; chapterId: string; access: string },
  request: Asked,
  now: Date,
): Promise<string | null> {
  const found = await findPersonByAddress(trx, request.email);
  if (event.access === 'members') return found?.id ?? null;
  // A person has a name; after the event it is asked of those alone who are not known.
  if (!found && request.name === '') return null;
  const stranger = !found || (await isStranger(trx, found.id));
  if (stranger && (await reachedStrangerLimit(trx, event.chapterId, now))) return null;
  const outcome = await ensurePerson(
    trx,
    deps.links,
    { email: request.email, ...splitName(request.name), locale: request.locale },
    { source: event.access, now },
  );
  // An address whose owner had herself erased does not come back by a form that anybody can fill in.
  if (!outcome.ok) return null;
  const { person } = outcome;
  const known = await findInvitation(trx, event.id, person.id);
  if (known) return person.id;
  await ensureInvitation(trx, deps.links, {
    event,
    personId: person.id,
    source: event.access === 'public' ? 'public' : 'link',
    now,
  });
  if (request.invitedBy !== '') {
    await trx
      .updateTable('invitations')
      .set({
        invitedBy: request.invitedBy,
        invitedByPersonId: await findInviter(trx, event.chapterId, request.invitedBy, now),
      })
      .where('eventId', '=', event.id)
      .where('personId', '=', person.id)
      .execute();
  }
  return person.id;
}

/** Stops one kind of mail from one chapter, or takes that back. Doing it twice changes nothing. */
export async function setOptedOut(
  deps: Pick<Deps, 'db' | 'clock'>,
  of: { personId: string; chapterId: string; topic: Topic },
  optedOut: boolean,
): Promise<void> {
  const { personId, chapterId, topic } = of;
  if (optedOut) {
    await deps.db
      .insertInto('preferences')
      .values({ personId, chapterId, topic, optedOutAt: deps.clock() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return;
  }
  await deps.db
    .deleteFrom('preferences')
    .where('personId', '=', personId)
    .where('chapterId', '=', chapterId)
    .where('topic', '=', topic)
    .execute();
}
