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
  // On the raw answer, since the API's own instance writes its answers past this one's.
  server.addHook('onRequest', async (_request, reply) => {
    if (draining.begun) reply.raw.setHeader('connection', 'close');
  });
  // What came in before, and is answered now.
  server.addHook('onSend', async (_request, reply) => {
    if (draining.begun) reply.header('connection', 'close');
  });
}
