import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** Scripts of libraries, served from where they are installed. */
const packaged: Record<string, string> = {
  'idb.js': 'idb/build/index.js',
  'qr-decode.js': 'qr/decode.js',
  'qr.js': 'qr',
};
/** How a script names them, those scripts themselves included. */
const modules: Record<string, string> = {
  idb: 'idb.js',
  'qr/decode.js': 'qr-decode.js',
  './index.js': 'qr.js',
};
const require = createRequire(import.meta.url);

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
    return (
      reply
        .header('cache-control', caching(request.query.v === asset.version))
        // The door's worker lies among the assets, and serves the door.
        .headers(
          request.params.name === 'door-worker.js' ? { 'service-worker-allowed': '/desk/events/' } : {},
        )
        .type(asset.type)
        .send(asset.body)
    );
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
  const load = (name: string): Asset => {
    const known = found.get(name);
    if (known) return known;
    const raw = readFileSync(packaged[name] ? require.resolve(packaged[name]) : new URL(name, folder));
    const made = { css: styleSheet, js: script }[extname(name).slice(1)];
    const body = made ? Buffer.from(made(raw.toString('utf8'), addressOf)) : raw;
    const asset = { body, type: types[extname(name)] as string, version: versionOf(body) };
    found.set(name, asset);
    return asset;
  };
  // What a file names is loaded before it: its own version changes with theirs.
  const addressOf = (name: string) => `/assets/${name}?v=${load(name).version}`;
  for (const name of names) load(name);
  return found;
}

/** With each module that a script imports replaced by its address, which changes with it. */
function script(js: string, addressOf: (name: string) => string): string {
  return js.replace(
    /^((?:import|export) [^'"]*?from )(['"])([^'"]+)\2/gm,
    (_, start: string, quote: string, module: string) =>
      `${start}${quote}${addressOf(modules[module] ?? module.replace(/^\.\//, ''))}${quote}`,
  );
}

/** Without comments and blanks, and with `url(name)` replaced by the file's address. */
function styleSheet(css: string, addressOf: (name: string) => string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/: /g, ':')
    .replaceAll(';}', '}')
    .replace(/url\(([a-z0-9.-]+)\)/g, (_, name: string) => `url(${addressOf(name)})`)
    .trim();
}

function versionOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, 8);
}
