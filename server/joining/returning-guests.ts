import { sql } from 'kysely';
import type { Deps } from '../deps.ts';
import { sendToOne } from '../mailings/personal.ts';

/** At once in one sweep; the next goes on. */
const atOnce = 100;

/**
 * Tells a guest who came a second time how one joins: once ever in a group, at ten on the second morning after that
 * event. Later than a week after it nobody is told any more. A function of the clock that may run as often as it likes.
 */
export async function tellReturningGuests(deps: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  const now = deps.clock();
  const { rows } = await sql<{ personId: string; chapterId: string }>`
    select distinct a.person_id, a.chapter_id
    from attendance a
    join events e on e.id = a.event_id and e.ends_at > ${new Date(now.getTime() - 9 * 86_400_000)} and e.ends_at <= ${now}
    join invitations i on i.event_id = e.id and i.person_id = a.person_id and i.source <> 'member'
    join people p on p.id = a.person_id and p.email is not null and p.erased_at is null
    where (((e.ends_at at time zone e.time_zone)::date + 2) + time '10:00') at time zone e.time_zone <= ${now}
      and exists (
        select 1 from attendance b join events x on x.id = b.event_id
        where b.person_id = a.person_id and b.chapter_id = a.chapter_id and x.starts_at < e.starts_at)
      and not exists (select 1 from memberships m where m.person_id = a.person_id and m.chapter_id = a.chapter_id)
      and not exists (select 1 from join_requests j where j.person_id = a.person_id and j.chapter_id = a.chapter_id)
      and not exists (select 1 from mailings m
        where m.person_id = a.person_id and m.chapter_id = a.chapter_id and m.template = 'join_answer')
      and not exists (
        select 1 from mailings m where m.cause = 'join_how:' || a.chapter_id::text || ':' || a.person_id::text)
    limit ${atOnce}`.execute(deps.db);
  if (rows.length === 0) return;
  await deps.db.transaction().execute((trx) =>
    sendToOne(
      trx,
      rows.map(({ personId, chapterId }) => ({
        kind: 'feedback' as const,
        template: 'join_how',
        personId,
        chapterId,
        eventId: null,
        cause: `join_how:${chapterId}:${personId}`,
      })),
      now,
    ),
  );
}
