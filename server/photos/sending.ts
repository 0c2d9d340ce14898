import type { FastifyReply } from 'fastify';

/** A photo as a browser gets it: kept by no other than her own who asks, and asked for anew each time. */
export function sendPhoto(reply: FastifyReply, bytes: Buffer): FastifyReply {
  return reply
    .type('image/jpeg')
    .headers({ 'cache-control': 'private, no-store', 'x-content-type-options': 'nosniff' })
    .send(bytes);
}
