import { type RawBuilder, sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import type { Deps } from '../deps.ts';

/**
 * Strangers: people who exist because somebody typed an address into the form of an open event. Whether it was hers,
 * nobody knows until she answers from her link, is seen at an event, or a coordinator takes her in.
 */

/** How many link mails an hour reach strangers of one chapter. An evening's newcomers fit; a list of addresses does not. */
export const strangerMailsPerHour = 20;

const dayMs = 86_400_000;
/** How long the address of somebody who never answered is kept. */
const silentForMs = 30 * dayMs;
/** A personal link opens until then after the event's end, and somebody who holds one is not removed. */
const linkLastsMs = 7 * dayMs;

/** Whether a row `p` of people is a stranger. */
export const isUnknown: RawBuilder<boolean> = sql`(p.source in ('link', 'public') and p.erased_at is null
  and not exists (select 1 from memberships x where x.person_id = p.id)
  and not exists (select 1 from rsvps x where x.person_id = p.id)
  and not exists (select 1 from attendance x where x.person_id = p.id)
  and not exists (select 1 from past_presence x where x.person_id = p.id)
  and not exists (select 1 from join_requests x where x.person_id = p.id and x.state <> 'asked')
  and not exists (select 1 from sessions x where x.person_id = p.id)
  and not exists (
    select 1 from invitations x where x.person_id = p.id and x.source not in ('link', 'public')))`;

export async function isStranger(db: Db, personId: string): Promise<boolean> {
  const found = await sql`select 1 from people p where p.id = ${personId} and ${isUnknown}`.execute(db);
  return found.rows.length > 0;
}

/** Whether a chapter's strangers got as many link mails within the hour as they may. Asked one after the other. */
export async function reachedStrangerLimit(trx: Trx, chapterId: string, now: Date): Promise<boolean> {
  // Requests at the same moment are counted one after the other.
  await sql`select 1 from chapters where id = ${chapterId} for no key update`.execute(trx);
  const since = new Date(now.getTime() - 3_600_000);
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count
    from events e join mailings m on m.event_id = e.id join people p on p.id = m.person_id
    where e.chapter_id = ${chapterId} and e.ends_at > ${since}
      and m.template in ('personal_link', 'feedback_link') and m.due_at > ${since} and ${isUnknown}
  `.execute(trx);
  return (rows[0]?.count ?? 0) >= strangerMailsPerHour;
}

/**
 * Forgets the strangers of whom nothing was heard for 30 days, with their invitations and mails. Whoever opted out stays,
 * since her choice has to be remembered, and so does whoever holds a link that still opens.
 */
export async function removeSilentStrangers({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = clock().getTime();
  const silentSince = new Date(now - silentForMs);
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select p.id from people p
      where p.created_at <= ${silentSince} and ${isUnknown}
        and not exists (select 1 from join_requests x where x.person_id = p.id)
        and not exists (select 1 from mailings x where x.person_id = p.id and x.due_at > ${silentSince})
        and not exists (select 1 from preferences x where x.person_id = p.id)
        and not exists (select 1 from sign_in_links x where x.person_id = p.id)
        and not exists (select 1 from network_administrators x where x.person_id = p.id)
        and not exists (
          select 1 from invitations i join events e on e.id = i.event_id
          where i.person_id = p.id and e.ends_at > ${new Date(now - linkLastsMs)})
      order by p.id limit 500 for update of p skip locked
    `.execute(trx);
    if (rows.length === 0) return;
    const ids = rows.map(({ id }) => id);
    await trx.deleteFrom('deliveries').where('personId', 'in', ids).execute();
    await trx.deleteFrom('mailings').where('personId', 'in', ids).execute();
    await trx.deleteFrom('invitations').where('personId', 'in', ids).execute();
    await trx.deleteFrom('people').where('id', 'in', ids).execute();
  });
}
