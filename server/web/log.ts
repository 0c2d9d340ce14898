import type { FastifyRequest } from 'fastify';
import pino from 'pino';

/**
 * What holds a capability never reaches a log: `/r/…` instead of the token. The router takes `/%72/…` for `/r/…`, and
 * so does whoever reads a log: printable characters are unescaped first, and nothing else, so that a path stays one line.
 */
export function redactUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  const read = path.replace(/%(2[\da-f]|[3-6][\da-f]|7[\da-e])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // A proxy may name the host in it, and a mail program may write one slash too many.
  const capability = /^(?:https?:\/\/[^/]*)?\/+(r|u|f|m|me|cal|i|d|sign-in|setup|c\/+[^/]+\/+join)\/+[^/]+/i;
  return read.replace(capability, '/$1/…') + (query.length > 0 ? '?…' : '');
}

/** One line a request, without addresses of people and without tokens. */
export function loggerOptions(level: string) {
  return {
    level,
    serializers: {
      req: (request: FastifyRequest) => ({ method: request.method, url: redactUrl(request.url) }),
      err: (error: Error) => {
        // PostgreSQL repeats in these what stood in the row: names and addresses.
        const { detail: _detail, where: _where, ...told } = pino.stdSerializers.err(error);
        return told;
      },
      res: (reply: { statusCode: number }) => ({ statusCode: reply.statusCode }),
    },
  };
}
