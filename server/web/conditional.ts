import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { takesGzip } from './shared-pages.ts';

const compress = promisify(gzip);

/** A text that is asked for again and again by machines, and is the same as long as its version is. */
export type Versioned = {
  /** All that the text depends on, in a few words. */
  version: string;
  /** When it last changed; null where nobody knows when something was taken out of it. */
  lastModified: Date | null;
  type: string;
  cacheControl: string;
};

/** What stands for a version in an ETag. */
export const fingerprint = (text: string) =>
  createHash('sha256').update(text).digest('base64url').slice(0, 22);

/**
 * Answers a GET or HEAD of such a text: 304 where the asker has it already (RFC 9110 section 13.2.2), else the text.
 * Its ETag is a strong one, and so another one for the compressed text (section 8.8.3.3).
 * @param now a change in the same second as the answer could not be told from it: then no date is given
 * @param make puts the text together
 */
export async function sendVersioned(
  request: FastifyRequest,
  reply: FastifyReply,
  { version, lastModified, type, cacheControl }: Versioned,
  now: Date,
  make: () => Made | Promise<Made>,
): Promise<FastifyReply> {
  const mark = fingerprint(version);
  const zips = takesGzip(request.headers['accept-encoding']);
  const changed = lastModified && now.getTime() - lastModified.getTime() > 2000 ? lastModified : null;
  reply.headers({
    'cache-control': cacheControl,
    etag: `"${mark}${zips ? '-gz' : ''}"`,
    vary: 'accept-encoding',
    ...(changed && { 'last-modified': changed.toUTCString() }),
  });
  if (has(request, mark, changed)) return reply.code(304).send();
  const made = await make();
  reply.type(type);
  if (!zips) return reply.send(made.text);
  made.zipped ??= compress(made.text);
  return reply.header('content-encoding', 'gzip').send(await made.zipped);
}

/** A text, and the same compressed once somebody has asked for that. */
export type Made = { text: string; zipped: Promise<Buffer> | null };

function has(request: FastifyRequest, mark: string, changed: Date | null): boolean {
  const given = request.headers['if-none-match'];
  // Where there is an ETag, a date says nothing more (section 13.1.3).
  if (given !== undefined) {
    if (given.trim() === '*') return true;
    const tags = [...given.matchAll(/(?:W\/)?"([^"]*)"/g)].map(([, tag = '']) => tag.replace(/-gz$/, ''));
    return tags.includes(mark);
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return changed !== null && Math.floor(changed.getTime() / 1000) * 1000 <= since;
}

/** The texts that were asked for last, within some millions of characters. */
export function recentlyMade(mostCharacters: number) {
  const recent = new Map<string, Made>();
  let characters = 0;
  return async (version: string, write: () => Promise<string>): Promise<Made> => {
    const found = recent.get(version);
    if (found) return found;
    const made: Made = { text: await write(), zipped: null };
    characters += made.text.length;
    if (characters > mostCharacters) {
      recent.clear();
      characters = made.text.length;
    }
    recent.set(version, made);
    return made;
  };
}
