import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

/** Who took somebody into a chapter, and when: what the first mail to her says. */
export type Origin = {
  chapterId: string;
  chapter: string;
  timeZone: string;
  since: Date;
  /** Null where a program or a command did it, or whoever did has had herself erased. */
  by: { firstName: string; lastName: string } | null;
};

/**
 * Where we have somebody's address from, for the first mail that leaves for her in a chapter she did not join herself;
 * null for every later one. What may have arrived already is repeated as it was: then only what had been sent before
 * it counts.
 */
export async function findOrigin(
  db: Db,
  of: {
    id: string;
    personId: string;
    chapterId: string | null;
    datedAt: Date;
    unknownCauses: readonly string[];
  },
): Promise<Origin | null> {
  const isRepeat = of.unknownCauses.length > 0;
  const row = await db
    .selectFrom('memberships as m')
    .innerJoin('chapters as c', 'c.id', 'm.chapterId')
    .leftJoin('people as by', (join) => join.onRef('by.id', '=', 'm.addedBy').on('by.erasedAt', 'is', null))
    .select(['c.id as chapterId', 'c.name as chapter', 'c.timeZone', 'm.startsAt as since'])
    .select(['by.firstName', 'by.lastName'])
    .where('m.personId', '=', of.personId)
    .$if(of.chapterId !== null, (query) => query.where('m.chapterId', '=', of.chapterId))
    .where('m.role', '=', 'member')
    .where('m.source', 'in', ['import', 'coordinator', 'api'])
    .where('m.endsAt', 'is', null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('deliveries as d')
            .select('d.id')
            .whereRef('d.personId', '=', 'm.personId')
            .where((or) =>
              or.or([or('d.chapterId', 'is', null), or('d.chapterId', '=', or.ref('m.chapterId'))]),
            )
            .where('d.id', '<>', of.id)
            .where('d.state', '=', 'sent')
            .$if(isRepeat, (query) => query.where('d.sentAt', '<', sql<Date>`${of.datedAt}::timestamptz`)),
        ),
      ),
    )
    .orderBy('m.startsAt')
    .limit(1)
    .executeTakeFirst();
  if (!row) return null;
  const { firstName, lastName, ...origin } = row;
  return { ...origin, by: firstName === null ? null : { firstName, lastName: lastName ?? '' } };
}
