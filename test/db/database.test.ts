import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { attachPoolErrors, createDb, poolOptions } from '../../server/db/database.ts';
import { quietLog, useDatabase } from '../support/database.ts';

describe('the database', () => {
  const database = useDatabase();
  const value = async (expression: string): Promise<unknown> =>
    (await database.pool.query(`SELECT ${expression} AS value`)).rows[0].value;

  it('counts in numbers', async () => {
    expect(await value('(SELECT count(*) FROM generate_series(1, 3))')).toBe(3);
    expect(await value('9007199254740991::bigint')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('gives ids that sort by their moment, within a millisecond too', async () => {
    const ids: unknown[] = [];
    for (let i = 0; i < 200; i += 1) ids.push(await value('new_id()'));
    expect(ids).toEqual([...ids].sort());
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  });

  it('throws rather than round a number that does not fit', async () => {
    await expect(value('9007199254740993::bigint')).rejects.toThrow('int8 out of the safe range');
  });

  it('gives a day as its words, an instant as a Date', async () => {
    expect(await value(`'2026-03-29'::date`)).toBe('2026-03-29');
    expect(await value(`'2026-03-29T03:00:00+02'::timestamptz`)).toEqual(new Date('2026-03-29T01:00:00Z'));
  });

  it('turns the names of columns, and leaves those inside json alone', async () => {
    await database.db
      .insertInto('networks')
      .values({ name: 'Rete', words: '{"chi_siamo": "noi"}' })
      .execute();
    const network = await database.db
      .selectFrom('networks')
      .select(['createdAt', 'words'])
      .executeTakeFirstOrThrow();
    expect(network.words).toEqual({ chi_siamo: 'noi' });
    expect(network.createdAt).toBeInstanceOf(Date);
  });

  it('compares addresses without regard to case, accents included, and sorts names as Italians do', async () => {
    expect(await value(`'ÈVA@esempio.it'::citext = 'èva@ESEMPIO.it'::citext`)).toBe(true);
    const { rows } = await sql<{ name: string }>`
      SELECT name FROM unnest(ARRAY['Zoe', 'eva', 'Èlia', 'Anna']) AS name ORDER BY name COLLATE "it-x-icu"
    `.execute(database.db);
    expect(rows.map((row) => row.name)).toEqual(['Anna', 'Èlia', 'eva', 'Zoe']);
  });

  it('leaves the pool open when Kysely is destroyed', async () => {
    const pool = new pg.Pool(poolOptions(database.url, { max: 1 }));
    const db = createDb(pool);
    await sql`SELECT 1`.execute(db);
    await db.destroy();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('survives the end of an idle connection, and says so', async () => {
    const warn = vi.fn();
    const pool = new pg.Pool(poolOptions(database.url, { max: 1 }));
    attachPoolErrors(pool, { ...quietLog, warn });
    const { rows } = await pool.query('SELECT pg_backend_pid() AS pid');
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce());
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});
