import type { Db, Trx } from '../db/database.ts';
import { isCurrent } from './current.ts';

export async function findChapterBySlug(db: Db, slug: string) {
  return db.selectFrom('chapters').selectAll().where('slug', '=', slug).executeTakeFirst();
}

export type Chapter = NonNullable<Awaited<ReturnType<typeof findChapterBySlug>>>;

export type Role = 'member' | 'coordinator';

/** The memberships of a person in a chapter that hold at a moment. */
export async function findRoles(db: Db, chapterId: string, personId: string, now: Date): Promise<Role[]> {
  const rows = await db
    .selectFrom('memberships')
    .select('role')
    .where('chapterId', '=', chapterId)
    .where('personId', '=', personId)
    .where((where) => where.or([where('endsAt', 'is', null), where('endsAt', '>', now)]))
    .execute();
  return rows.map((row) => row.role as Role);
}

/** Whether somebody belongs to a chapter at a moment. */
export async function isMember(
  db: Db,
  of: { chapterId: string; personId: string },
  now: Date,
): Promise<boolean> {
  const row = await db
    .selectFrom('memberships')
    .select('id')
    .where('chapterId', '=', of.chapterId)
    .where('personId', '=', of.personId)
    .where(isCurrent('memberships', now))
    .executeTakeFirst();
  return row !== undefined;
}

/** False where she has this role already: the unique key decides between two who add her at once. */
export async function insertMembership(
  trx: Trx,
  membership: {
    chapterId: string;
    personId: string;
    role: Role;
    source: string;
    /** Whom a first mail names; left out where no person did it. */
    addedBy?: string | null;
    now: Date;
  },
): Promise<boolean> {
  const { now, ...rest } = membership;
  const made = await trx
    .insertInto('memberships')
    .values({ ...rest, startsAt: now, createdAt: now })
    .onConflict((conflict) =>
      conflict.columns(['chapterId', 'personId', 'role']).where('endsAt', 'is', null).doNothing(),
    )
    .returning('id')
    .executeTakeFirst();
  return made !== undefined;
}

/** Whoever has coordinated a chapter of the network for longest. */
export async function findFirstCoordinator(db: Db): Promise<string | null> {
  const row = await db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select('memberships.personId')
    .where('memberships.role', '=', 'coordinator')
    .where('memberships.endsAt', 'is', null)
    .where('people.erasedAt', 'is', null)
    .orderBy('memberships.startsAt')
    .orderBy('memberships.id')
    .executeTakeFirst();
  return row?.personId ?? null;
}

/**
 * The people of a chapter by their ids, which never change: one who was there when the first page was read is on one
 * page, once.
 */
export async function listMembers(
  db: Db,
  chapterId: string,
  options: { after: string | null; limit: number; now: Date },
) {
  return db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select(['people.id', 'people.email', 'people.firstName', 'people.lastName', 'people.locale'])
    .select((select) => [
      // 'coordinator' sorts before 'member': who has both is a coordinator.
      select.fn.min<Role>('memberships.role').as('role'),
      select.fn.min('memberships.startsAt').as('since'),
    ])
    .where('memberships.chapterId', '=', chapterId)
    .where('people.erasedAt', 'is', null)
    .where((where) =>
      where.or([where('memberships.endsAt', 'is', null), where('memberships.endsAt', '>', options.now)]),
    )
    .$if(options.after !== null, (query) => query.where('people.id', '>', options.after))
    .groupBy('people.id')
    .orderBy('people.id')
    .limit(options.limit)
    .execute();
}

export type MemberRow = Awaited<ReturnType<typeof listMembers>>[number];
