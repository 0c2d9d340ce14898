import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { startSender } from '../../server/deliveries/sender.ts';
import { testClock } from '../support/clock.ts';
import { useDatabase } from '../support/database.ts';
import { testDeps } from '../support/deps.ts';

const database = useDatabase();

test('a sender that had nothing to do for long stops at once', async () => {
  const { log } = Fastify({ logger: false });
  const deps = testDeps(database.db, testClock('2026-11-10T09:00:00Z'));
  // Many short naps stand for a few days of ordinary ones.
  const sender = startSender(deps, log, {
    smtpUrl: 'smtp://127.0.0.1:9',
    connections: 300,
    rate: null,
    pollMs: 1,
  });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await expect(sender.stop()).resolves.toBeUndefined();
});
