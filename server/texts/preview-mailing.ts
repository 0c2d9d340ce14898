import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { previewMail } from '../deliveries/preview.ts';
import { setScene } from '../deliveries/scene.ts';
import { rehearse } from '../deliveries/service.ts';
import type { Deps } from '../deps.ts';
import { isAnothers } from '../events/holders.ts';
import type { RenderedMail } from '../mail/render.ts';
import { isMailTemplate } from '../mail/variables.ts';
import { audienceIs } from '../mailings/audience.ts';
import { covered } from './preview.ts';

export type MailingPreview =
  | { ok: true; mail: RenderedMail }
  | { ok: false; reason: 'not_invited' | 'nothing_to_preview' | 'nobody_to_preview' };

/**
 * A mailing as one person would get it now: she who is named, or one of those whom it goes to.
 * @param of.chapterId whose people may be shown: an event of several groups has some of another's; null for everybody's
 */
export async function previewMailing(
  deps: Pick<Deps, 'db' | 'clock' | 'links' | 'config'>,
  mailingId: string,
  of: { personId: string | null; chapterId: string | null },
): Promise<MailingPreview> {
  const { personId } = of;
  const mailing = await deps.db
    .selectFrom('mailings')
    .selectAll()
    .where('id', '=', mailingId)
    .executeTakeFirstOrThrow();
  const { chapterId, eventId, messageId, template, kind, audience } = mailing;
  if (chapterId && messageId) return previewMessage(deps, { chapterId, eventId, messageId }, personId);
  if (!chapterId || !isMailTemplate(template) || !eventId) return { ok: false, reason: 'nothing_to_preview' };
  const reader = await findReader(deps.db, {
    eventId,
    kind,
    audience,
    personId: personId ?? mailing.personId,
    ofChapter: of.chapterId,
  });
  if (!reader) return { ok: false, reason: personId ? 'not_invited' : 'nobody_to_preview' };
  const mail = await rehearse(deps.db, async (trx) => {
    const scene = { event: { id: eventId, chapterId }, personId: reader };
    const made = await setScene(trx, deps, template, scene, deps.clock());
    const data = { ...made, ...(mailing.data as object) };
    return previewMail({ ...deps, db: trx }, { template, ...scene, data });
  });
  return { ok: true, mail: covered(mail) };
}

/** A message to the group, for a member of it. */
async function previewMessage(
  deps: Pick<Deps, 'db' | 'clock' | 'links' | 'config'>,
  of: { chapterId: string; eventId: string | null; messageId: string },
  personId: string | null,
): Promise<MailingPreview> {
  const { chapterId, eventId: id, messageId } = of;
  const reader = await deps.db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select('people.id')
    .where('memberships.chapterId', '=', chapterId)
    .where('memberships.endsAt', 'is', null)
    .where('people.erasedAt', 'is', null)
    .$if(personId !== null, (query) => query.where('people.id', '=', personId as string))
    .orderBy('memberships.id')
    .executeTakeFirst();
  if (!reader) return { ok: false, reason: personId ? 'not_invited' : 'nobody_to_preview' };
  const event = { id, chapterId };
  const mail = await previewMail(deps, { template: 'announcement', event, messageId, personId: reader.id });
  return { ok: true, mail: covered(mail) };
}

/** Somebody of the event: the one who is asked for, else one of the audience, else anybody who is invited. */
async function findReader(
  db: Db,
  of: {
    eventId: string;
    kind: string;
    audience: string | null;
    personId: string | null;
    ofChapter: string | null;
  },
): Promise<string | null> {
  const inAudience = of.audience === null ? sql`true` : audienceIs(of.audience, of.kind);
  const isHers = of.ofChapter
    ? sql`not ${isAnothers({
        eventId: sql`i.event_id`,
        personId: sql`i.person_id`,
        chapterId: sql`${of.ofChapter}::uuid`,
      })}`
    : sql`true`;
  const result = await sql<{ personId: string }>`
    select i.person_id from invitations i
    join events e on e.id = i.event_id
    join people p on p.id = i.person_id and p.erased_at is null
    left join rsvps r on r.event_id = i.event_id and r.person_id = i.person_id
    left join attendance a on a.event_id = i.event_id and a.person_id = i.person_id
    where i.event_id = ${of.eventId} and ${of.personId === null ? sql`true` : sql`i.person_id = ${of.personId}`}
      and ${isHers}
    order by coalesce(${inAudience}, false) desc, i.id
    limit 1
  `.execute(db);
  return result.rows[0]?.personId ?? null;
}
