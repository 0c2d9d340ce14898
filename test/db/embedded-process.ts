import { once } from 'node:events';
import pg from 'pg';
import { openEmbedded } from '../../server/db/embedded.ts';

/**
 * A process of its own that opens the database of the folder it is given, says so in one line of JSON, and goes on
 * until it is told to `stop` (which it does) or to `exit` (which it does without stopping). After Ctrl-C it still
 * asks the database something, as a worker would that has mail in flight.
 */
const embedded = await openEmbedded({ dataDir: process.argv[2] ?? '', log: console });

process.on('SIGINT', async () => {
  const client = new pg.Client({ connectionString: embedded.url });
  await client.connect();
  const { rows } = await client.query('SELECT pg_sleep(0.3), 1 AS one');
  await client.end();
  await embedded.stop();
  process.exit(rows[0].one === 1 ? 0 : 1);
});

console.log(JSON.stringify({ url: embedded.url, owner: embedded.owner, uid: process.getuid?.() }));

const [order] = await once(process.stdin, 'data');
if (String(order).trim() === 'exit') process.exit(3);
await embedded.stop();
process.exit(0);
