import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import { type App, buildApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { fastClock } from './time.ts';

/** Signs nothing that anybody else believes. */
const secretKeys = ['a key for nothing but the trouble of this run'];

/** The service without anything that listens or sends, on a clock that runs fast. */
export function openService(databaseUrl: string, since: number): Promise<App> {
  const config = readConfig({ LOG_LEVEL: 'silent', PUBLIC_URL: 'http://localhost:3000' });
  const logger = pino({ level: 'silent' }) as FastifyBaseLogger;
  return buildApp({ config, databaseUrl, secretKeys, clock: fastClock(since), logger });
}
