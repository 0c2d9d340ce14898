import type { FastifyInstance } from 'fastify';
import { isMigrated } from '../db/migrations.ts';
import type { Deps } from '../deps.ts';
import { Problem } from '../web/errors.ts';

/** What those who run the service ask it: whether it lives, whether it can work, and how it does. */
export async function operatorRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  // Says only that the process answers: a database that is away is no reason to restart it.
  app.get('/health/live', async () => ({ status: 'live' }));

  app.get('/health/ready', async () => {
    if (app.draining.begun) {
      throw new Problem(503, 'This process is ending: ask another one.', { code: 'stopping' });
    }
    if (!(await isMigrated(deps.db))) {
      throw new Problem(503, 'The database is not migrated to this version: run `npm run cli -- migrate`.', {
        code: 'not_migrated',
        headers: { 'retry-after': '5' },
      });
    }
    return { status: 'ready' };
  });

  app.get('/metrics', async (_request, reply) => {
    reply.type(app.metrics.contentType);
    return app.metrics.metrics();
  });
}
