import type { FastifyInstance } from 'fastify';

/**
 * Puts the API behind its addresses without loading it. Its schemas take as long to load as all the pages together: the
 * first page need not wait for them. They are loaded soon after the service listens, or
 * with the first call if that is earlier.
 */
export function deferApi(app: FastifyInstance, load: () => Promise<FastifyInstance>): void {
  let loading: Promise<FastifyInstance> | null = null;
  const api = () => {
    loading ??= load().then(async (server) => {
      await server.ready();
      return server;
    });
    return loading;
  };
  app.addHook('onListen', async () => {
    setTimeout(() => void api(), 2_000).unref();
  });
  app.addHook('onClose', async () => {
    await (await loading)?.close();
  });
  void app.register(async (scope) => {
    // The body is left alone: the API reads it by its own rules.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const url of ['/api/v1', '/api/v1/*', '/docs', '/docs/*']) {
      scope.all(url, async (request, reply) => {
        const server = await api();
        reply.hijack();
        server.routing(request.raw, reply.raw);
      });
    }
  });
}
