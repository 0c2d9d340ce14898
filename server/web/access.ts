import type { FastifyContextConfig, FastifyInstance } from 'fastify';

/**
 * Takes what each route asks of its caller from a table of "METHOD path", and puts it into the route's config. A route
 * that was forgotten there stops the start.
 */
export function takeAccessFrom<Access>(
  app: FastifyInstance,
  table: Readonly<Record<string, Access>>,
  asConfig: (access: Access) => FastifyContextConfig,
): void {
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      const key = `${method === 'HEAD' ? 'GET' : method} ${route.url}`;
      const access = table[key] ?? table[`${key}/`];
      if (!access) throw new Error(`the route "${key}" has no line in the table of access`);
      route.config = { ...route.config, ...asConfig(access) };
    }
  });
}
