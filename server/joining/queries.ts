import { sql } from 'kysely';
import type { Db, Trx } from '../db/database.ts';
import { inPart, type Part } from '../people/export-part.ts';

export type JoinRequest = { id: string; personId: string; name: string; line: string; waitingSince: Date };

/** Those who wait for a chapter's answer, who has waited longest first. */
export async function listWaiting(
  db: Db,
  chapterId: string,
): Promise<(JoinRequest & { email: string | null })[]> {
  const rows = await db
    .selectFrom('joinRequests as j')
    .innerJoin('people as p', 'p.id', 'j.personId')
    .select(['j.id', 'j.personId', 'j.name', 'j.line', 'j.waitingSince', 'p.email'])
    .where('j.chapterId', '=', chapterId)
    .where('j.state', '=', 'waiting')
    .orderBy('j.waitingSince')
    .execute();
  return rows.map((row) => ({ ...row, waitingSince: row.waitingSince as Date }));
}

/** How many wait in each of some chapters, and since when the first of them. */
export async function countWaiting(
  db: Db,
  chapterIds: readonly string[],
): Promise<{ slug: string; count: number; since: Date }[]> {
  const { rows } = await sql<{ slug: string; count: number; since: Date }>`
    select c.slug, count(*)::int as count, min(j.waiting_since) as since
    from join_requests j join chapters c on c.id = j.chapter_id
    where j.state = 'waiting' and j.chapter_id = any (${chapterIds}::uuid[])
    group by c.id order by c.slug`.execute(db);
  return rows;
}

/** A request behind a link, with what its token has to prove. */
export async function findRequest(db: Db, requestId: string) {
  return db
    .selectFrom('joinRequests as j')
    .innerJoin('people as p', 'p.id', 'j.personId')
    .innerJoin('chapters as c', 'c.id', 'j.chapterId')
    .select(['j.id', 'j.state', 'j.name', 'j.line', 'j.personId', 'p.linkEpoch', 'c.slug'])
    .where('j.id', '=', requestId)
    .where('p.erasedAt', 'is', null)
    .executeTakeFirst();
}

export async function exportRequests(db: Db, part: Omit<Part, 'isPrivate'>) {
  return db
    .selectFrom('joinRequests as j')
    .innerJoin('chapters as c', 'c.id', 'j.chapterId')
    .select(['c.slug as chapter', 'j.name', 'j.line', 'j.state', 'j.askedAt', 'j.answeredAt'])
    .where('j.personId', '=', part.personId)
    .where(inPart('j.chapterId', part))
    .orderBy('j.askedAt')
    .execute();
}

export async function forgetRequests(trx: Trx, personId: string): Promise<void> {
  await trx.deleteFrom('joinRequests').where('personId', '=', personId).execute();
  await trx
    .updateTable('joinRequests')
    .set({ answeredBy: null })
    .where('answeredBy', '=', personId)
    .execute();
}
