import { sql } from 'kysely';
import { type Actor, audit } from '../../audit.ts';
import { findRoles } from '../../chapters/queries.ts';
import type { Db } from '../../db/database.ts';
import type { Deps } from '../../deps.ts';
import { endStandingYesesIn, resumeStandingYesesIn } from '../../series/standing.ts';

/** Which of some addresses belong to the chapter already. */
export async function findKnownAddresses(
  db: Db,
  chapterId: string,
  emails: readonly string[],
  now: Date,
): Promise<Set<string>> {
  if (emails.length === 0) return new Set();
  const rows = await db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select('people.email')
    .where('memberships.chapterId', '=', chapterId)
    .where((where) =>
      where.or([where('memberships.endsAt', 'is', null), where('memberships.endsAt', '>', now)]),
    )
    .where('people.email', 'in', [...emails])
    .execute();
  return new Set(rows.map((row) => (row.email ?? '').toLowerCase()));
}

type Change = { chapterId: string; personId: string; actor: Actor };

/** Ends a membership as of now. A coordinator's role is handed over, never ended from the list. */
export async function endMembership(
  deps: Pick<Deps, 'db' | 'clock'>,
  { chapterId, personId, actor }: Change,
): Promise<'ended' | 'coordinator' | 'not_found'> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const roles = await findRoles(trx, chapterId, personId, now);
    if (roles.length === 0) return 'not_found';
    if (roles.includes('coordinator')) return 'coordinator';
    await trx
      .updateTable('memberships')
      .set({ endsAt: sql`greatest(starts_at, ${now})` })
      .where('chapterId', '=', chapterId)
      .where('personId', '=', personId)
      .where((where) => where.or([where('endsAt', 'is', null), where('endsAt', '>', now)]))
      .execute();
    await endStandingYesesIn(trx, { chapterId, personId }, now);
    await audit(trx, {
      actor,
      chapterId,
      action: 'member.left',
      subjectType: 'person',
      subjectId: personId,
    });
    return 'ended';
  });
}

/** Takes the end of a membership back, unless she had herself erased since. */
export async function resumeMembership(
  deps: Pick<Deps, 'db'>,
  { chapterId, personId, actor }: Change,
): Promise<boolean> {
  return deps.db.transaction().execute(async (trx) => {
    const last = await trx
      .selectFrom('memberships as m')
      .innerJoin('people as p', 'p.id', 'm.personId')
      .select(['m.id', 'm.endsAt'])
      .where('m.chapterId', '=', chapterId)
      .where('m.personId', '=', personId)
      .where('m.role', '=', 'member')
      .where('p.erasedAt', 'is', null)
      .orderBy(sql`m.ends_at is null`, 'desc')
      .orderBy('m.endsAt', 'desc')
      // Hers too: she may be having herself erased at this moment.
      .forUpdate()
      .executeTakeFirst();
    if (!last) return false;
    if (last.endsAt === null) return true;
    await trx.updateTable('memberships').set({ endsAt: null }).where('id', '=', last.id).execute();
    await resumeStandingYesesIn(trx, { chapterId, personId }, last.endsAt);
    await audit(trx, {
      actor,
      chapterId,
      action: 'member.returned',
      subjectType: 'person',
      subjectId: personId,
    });
    return true;
  });
}
