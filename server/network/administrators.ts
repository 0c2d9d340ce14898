import { type Actor, audit } from '../audit.ts';
import type { Deps } from '../deps.ts';
import { welcomeWithLink } from '../organizers/office-mail.ts';
import { ensurePerson, type NewPerson } from '../people/service.ts';
import { listAdministrators, lockNetwork } from './queries.ts';

type Needs = Pick<Deps, 'db' | 'clock' | 'links'>;

/** Lets somebody administer the network. She gets a mail that says so and lets her in. */
export async function addAdministrator(
  deps: Needs,
  person: NewPerson,
  actor: Actor,
): Promise<{ ok: true } | { ok: false; reason: 'address_erased' | 'already' }> {
  const now = deps.clock();
  return deps.db.transaction().execute(async (trx) => {
    const made = await ensurePerson(trx, deps.links, person, { source: 'coordinator', now });
    if (!made.ok) return made;
    const personId = made.person.id;
    const added = await trx
      .insertInto('networkAdministrators')
      .values({ personId, createdAt: now })
      .onConflict((conflict) => conflict.doNothing())
      .returning('personId')
      .executeTakeFirst();
    if (!added) return { ok: false, reason: 'already' } as const;
    await audit(trx, {
      actor,
      chapterId: null,
      action: 'administrator.added',
      subjectType: 'person',
      subjectId: personId,
    });
    await welcomeWithLink(trx, deps, {
      variant: 'administrator',
      personId,
      chapterId: null,
      otherId: actor.kind === 'person' ? actor.id : null,
      cause: now.toISOString(),
      now,
    });
    return { ok: true } as const;
  });
}

/** Takes the network out of somebody's hands. The last administrator stays. */
export async function removeAdministrator(
  deps: Needs,
  personId: string,
  actor: Actor,
): Promise<'removed' | 'last' | 'not_found'> {
  return deps.db.transaction().execute(async (trx) => {
    await lockNetwork(trx);
    const all = await listAdministrators(trx);
    if (!all.some(({ id }) => id === personId)) return 'not_found';
    if (all.length < 2) return 'last';
    await trx.deleteFrom('networkAdministrators').where('personId', '=', personId).execute();
    await audit(trx, {
      actor,
      chapterId: null,
      action: 'administrator.removed',
      subjectType: 'person',
      subjectId: personId,
    });
    return 'removed';
  });
}
