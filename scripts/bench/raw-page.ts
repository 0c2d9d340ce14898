import Fastify from 'fastify';
import pg from 'pg';
import { buildApp } from '../../server/app.ts';
import { systemClock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import { Batch } from '../../server/db/batch.ts';
import { attachPoolErrors, poolOptions } from '../../server/db/database.ts';
import { secretKey } from './web.ts';

/** What a page asked the database, as it asked it. */
type Statement = { text: string; values: readonly unknown[] };
type Recorded = { statements: Statement[]; constant: string };

/**
 * The raw limit of pages: a Fastify of its own whose one route sends the statements that each page sends, by `pg` alone
 * and prepared, and answers a constant as long as the page. A process of its own, as the service is.
 *
 * Called with the service's address and the pages' paths as JSON; says its own address on standard output.
 */
async function main([publicUrl = '', paths = '[]']: string[]): Promise<void> {
  const databaseUrl = process.env.DATABASE_URL ?? '';
  const pages = await record(databaseUrl, publicUrl, JSON.parse(paths) as string[]);
  const pool = new pg.Pool(poolOptions(databaseUrl, { max: 10 }));
  attachPoolErrors(pool, console);
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `s${names.size}`;
    names.set(text, name);
    return name;
  };
  const server = Fastify({ logger: false });
  server.get<{ Params: { page: string } }>('/:page', async (request, reply) => {
    const { statements, constant } = pages[Number(request.params.page)] as Recorded;
    for (const { text, values } of statements)
      await pool.query({ name: nameOf(text), text, values: [...values] });
    return reply.type('text/html; charset=utf-8').send(constant);
  });
  process.once('SIGTERM', () => {
    void server
      .close()
      .then(() => pool.end())
      .then(() => process.exit(0));
  });
  process.stdout.write(`${await server.listen({ host: '127.0.0.1', port: 0 })}\n`);
}

/** Asks the service for each page once, and listens to what it sends to the database meanwhile. */
async function record(databaseUrl: string, publicUrl: string, paths: readonly string[]): Promise<Recorded[]> {
  const config = readConfig({ LOG_LEVEL: 'silent', PUBLIC_URL: publicUrl, DATABASE_URL: databaseUrl });
  const app = await buildApp({ config, databaseUrl, secretKeys: [secretKey], clock: systemClock });
  let heard: Statement[] = [];
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function listening(this: pg.Client, ...given: unknown[]) {
    const [asked, values] = given as [string | Statement | Batch, unknown[] | undefined];
    if (asked instanceof Batch) heard.push(...asked.calls);
    // Else it is what a connection is set up with, which is no part of the page, or a page's own.
    else if (typeof asked !== 'string') heard.push(asked);
    else if (!asked.startsWith('SET ')) heard.push({ text: asked, values: values ?? [] });
    return query.apply(this, given as never);
  } as typeof query;
  try {
    const pages: Recorded[] = [];
    for (const path of paths) {
      heard = [];
      const response = await app.server.inject({ url: path, headers: { accept: 'text/html' } });
      if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`);
      pages.push({ statements: heard, constant: 'x'.repeat(Buffer.byteLength(response.body)) });
    }
    return pages;
  } finally {
    pg.Client.prototype.query = query;
    await app.close();
  }
}

await main(process.argv.slice(2));
