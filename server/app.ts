import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import postgres from '@fastify/postgres';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { deferApi } from './api/deferred.ts';
import { registerMetrics } from './api/metrics.ts';
import { operatorRoutes } from './api/operators.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { attachPoolErrors, createDb, poolOptions } from './db/database.ts';
import { createFigures } from './deliveries/figures.ts';
import type { Deps } from './deps.ts';
import { deskRoutes } from './desk/routes.ts';
import { directoryRoutes } from './directory/routes.ts';
import { feedbackRoutes } from './feedback/routes.ts';
import { introductionRoutes } from './introductions/routes.ts';
import { bossAlarm } from './jobs/boss.ts';
import { joinRoutes } from './joining/routes.ts';
import { firstRunRoutes } from './network/first-run-routes.ts';
import { signInRoutes } from './organizers/routes.ts';
import { feedRoutes as ownFeedRoutes } from './own-page/feed-routes.ts';
import { ownPageRoutes } from './own-page/routes.ts';
import { publicRoutes } from './public/routes.ts';
import { rsvpRoutes } from './rsvps/routes.ts';
import { registerDraining } from './web/draining.ts';
import { decodableUrl, registerErrorHandlers } from './web/errors.ts';
import { failurePage } from './web/failure-page.ts';
import { createLinks } from './web/links.ts';
import { loggerOptions } from './web/log.ts';
import { registerPages } from './web/pages.ts';
import { securityHeaders } from './web/security-headers.ts';

/** How long requests in flight may take to end once the server closes. */
const inFlightMs = 20_000;

export type App = { server: FastifyInstance; deps: Deps; pool: Pool; close(): Promise<void> };

/**
 * The service, put together: plumbing first, then one area after the other, each guarded once by its own hooks.
 * Nothing listens and nothing is sent yet.
 */
export async function buildApp(options: {
  config: Config;
  databaseUrl: string;
  secretKeys: readonly string[];
  clock: Clock;
  logger?: FastifyBaseLogger;
}): Promise<App> {
  const { config } = options;
  const settings = {
    trustProxy: config.trustProxy,
    bodyLimit: 256 * 1024,
    // What arrives on an open connection while the server closes is answered as ever.
    return503OnClosing: false,
    rewriteUrl: (request: { url?: string | undefined }) => decodableUrl(request.url ?? '/'),
    // A paragraph of a token page is longer than the default of 100 characters.
    routerOptions: { maxParamLength: 300 },
    ajv: {
      customOptions: { allErrors: true, coerceTypes: false, removeAdditional: false, useDefaults: true },
    },
  } as const;
  const server: FastifyInstance = Fastify({
    ...settings,
    ...(options.logger ? { loggerInstance: options.logger } : { logger: loggerOptions(config.logLevel) }),
  });

  await server.register(postgres, poolOptions(options.databaseUrl, { max: 10 }));
  const { pool } = server.pg;
  attachPoolErrors(pool, server.log);
  const db = createDb(pool);
  const alarm = bossAlarm(pool, (error) => server.log.error({ err: error }, 'the queue failed'));
  const deps: Deps = {
    db,
    clock: options.clock,
    links: createLinks(config.publicUrl, options.secretKeys),
    alarm,
    config,
    figures: createFigures({ db, clock: options.clock }, server.log),
  };

  registerDraining(server);
  await server.register(cookie);
  await server.register(formbody, { bodyLimit: 64 * 1024 });
  await server.register(rateLimit, { global: false });
  registerMetrics(server, deps);
  await plumb(server, config);

  await server.register(publicRoutes, { deps });
  await server.register(rsvpRoutes, { deps });
  await server.register(feedbackRoutes, { deps });
  await server.register(ownPageRoutes, { deps });
  await server.register(ownFeedRoutes, { deps });
  await server.register(directoryRoutes, { deps });
  await server.register(joinRoutes, { deps });
  await server.register(introductionRoutes, { deps });
  await server.register(signInRoutes, { deps });
  await server.register(firstRunRoutes, { deps });
  await server.register(deskRoutes, { deps, prefix: '/desk' });
  deferApi(server, async () => {
    const { apiRoutes } = await import('./api/routes.ts');
    const api = Fastify({ ...settings, loggerInstance: server.log });
    await plumb(api, config);
    await api.register(apiRoutes, { deps });
    return api;
  });
  await server.register(operatorRoutes, { deps });

  server.addHook('onListen', async () => {
    setTimeout(() => void alarm.warm(), 1_000).unref();
  });
  server.addHook('onClose', async () => {
    await deps.figures.close();
    await alarm.close();
  });

  return {
    server,
    deps,
    pool,
    async close() {
      // Whoever holds a connection for longer than this is cut off: a browser that never ends its upload, say.
      const bound = setTimeout(() => server.server.closeAllConnections(), inFlightMs).unref();
      // A connection that was busy when the port closed, and was promised to stay, is closed once its answer is out.
      const idle = setInterval(() => server.server.closeIdleConnections(), 100);
      // No new request is taken, those in flight end, then come the hooks; the plugin that owns the pool ends it last.
      await server.close().finally(() => clearInterval(idle));
      clearTimeout(bound);
    },
  };
}

/** What every answer goes through: its headers, its errors, and the pages that show them. */
async function plumb(server: FastifyInstance, config: Config): Promise<void> {
  const headers = await securityHeaders(config);
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  await server.register(compress, { encodings: ['gzip'], threshold: 1024 });
  registerErrorHandlers(server, failurePage);
  await registerPages(server);
}
