import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';
import { setOptedOut } from '../public/service.ts';
import { type Topic, topics } from '../web/links.ts';

export type MailChoices = { id: string; name: string; stopped: ReadonlySet<Topic> };

/** The chapters that write to somebody, or have written: hers, those that invited her, and those she said no to. */
export async function listMailChoices(db: Db, personId: string): Promise<MailChoices[]> {
  const { rows } = await sql<{ id: string; name: string; stopped: Topic[] }>`
    select c.id, c.name, array(select o.topic from preferences o
      where o.chapter_id = c.id and o.person_id = ${personId}) as stopped
    from chapters c where c.id in (
      select m.chapter_id from memberships m where m.person_id = ${personId}
      union select i.chapter_id from invitations i where i.person_id = ${personId}
      union select o.chapter_id from preferences o where o.person_id = ${personId})
    order by c.name collate "it-x-icu", c.id
  `.execute(db);
  return rows.map(({ id, name, stopped }) => ({ id, name, stopped: new Set(stopped) }));
}

/**
 * Keeps which mails she wants. Only what stood on the form is changed: a group that came since then stays as it is.
 * @param wanted `chapter|topic`, one for each tick
 */
export async function saveMailChoices(
  deps: Pick<Deps, 'db' | 'clock'>,
  personId: string,
  { shown, wanted }: { shown: readonly string[]; wanted: readonly string[] },
): Promise<void> {
  await deps.db.transaction().execute(async (trx) => {
    // Two windows of hers come one after the other.
    await trx.selectFrom('people').select('id').where('id', '=', personId).forUpdate().execute();
    for (const { id: chapterId, stopped } of await listMailChoices(trx, personId)) {
      if (!shown.includes(chapterId)) continue;
      for (const topic of topics) {
        const stops = !wanted.includes(`${chapterId}|${topic}`);
        if (stops !== stopped.has(topic))
          await setOptedOut({ ...deps, db: trx }, { personId, chapterId, topic }, stops);
      }
    }
  });
}
