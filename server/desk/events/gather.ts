import type { FastifyInstance } from 'fastify';
import type { Deps } from '../../deps.ts';
import { listRoutes } from '../answers/list.ts';
import { liveRoutes } from '../answers/live.ts';
import { placeRoutes } from '../answers/places.ts';
import { cohostRoutes } from './cohosts.ts';
import { copyRoutes } from './copies.ts';
import { hostRoutes } from './hosts.ts';
import { questionRoutes } from './questions.ts';

/** Everything around one event beside its words, its mail and its door. */
export async function gatherRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  await app.register(cohostRoutes, { deps });
  await app.register(hostRoutes, { deps });
  await app.register(questionRoutes, { deps });
  await app.register(copyRoutes, { deps });
  await app.register(placeRoutes, { deps });
  await app.register(listRoutes, { deps });
  await app.register(liveRoutes, { deps });
}
