import type { FastifyReply } from 'fastify';

/** Sends a document for a frame of our own pages: it may run nothing, ask nobody and be shown nowhere else. */
export function framed(reply: FastifyReply, html: string): FastifyReply {
  return reply
    .header(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; frame-ancestors 'self'",
    )
    .header('x-frame-options', 'SAMEORIGIN')
    .type('text/html; charset=utf-8')
    .send(html);
}
