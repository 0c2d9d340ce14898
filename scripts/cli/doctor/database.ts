import type { Pool } from 'pg';
import { openPool } from '../../../server/db/database.ts';
import { migrationNames } from '../../../server/db/migrations.ts';
import { openDatabase } from '../../../server/db/open.ts';
import { type Check, type Finding, lineOf } from './finding.ts';

const oldestVersion = 150_000;
const quiet = { info() {}, warn() {}, error() {} };

/** The database: whether it answers, how old it is, what it lacks, and whether its clock agrees with ours. */
export const checkDatabase: Check = async function* (config) {
  try {
    const database = await openDatabase(config, () => {});
    const pool = openPool(database.url, { max: 1, log: quiet });
    try {
      yield await version(pool, config.databaseUrl === null);
      yield await migrations(pool);
      yield await clock(pool);
    } finally {
      await pool.end();
      await database.close();
    }
  } catch (error) {
    const says = `it does not answer (${lineOf(error)}): look at DATABASE_URL, and whether PostgreSQL runs`;
    yield { subject: 'database', state: 'wrong', says };
  }
};

async function version(pool: Pool, isEmbedded: boolean): Promise<Finding> {
  const { rows } = await pool.query(`SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::int AS number, pg_size_pretty(pg_database_size(current_database())) AS size`);
  const { version: name, number, size } = rows[0];
  const says = `PostgreSQL ${name}, ${size}`;
  if (number < oldestVersion)
    return { subject: 'database', state: 'wrong', says: `${says}: it takes PostgreSQL 15 or newer` };
  if (isEmbedded)
    return {
      subject: 'database',
      state: 'look',
      says: `${says}, the embedded one: for trying; set DATABASE_URL`,
    };
  return { subject: 'database', state: 'well', says };
}

async function migrations(pool: Pool): Promise<Finding> {
  const subject = 'migrations';
  const { rows: tables } = await pool.query(`SELECT to_regclass('kysely_migration') AS found`);
  if (!tables[0].found) {
    return { subject, state: 'look', says: 'none yet: the first start makes the tables' };
  }
  const { rows } = await pool.query<{ name: string }>('SELECT name FROM kysely_migration');
  const done = new Set(rows.map(({ name }) => name));
  const known = await migrationNames();
  const newer = [...done].filter((name) => !known.includes(name));
  const waiting = known.filter((name) => !done.has(name));
  if (newer.length > 0) {
    const says = `the database is of a newer version (${newer.at(-1)}): install that version again`;
    return { subject, state: 'wrong', says };
  }
  if (waiting.length > 0) {
    return {
      subject,
      state: 'look',
      says: `${waiting.length} to come: the next start does them; back up before`,
    };
  }
  return { subject, state: 'well', says: `all ${known.length} are done` };
}

async function clock(pool: Pool): Promise<Finding> {
  const before = Date.now();
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const middle = (before + Date.now()) / 2;
  const seconds = Math.abs((rows[0]?.now.getTime() ?? 0) - middle) / 1000;
  if (seconds > 5) {
    const says = `the database's is ${Math.round(seconds)} s off ours: let both machines keep time by NTP`;
    return { subject: 'clock', state: 'wrong', says };
  }
  return {
    subject: 'clock',
    state: 'well',
    says: `${new Date().toISOString().slice(0, 19)}Z, as the database's`,
  };
}
