import helmet from '@fastify/helmet';
import Fastify from 'fastify';
import type { Config } from '../config.ts';

/**
 * The headers that every answer carries, as helmet has them for these settings. They are the same for all: helmet is
 * asked once, since it would put them together anew for each answer.
 */
export async function securityHeaders(config: Pick<Config, 'publicUrl'>): Promise<Record<string, string>> {
  const asked = Fastify({ logger: false });
  let made: Record<string, unknown> = {};
  await asked.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        frameSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: config.publicUrl.startsWith('https:'),
    xFrameOptions: { action: 'deny' },
  });
  asked.get('/', async (_request, reply) => {
    made = { ...reply.raw.getHeaders() };
    return '';
  });
  await asked.inject('/');
  await asked.close();
  return {
    ...(made as Record<string, string>),
    // No page asks for any of these but the door, which reads codes with the camera.
    'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  };
}
