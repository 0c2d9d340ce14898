import { sql } from 'kysely';
import type { Db } from '../../server/db/database.ts';

/**
 * What every table of the product holds, and the queue's jobs, as one short text a table: two that are equal say that
 * nothing was written. The figures of the workers are left out: they are added up a moment after what they count.
 * @param ignored columns that are bookkeeping, by table
 */
export async function checksums(
  db: Db,
  ignored: Record<string, readonly string[]> = {},
): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'figures' order by table_name`.execute(
    db,
  );
  const sources = [...tables.rows.map(({ name }) => ['public', name] as const), ['pgboss', 'job'] as const];
  const sums = sources.map(([schema, name]) => {
    const row = sql`to_jsonb(t) - ${[...(ignored[name] ?? [])]}::text[]`;
    return sql`select ${sql.lit(name)} as name,
      count(*) || ' ' || md5(coalesce(string_agg((${row})::text, chr(10) order by (${row})::text), '')) as sum
      from ${sql.table(`${schema}.${name}`)} t`;
  });
  const result = await sql<{ name: string; sum: string }>`${sql.join(sums, sql` union all `)}`.execute(db);
  return Object.fromEntries(result.rows.map(({ name, sum }) => [name, sum]));
}
