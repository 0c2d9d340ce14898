import type { Clock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import type { Db } from '../../server/db/database.ts';
import { noFigures } from '../../server/deliveries/figures.ts';
import type { Deps } from '../../server/deps.ts';
import { createLinks } from '../../server/web/links.ts';

export const secretKeys = ['a key of more than thirty-two characters for tests'];

/**
 * What a use case needs, without web or workers. The alarm rings nowhere: due mailings are found by the sweep, which
 * is what must hold anyway when the queue forgets.
 */
export function testDeps(db: Db, clock: Clock): Deps {
  return {
    db,
    clock,
    links: createLinks('http://localhost:3000', secretKeys),
    alarm: { set: async () => {} },
    config: readConfig({}),
    figures: noFigures,
  };
}
