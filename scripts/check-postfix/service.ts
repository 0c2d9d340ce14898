import type { KeyObject } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { type App, buildApp } from '../../server/app.ts';
import { systemClock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import { migrate } from '../../server/db/upgrade.ts';
import { installBoss } from '../../server/jobs/boss.ts';

/** What the service's processes share, as an operator would set it. */
export type Secrets = { env: Record<string, string>; keys: string[] };

export function secretsFor(privateKey: KeyObject, domains: { from: string; bounces: string }): Secrets {
  const key = 'a key for nothing but one mail through a real Postfix';
  return {
    keys: [key],
    env: {
      LOG_LEVEL: 'error',
      PUBLIC_URL: 'http://localhost:3000',
      SECRET_KEYS: key,
      MAIL_FROM: `eventi@${domains.from}`,
      BOUNCE_DOMAIN: domains.bounces,
      DKIM_DOMAIN: domains.from,
      DKIM_SELECTOR: 'ritrovo',
      DKIM_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  };
}

/** The service without anything that listens or sends. */
export async function openService(env: Record<string, string>, { keys }: Secrets): Promise<App> {
  await migrate(env.DATABASE_URL as string);
  const app = await buildApp({
    config: readConfig(env),
    databaseUrl: env.DATABASE_URL as string,
    secretKeys: keys,
    clock: systemClock,
    logger: pino({ level: 'silent' }) as FastifyBaseLogger,
  });
  await installBoss(app.pool);
  await app.server.ready();
  return app;
}
