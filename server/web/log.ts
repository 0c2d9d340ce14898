import type { FastifyRequest } from 'fastify';
import pino from 'pino';

/** What holds a capability never reaches a log: `/r/…` instead of the token. */
export function redactUrl(url: string): string {
  return url.replace(/^\/(r|u|f|me|sign-in)\/[^/?]+/, '/$1/…').replace(/\?.*$/, '?…');
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
