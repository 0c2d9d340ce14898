import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { requireToken } from './access.ts';
import { attendanceRoutes } from './attendance.ts';
import { guardApi } from './auth.ts';
import { chapterRoutes } from './chapters.ts';
import { docsRoutes } from './docs.ts';
import { eventRoutes } from './events.ts';
import { honourIdempotencyKeys } from './idempotency.ts';
import { importRoutes } from './imports.ts';
import { mailingRoutes } from './mailings.ts';
import { collectOpenApi } from './openapi.ts';
import { rsvpRoutes } from './rsvps.ts';
import { seriesRoutes } from './series.ts';
import type { Api } from './shapes.ts';
import { textRoutes } from './texts.ts';
import { timelineRoutes } from './timeline.ts';
import { compileValidator } from './validation.ts';

/**
 * The API under `/api/v1` and its reference at `/docs`. Registered without a prefix of its own, after
 * `registerErrorHandlers` and `registerPages`.
 */
export async function apiRoutes(app: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  await collectOpenApi(app, deps.links);
  docsRoutes(app);
  await app.register(calls, { deps, prefix: '/api/v1' });
}

/** Everything that takes a token. */
async function calls(plain: FastifyInstance, { deps }: { deps: Deps }): Promise<void> {
  const app: Api = plain.withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  // Views are typed by the same schemas: what they give needs no second look on its way out.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  takeJsonOnly(app);
  requireToken(app);
  guardApi(app, deps);
  honourIdempotencyKeys(app, deps);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  await app.register(chapterRoutes, { deps });
  await app.register(importRoutes, { deps });
  await app.register(eventRoutes, { deps });
  await app.register(seriesRoutes, { deps });
  await app.register(rsvpRoutes, { deps });
  await app.register(attendanceRoutes, { deps });
  await app.register(timelineRoutes, { deps });
  await app.register(mailingRoutes, { deps });
  await app.register(textRoutes, { deps });
}

/** Forms and texts are 415. A missing body is an empty object: what it lacks is then named. */
function takeJsonOnly(app: Api): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {});
    else parse(request, body as string, done);
  });
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined) request.body = {};
  });
}
