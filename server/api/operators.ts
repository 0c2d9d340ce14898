import { readdir } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
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

/** Whether the newest migration of this version is in the database. A newer database is one that we can work with. */
async function isMigrated(db: Db): Promise<boolean> {
  const files = await readdir(new URL('../../migrations/', import.meta.url));
  const newest = files
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .at(-1)
    ?.replace(/\.ts$/, '');
  const table = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (!table.rows[0]?.there) return false;
  const found = await sql`select 1 from kysely_migration where name = ${newest}`.execute(db);
  return found.rows.length > 0;
}
