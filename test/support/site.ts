import { createServer } from 'node:net';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import { type App, buildApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import type { Db } from '../../server/db/database.ts';
import type { Deps } from '../../server/deps.ts';
import { installBoss } from '../../server/jobs/boss.ts';
import { type TestClock, testClock } from './clock.ts';
import { useDatabase } from './database.ts';
import { secretKeys } from './deps.ts';
import { linkPaths } from './link-paths.ts';

/** The pages on a database of their own, listening, with a clock that the test sets. No worker: no mail leaves. */
export type TestSite = ReturnType<typeof linkPaths> & {
  readonly server: FastifyInstance;
  readonly deps: Deps;
  readonly db: Db;
  readonly clock: TestClock;
  readonly url: string;
  /** Posts a form, as a browser that says nothing of where it comes from. */
  post(
    path: string,
    fields: Record<string, string | string[]>,
    headers?: Record<string, string>,
  ): Promise<LightMyRequestResponse>;
};

export function useSite(now: string): TestSite {
  const database = useDatabase();
  const clock = testClock(now);
  let app: App;
  let url = '';

  beforeAll(async () => {
    await installBoss(database.pool);
    const port = await freePort();
    url = `http://localhost:${port}`;
    const config = readConfig({ LOG_LEVEL: 'silent', PORT: String(port), PUBLIC_URL: url });
    app = await buildApp({ config, databaseUrl: database.url, secretKeys, clock });
    await app.server.listen({ port, host: '127.0.0.1' });
  });
  afterAll(() => app?.close());

  return {
    get server() {
      return app.server;
    },
    get deps() {
      return app.deps;
    },
    get db() {
      return app.deps.db;
    },
    get url() {
      return url;
    },
    clock,
    ...linkPaths(() => app.deps),
    post(path, fields, headers = {}) {
      const pairs = Object.entries(fields).flatMap(([name, value]) =>
        [value].flat().map((one) => [name, one]),
      );
      return app.server.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html', ...headers },
        payload: new URLSearchParams(pairs).toString(),
      });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
