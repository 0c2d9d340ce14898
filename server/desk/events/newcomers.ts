import { sql } from 'kysely';
import type { Actor } from '../../audit.ts';
import { audit } from '../../audit.ts';
import { isCurrent } from '../../chapters/current.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { holdersOf } from '../../events/holders.ts';
import { inviteMembers } from '../../mailings/due.ts';
import { sendToOne } from '../../mailings/personal.ts';
import { lockEvent } from '../../rsvps/queries.ts';

/** How many belong to the event's chapters now and will get no invitation by themselves: those that leave later find them. */
export async function countUninvited(
  db: Db,
  event: { id: string; chapterId: string },
  now: Date,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct m.person_id)::int as count
    from memberships m
    where (select p.erased_at is null from people p where p.id = m.person_id) and m.chapter_id = ${holdersOf(event)} and ${isCurrent('m', now)}
      and not exists (select 1 from invitations i where i.event_id = ${event.id} and i.person_id = m.person_id)
      and not exists (select 1 from mailings a where a.event_id = ${event.id} and a.kind = 'invitation'
        and a.audience is not null and a.state in ('planned', 'held'))
  `.execute(db);
  return rows[0]?.count ?? 0;
}

/** Invites those who joined since the invitations left, each by a mail of her own, and only once. */
export async function inviteNewMembers(
  deps: Deps,
  { eventId, actor }: { eventId: string; actor: Actor },
): Promise<void> {
  const now = deps.clock();
  await deps.db.transaction().execute(async (trx) => {
    const event = await lockEvent(trx, eventId);
    if (event?.state !== 'published' || event.startsAt <= now) return;
    const known = trx.selectFrom('invitations').select('id').where('eventId', '=', eventId);
    const before = new Set((await known.execute()).map(({ id }) => id));
    await inviteMembers(trx, deps, event, now);
    const all = await known.select('personId').execute();
    const fresh = all.filter(({ id }) => !before.has(id));
    // Where the invitations have still to leave, they reach the new ones too.
    const waiting = await trx
      .selectFrom('mailings')
      .select('id')
      .where('eventId', '=', eventId)
      .where('kind', '=', 'invitation')
      .where('audience', 'is not', null)
      .where('state', 'in', ['planned', 'held'])
      .executeTakeFirst();
    if (!waiting) {
      await sendToOne(
        trx,
        fresh.map(({ id, personId }) => ({
          kind: 'invitation' as const,
          personId,
          chapterId: event.chapterId,
          eventId,
          cause: `invitation:${id}`,
        })),
        now,
      );
    }
    await audit(trx, {
      actor,
      chapterId: event.chapterId,
      action: 'event.members_invited',
      subjectType: 'event',
      subjectId: eventId,
      detail: { count: fresh.length },
    });
  });
}
