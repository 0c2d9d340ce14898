import pg from 'pg';
import { createDb, poolOptions } from '../../server/db/database.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';

/** A process of its own that migrates the database whose address it is given. */
const pool = new pg.Pool(poolOptions(process.argv[2] ?? '', { max: 2 }));
await migrateToLatest(createDb(pool), { log: console }).finally(() => pool.end());
