import type { FastifyRequest } from 'fastify';

/**
 * Whether a browser says that a form was sent from another site. One that says nothing is believed: old browsers, and
 * the mail providers that unsubscribe for their users (RFC 8058), send neither header.
 */
export function isForeign(request: FastifyRequest, publicUrl: string): boolean {
  const site = request.headers['sec-fetch-site'];
  if (typeof site === 'string' && site !== 'same-origin' && site !== 'none') return true;
  const { origin } = request.headers;
  if (!origin) return false;
  // Behind a proxy the service may be reached by another name than the public one; the browser's own is as good.
  return origin !== publicUrl && origin !== `${request.protocol}://${request.host}`;
}
