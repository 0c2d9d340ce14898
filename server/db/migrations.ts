import fs from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import type { Db } from './database.ts';

export const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations');

/** The migrations that this code knows, the oldest first. */
export async function migrationNames(folder = MIGRATIONS): Promise<string[]> {
  const files = await fs.readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.parse(file).name)
    .sort();
}

/** Whether the database has all the migrations that this code knows. A newer database is one that we can work with. */
export async function isMigrated(db: Db, folder = MIGRATIONS): Promise<boolean> {
  const known = await migrationNames(folder);
  const table = await sql<{ there: boolean }>`
    select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (!table.rows[0]?.there) return false;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  const done = new Set(rows.map(({ name }) => name));
  return known.length > 0 && known.every((name) => done.has(name));
}
