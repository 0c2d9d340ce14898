import type { FastifyInstance } from 'fastify';
import { type DocsView, docsView } from './docs-view.ts';
import type { OpenApiDocument } from './openapi.ts';

/** The OpenAPI document, and a page that reads it out. Both are public. */
export function docsRoutes(app: FastifyInstance): void {
  const open = { schema: { hide: true } };
  // The document does not change while the service runs.
  let view: DocsView | undefined;

  app.get('/api/v1/openapi.json', open, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  );

  app.get('/docs', open, async (_request, reply) => {
    view ??= docsView(app.swagger() as unknown as OpenApiDocument);
    const frame = { title: 'Ritrovo API', brand: { name: 'Ritrovo', href: '/' }, style: 'docs.css' };
    return reply.page('docs', { ...frame, locale: 'en' }, view);
  });
}
