import type { ClientBase } from 'pg';

/** A table as a backup holds it. Generated columns are left to the database. */
export type BackupTable = { name: string; columns: string[] };

/** Everything but the record of migrations, which a restored database makes by itself. */
const notData = ['kysely_migration', 'kysely_migration_lock'];

/** Every table, by name. */
export async function findBackupTables(client: ClientBase): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND c.relname <> ALL ($1) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY c.relname ORDER BY c.relname`,
    [notData],
  );
  return rows;
}

/**
 * Takes the foreign keys away, since rows come table by table and some tables point to each other.
 * @returns what puts them back, and with it asks each row
 */
export async function liftForeignKeys(client: ClientBase): Promise<() => Promise<void>> {
  const { rows } = await client.query<{ inTable: string; name: string; says: string }>(
    `SELECT conrelid::regclass::text AS "inTable", conname AS name, pg_get_constraintdef(oid) AS says
     FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conparentid = 0`,
  );
  for (const { inTable, name } of rows) {
    await client.query(`ALTER TABLE ${inTable} DROP CONSTRAINT ${quoted(name)}`);
  }
  return async () => {
    // What waits for the end of the transaction is asked now: a table with a question open cannot be altered.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    for (const { inTable, name, says } of rows) {
      await client.query(`ALTER TABLE ${inTable} ADD CONSTRAINT ${quoted(name)} ${says}`);
    }
  };
}

/** `"people" ("id", "email")`, for COPY. */
export function copyTarget({ name, columns }: BackupTable): string {
  return `${quoted(name)} (${columns.map(quoted).join(', ')})`;
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
