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

/** An address gets one link mail in ten minutes, and so many in a day: nobody floods somebody else's mailbox. */
const bucketMs = 600_000;
const perDay = 6;

/**
 * Mails somebody her personal link, where the event's access allows it. Nothing is booked until she answers from it.
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
    if (event?.state !== 'published' || now >= closesAt(event)) return;
    const personId = await whoAsks(trx, deps, event, request, now);
    if (!personId) return;
    const invitation = await findInvitation(trx, event.id, personId);
    if (!invitation) return;
    // Requests for several events at once are counted one after the other.
    await sql`select 1 from people where id = ${personId} for no key update`.execute(trx);
    if ((await countLinkMails(trx, personId, new Date(now.getTime() - 86_400_000))) >= perDay) return;
    const optOuts = await listOptOuts(trx, { personId, chapterId: event.chapterId });
    const optedOut = optOuts.has('invitation');
    await sendToOne(
      trx,
      [
        {
          // Who wants no invitations has asked for this mail all the same.
          kind: optedOut ? 'confirmation' : 'invitation',
          template: 'personal_link',
          personId,
          chapterId: event.chapterId,
          eventId: event.id,
          cause: `link:${invitation.id}:${Math.floor(now.getTime() / bucketMs)}`,
        },
      ],
      now,
    );
  });
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
