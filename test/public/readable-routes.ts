import type { FastifyInstance } from 'fastify';

/** Every path of the service that takes a GET, with its parameters by name: `/r/:token/calendar.ics`. */
export async function readableRoutes(server: FastifyInstance): Promise<string[]> {
  return [...pageRoutes(server), ...(await apiRoutes(server))];
}

function pageRoutes(server: FastifyInstance): string[] {
  const paths: string[] = [];
  const above: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', name = '', methods = ''] =
      /^((?:[│ ] {3})*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line) ?? [];
    if (!name) continue;
    const depth = indent.length / 4;
    // Where two routes share a place they name its parameter each in their own way: `assets/:name|:accent`.
    const [own = '', inner = own] = name.split('|');
    const path = (above[depth - 1] ?? '') + own;
    above[depth] = path.replace(/:\w+$/, inner.startsWith(':') ? inner : '$&');
    if (methods.split(', ').includes('GET')) paths.push(path);
  }
  // The API stands behind a wildcard, and tells its own paths.
  return paths.filter((path) => !path.includes('*') && path !== '/api/v1');
}

async function apiRoutes(server: FastifyInstance): Promise<string[]> {
  const document = await server.inject('/api/v1/openapi.json');
  const { paths } = document.json<{ paths: Record<string, object> }>();
  const read = Object.keys(paths).filter((path) => 'get' in (paths[path] ?? {}));
  return ['/api/v1/openapi.json', ...read.map((path) => path.replace(/\{(\w+)\}/g, ':$1'))];
}
