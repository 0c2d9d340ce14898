import type { Deps } from '../deps.ts';

export type Invitable = {
  /** Who would get the invitation now. */
  count: number;
  /** Members without an address: somebody has to tell them. */
  withoutAddress: number;
  /** Those who asked for no invitations, or whose address takes no mail. */
  silent: number;
};

/** How many of a chapter an invitation would reach if it left now. */
export async function countInvitable(
  deps: Pick<Deps, 'db' | 'links'>,
  chapterId: string,
  now: Date,
): Promise<Invitable> {
  const people = await deps.db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .leftJoin('preferences', (join) =>
      join
        .onRef('preferences.personId', '=', 'memberships.personId')
        .onRef('preferences.chapterId', '=', 'memberships.chapterId')
        .on('preferences.topic', '=', 'invitation'),
    )
    .select(['people.id', 'people.email', 'preferences.optedOutAt'])
    .distinctOn('people.id')
    .where('memberships.chapterId', '=', chapterId)
    .where('memberships.startsAt', '<=', now)
    .where((where) =>
      where.or([where('memberships.endsAt', 'is', null), where('memberships.endsAt', '>', now)]),
    )
    .where('people.erasedAt', 'is', null)
    .execute();
  const reachable = people.filter((person) => person.email !== null && person.optedOutAt === null);
  const hashes = reachable.flatMap((person) => deps.links.addressHashes(person.email as string));
  const suppressed =
    hashes.length === 0
      ? []
      : await deps.db
          .selectFrom('suppressions')
          .select('addressHash')
          .where('addressHash', 'in', hashes)
          .execute();
  const dead = new Set(suppressed.map((row) => row.addressHash.toString('hex')));
  const count = reachable.filter(
    (person) =>
      !deps.links.addressHashes(person.email as string).some((hash) => dead.has(hash.toString('hex'))),
  ).length;
  const withoutAddress = people.filter((person) => person.email === null).length;
  return { count, withoutAddress, silent: people.length - withoutAddress - count };
}
