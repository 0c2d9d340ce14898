import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db/database.ts';
import type { Deps } from '../deps.ts';

/** An operator who comes back later than that starts the service again, and finds a new link. */
const lastsMs = 7 * 86_400_000;

/**
 * A link that leads through the first run, while there is no network. Whoever holds it makes the network and becomes its
 * administrator; it dies at that moment, with all others that were made.
 * @returns its address, or null where the network is there
 */
export async function createSetUpLink(deps: Pick<Deps, 'db' | 'clock' | 'links'>): Promise<string | null> {
  if (await hasNetwork(deps.db)) return null;
  const token = randomBytes(32).toString('base64url');
  await deps.db
    .insertInto('setUpLinks')
    .values({ tokenHash: hashOf(token), createdAt: deps.clock() })
    .execute();
  return deps.links.url(`/setup/${token}`);
}

/** What a link of the first run opens: the steps; nothing; or, once the network is there, a word that says so. */
export async function findSetUpLink(
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
): Promise<'open' | 'wrong' | 'over'> {
  if (await hasNetwork(deps.db)) return 'over';
  const link = await deps.db
    .selectFrom('setUpLinks')
    .select('createdAt')
    .where('tokenHash', '=', hashOf(token))
    .where('createdAt', '>', new Date(deps.clock().getTime() - lastsMs))
    .executeTakeFirst();
  return link ? 'open' : 'wrong';
}

async function hasNetwork(db: Db): Promise<boolean> {
  return (await db.selectFrom('networks').select('id').executeTakeFirst()) !== undefined;
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
