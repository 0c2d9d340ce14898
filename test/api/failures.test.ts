import Fastify from 'fastify';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiRoutes } from '../../server/api/routes.ts';
import { attachPoolErrors, createDb, poolOptions } from '../../server/db/database.ts';
import {
  decodableUrl,
  type FailurePage,
  isDatabaseAway,
  Problem,
  registerErrorHandlers,
} from '../../server/web/errors.ts';
import { registerPages } from '../../server/web/pages.ts';
import { testClock } from '../support/clock.ts';
import { quietLog } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';

const lines: string[] = [];
const page: FailurePage = (_request, reply, status) => reply.type('text/html').send(`<h1>${status}</h1>`);
const app = Fastify({
  rewriteUrl: (request) => decodableUrl(request.url ?? '/'),
  logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } },
});
// Nothing listens on the port of "discard".
const pool = new pg.Pool(poolOptions('postgres://nobody@127.0.0.1:9/none', { max: 1 }));

beforeAll(async () => {
  attachPoolErrors(pool, quietLog);
  registerErrorHandlers(app, page);
  await registerPages(app);
  await app.register(apiRoutes, { deps: testDeps(createDb(pool), testClock('2026-11-10T09:00:00Z')) });
  app.get('/broken', async () => {
    throw new Error('the secret is 42');
  });
  app.get('/refused', async () => {
    throw new Problem(409, 'Not now.', { code: 'not_now' });
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await pool.end();
});

describe('a database that is away', () => {
  it('is 503 with the time to come again, for a program', async () => {
    const answer = await app.inject({
      url: '/api/v1/chapters/bologna/members',
      headers: { authorization: 'Bearer ritrovo_x', accept: 'text/html' },
    });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({
      'retry-after': '5',
      'content-type': expect.stringContaining('application/problem+json'),
    });
    expect(answer.json()).toMatchObject({ status: 503, code: 'database_away' });
    expect(answer.body).not.toContain('127.0.0.1');
  });

  it('is told from one that refuses something', () => {
    const error = (more: object) => Object.assign(new Error('x'), more);
    for (const code of ['ECONNREFUSED', '57P01', '57P03', '53300', '08006'])
      expect(isDatabaseAway(error({ code }))).toBe(true);
    expect(isDatabaseAway(new Error('Connection terminated unexpectedly'))).toBe(true);
    for (const code of ['23505', '22P02', undefined]) expect(isDatabaseAway(error({ code }))).toBe(false);
    expect(isDatabaseAway(error({ code: 'ENOENT', syscall: 'open' }))).toBe(false);
  });
});

describe('a failure of ours', () => {
  it('is logged once, and its text is shown to nobody', async () => {
    lines.length = 0;
    const answer = await app.inject('/broken');
    expect(answer.json()).toMatchObject({ status: 500, type: 'about:blank' });
    expect(answer.body).not.toContain('42');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('the secret is 42');
  });

  it('is a page for a browser, and a refusal is not logged', async () => {
    lines.length = 0;
    const browser = { accept: 'text/html,application/xhtml+xml' };
    expect((await app.inject({ url: '/refused', headers: browser })).body).toBe('<h1>409</h1>');
    expect((await app.inject({ url: '/nowhere', headers: browser })).body).toBe('<h1>404</h1>');
    expect((await app.inject({ url: '/r/%E0%A4%A', headers: browser })).body).toBe('<h1>404</h1>');
    expect((await app.inject('/api/v1/%zz')).json()).toMatchObject({
      status: 404,
      type: 'about:blank',
    });
    expect((await app.inject('/refused')).json()).toMatchObject({
      status: 409,
      code: 'not_now',
      type: '/docs#not_now',
    });
    expect(lines).toHaveLength(0);
  });
});
