import type { Deps } from '../deps.ts';
import { findOwner, findStated, type Owner } from '../own-page/owner.ts';
import { nobody } from '../web/links.ts';
import { listOwnIntroductions, type OwnIntroduction } from './queries.ts';

export type OpenedIntroduction = { owner: Owner; introduction: OwnIntroduction };

/**
 * Reads an `/i/` link. One sent under a row that was merged into another opens hers who stayed.
 * @returns null for a link that opens nothing: which part of it was wrong is not said, nor can it be timed
 */
export async function openIntroduction(
  deps: Pick<Deps, 'db' | 'clock' | 'links'>,
  token: string,
): Promise<OpenedIntroduction | null> {
  const named = deps.links.readIntroductionToken(token) ?? {
    introductionId: nobody,
    personId: nobody,
    mac: '',
  };
  const { introductionId, personId, mac } = named;
  const stated = await findStated(deps.db, personId);
  const genuine = deps.links.isIntroductionMac(mac, {
    introductionId,
    personId: stated ? personId : nobody,
    linkEpoch: stated?.linkEpoch ?? 0,
  });
  if (!stated || !genuine) return null;
  const owner = await findOwner(deps.db, stated.keptId, deps.clock());
  const [introduction] = await listOwnIntroductions(deps.db, { personId: stated.keptId, introductionId });
  return owner && introduction ? { owner, introduction } : null;
}
