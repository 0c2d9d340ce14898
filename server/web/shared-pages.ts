import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A page as it is sent, and the same compressed once somebody has asked for that. */
type Made = { html: string; zipped: Promise<Buffer> | null };

const most = 200;
const compress = promisify(gzip);

/**
 * Pages that are the same for all who open them: a whole chapter opens an event within minutes of its invitation. What
 * a page says is put together, and compressed, once for all who come in the same second and find the same in the
 * database; what is in the database is asked each time.
 */
export function sharedPages() {
  const recent = new Map<string, Made>();
  return {
    /**
     * @param of everything that the page depends on, the reader's language and the present second included
     * @param render puts it together
     */
    async send(
      request: FastifyRequest,
      reply: FastifyReply,
      of: { now: Date } & Record<string, unknown>,
      render: () => Promise<string>,
    ): Promise<FastifyReply> {
      const { now, ...rest } = of;
      const key = `${Math.floor(now.getTime() / 1000)} ${JSON.stringify(rest)}`;
      let made = recent.get(key);
      if (!made) {
        made = { html: await render(), zipped: null };
        if (recent.size >= most) recent.clear();
        recent.set(key, made);
      }
      reply.type('text/html; charset=utf-8').header('vary', 'accept-language, accept-encoding');
      if (!takesGzip(request.headers['accept-encoding'])) return reply.send(made.html);
      made.zipped ??= compress(made.html);
      const zipped = await made.zipped;
      return reply.header('content-encoding', 'gzip').send(zipped);
    },
  };
}

/** Whether a browser takes gzip (RFC 9110 section 12.5.3): all do that are in use. */
export function takesGzip(accepted: string | string[] | undefined): boolean {
  return /(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i.test(
    `${accepted ?? ''}`,
  );
}
