import { sql } from 'kysely';
import { isCurrent } from '../../chapters/current.ts';
import type { Deps } from '../../deps.ts';
import { findHolders } from '../../events/holders.ts';
import { optedOut } from '../../mailings/opt-outs.ts';

export type Invitable = {
  /** Who would get the invitation now. */
  count: number;
  /** Members without an address: somebody has to tell them. */
  withoutAddress: number;
  /** Those who asked for no invitations, or whose address takes no mail. */
  silent: number;
};

/** How many of an event's chapters an invitation would reach if it left now. Whoever belongs to two counts once. */
export async function countInvitable(
  deps: Pick<Deps, 'db' | 'links'>,
  event: { id: string; chapterId: string },
  now: Date,
): Promise<Invitable> {
  const holders = await findHolders(deps.db, event);
  const people = await deps.db
    .selectFrom('memberships')
    .innerJoin('people', 'people.id', 'memberships.personId')
    .select(['people.id', 'people.email'])
    .select(
      optedOut({
        personId: sql.ref('people.id'),
        chapterId: sql`${event.chapterId}::uuid`,
        eventId: sql`${event.id}::uuid`,
        topic: 'invitation',
      }).as('optedOut'),
    )
    .distinctOn('people.id')
    .where('memberships.chapterId', 'in', holders)
    .where(isCurrent('memberships', now))
    .where('people.erasedAt', 'is', null)
    .execute();
  const reachable = people.filter((person) => person.email !== null && !person.optedOut);
  // Each address by each key: made once, it is most of the work.
  const hashes = reachable.map((person) => deps.links.addressHashes(person.email as string));
  const suppressed =
    hashes.length === 0
      ? []
      : await deps.db
          .selectFrom('suppressions')
          .select('addressHash')
          .where('addressHash', 'in', hashes.flat())
          .execute();
  const dead = new Set(suppressed.map((row) => row.addressHash.toString('hex')));
  const isDead = (own: readonly Buffer[]) => own.some((hash) => dead.has(hash.toString('hex')));
  const count = dead.size === 0 ? hashes.length : hashes.filter((own) => !isDead(own)).length;
  const withoutAddress = people.filter((person) => person.email === null).length;
  return { count, withoutAddress, silent: people.length - withoutAddress - count };
}
