import { createDb, openPool } from '../../server/db/database.ts';
import { migrateToLatest } from '../../server/db/migrate.ts';

/** A process of its own that migrates the database whose address it is given. */
const pool = openPool(process.argv[2] ?? '', { max: 2 });
await migrateToLatest(createDb(pool), { log: console }).finally(() => pool.end());
