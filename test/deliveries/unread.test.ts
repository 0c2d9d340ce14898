import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { runOverdueMailings } from '../../server/mailings/due.ts';
import { eventually } from '../support/eventually.ts';
import { makeChapter, makeEvent, makeMembers } from '../support/factories.ts';
import { useWorkers } from '../support/workers.ts';

const workers = useWorkers({
  now: '2031-11-10T10:00:00Z',
  leaseSeconds: 1,
  renewEveryMs: 100,
  recoverEveryMs: 100,
});

test('a mail that was claimed while nothing could be read comes back by itself, and leaves once', async () => {
  const { deps, clock, sink } = workers;
  const chapter = await makeChapter(deps.db);
  await makeMembers(deps.db, chapter.id, 2);
  await makeEvent(deps, chapter.id, { startsAt: new Date(clock().getTime() + 20 * 86_400_000) });
  // What every mail is written from is away, the ledger is not.
  await sql`alter table networks rename to networks_away`.execute(deps.db);
  await runOverdueMailings(deps);
  const claimedAgain = sql<{ count: number }>`select count(*)::int as count from deliveries where fence > 1`;
  await eventually(
    'all are claimed again',
    async () => (await claimedAgain.execute(deps.db)).rows[0]?.count === 3,
  );
  await sql`alter table networks_away rename to networks`.execute(deps.db);
  await eventually('all have left', () => sink.messages.length >= 3);
  await workers.settle();
  expect(sink.messages).toHaveLength(3);
});
