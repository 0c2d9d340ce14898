import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Deps } from '../deps.ts';
import { registerMailMetrics } from './mail-metrics.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What `GET /metrics` tells. */
    metrics: Registry;
  }
}

/** Times every request from here on, by route and not by address: an address may hold a token. */
export function registerMetrics(app: FastifyInstance, deps: Pick<Deps, 'db' | 'clock'>): void {
  const registers = [new Registry()];
  const [register] = registers as [Registry];
  collectDefaultMetrics({ register });
  const durations = new Histogram({
    name: 'ritrovo_http_request_duration_seconds',
    help: 'How long requests took.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  registerMailMetrics(register, deps);
  app.decorate('metrics', register);
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    durations.observe(labels, reply.elapsedTime / 1000);
  });
}
