import { createDb, openPool } from '../../server/db/database.ts';
import { runImports } from '../../server/imports/jobs.ts';
import { createLinks } from '../../server/web/links.ts';

/** A worker of its own that does imports on the database that it is given, until somebody kills it. */
const [url = '', key = ''] = process.argv.slice(2);
const log = { info: () => {}, warn: console.warn, error: console.error };
const db = createDb(openPool(url, { max: 2, log }));
await runImports({ db, links: createLinks('http://localhost:3000', [key]), clock: () => new Date() });
