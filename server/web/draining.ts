import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyInstance {
    /** Set once the process was asked to end: it answers all that still comes, and asks for no more. */
    draining: { begun: boolean };
  }
}

/**
 * From the moment that `server.draining.begun` is set, every answer asks for its connection to be closed, so that whoever
 * is in front opens the next one to another process. Readiness, which says so by a 503, lies with the operators' routes.
 */
export function registerDraining(server: FastifyInstance): void {
  const draining = { begun: false };
  server.decorate('draining', draining);
  server.addHook('onRequest', async (_request, reply) => {
    // On the raw answer, since the API's own instance writes its answers past this one's.
    if (draining.begun) reply.raw.setHeader('connection', 'close');
  });
}
