import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { paletteCss } from './palette.ts';

type Asset = { body: Buffer; type: string; version: string };

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const folder = new URL('../../templates/assets/', import.meta.url);
const assets = loadAll();
// The sheets that carry the colours change with the code that computes them.
const paletteVersion = versionOf(Buffer.from(paletteCss('#b4472e')));

/** The address of a file in templates/assets; it changes with the file, so that browsers may keep it for ever. */
export function assetUrl(name: string): string {
  const asset = assets.get(name);
  if (!asset) throw new Error(`no file "${name}" in templates/assets`);
  return `/assets/${name}?v=${asset.version}`;
}

/** The address of a style sheet together with the colours of an accent: one request, nothing inline. */
export function styleUrl(name: string, accent: string): string {
  const asset = assets.get(name);
  if (!asset) throw new Error(`no file "${name}" in templates/assets`);
  return `/assets/${accent.slice(1)}/${name}?v=${asset.version}${paletteVersion}`;
}

export function assetRoutes(app: FastifyInstance): void {
  app.get<{ Params: { name: string }; Querystring: { v?: string } }>('/assets/:name', (request, reply) => {
    const asset = assets.get(request.params.name);
    if (!asset) return reply.callNotFound();
    return reply
      .header('cache-control', caching(request.query.v === asset.version))
      .type(asset.type)
      .send(asset.body);
  });

  app.get<{ Params: { accent: string; name: string }; Querystring: { v?: string } }>(
    '/assets/:accent/:name',
    (request, reply) => {
      const { accent, name } = request.params;
      const asset = assets.get(name);
      if (!asset || extname(name) !== '.css' || !/^[0-9a-f]{6}$/.test(accent)) return reply.callNotFound();
      return reply
        .header('cache-control', caching(request.query.v === asset.version + paletteVersion))
        .type(asset.type)
        .send(paletteCss(`#${accent}`) + asset.body.toString('utf8'));
    },
  );
}

// While two versions of the service run side by side, one may be asked for the other's file: that answer is not kept.
function caching(isCurrent: boolean): string {
  return isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache';
}

function loadAll(): Map<string, Asset> {
  const found = new Map<string, Asset>();
  const names = readdirSync(folder).filter((name) => types[extname(name)]);
  // Style sheets last: they name the others.
  for (const name of names.sort((a, b) => Number(a.endsWith('.css')) - Number(b.endsWith('.css')))) {
    const raw = readFileSync(new URL(name, folder));
    const body = name.endsWith('.css') ? Buffer.from(styleSheet(raw.toString('utf8'), found)) : raw;
    found.set(name, { body, type: types[extname(name)] as string, version: versionOf(body) });
  }
  return found;
}

/** Without comments and blanks, and with `url(name)` replaced by the file's address. */
function styleSheet(css: string, others: ReadonlyMap<string, Asset>): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .replace(
      /url\(([a-z0-9.-]+)\)/g,
      (_, name: string) => `url(/assets/${name}?v=${others.get(name)?.version})`,
    )
    .trim();
}

function versionOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, 8);
}
