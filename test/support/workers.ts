import Fastify from 'fastify';
import { afterAll, beforeAll } from 'vitest';
import { type Sender, type SenderOptions, startSender } from '../../server/deliveries/sender.ts';
import type { Deps } from '../../server/deps.ts';
import { closeFinishedMailings, endEvents, runOverdueMailings } from '../../server/mailings/due.ts';
import { expireOffers } from '../../server/rsvps/service.ts';
import { type TestClock, testClock } from './clock.ts';
import { useDatabase } from './database.ts';
import { testDeps } from './deps.ts';
import { type SmtpSink, startSmtpSink } from './smtp-sink.ts';

/** Workers without web: what is due happens when the test says so, and leaves for a real SMTP server. */
export type TestWorkers = {
  readonly deps: Deps;
  readonly clock: TestClock;
  readonly sink: SmtpSink;
  readonly senders: readonly Sender[];
  /** Runs what is due, and sends until nothing more may leave now. */
  settle(): Promise<void>;
};

export function useWorkers(options: { now: string; senders?: number } & Partial<SenderOptions>): TestWorkers {
  const database = useDatabase({ max: 20 });
  const clock = testClock(options.now);
  const senders: Sender[] = [];
  let deps: Deps;
  let sink: SmtpSink;

  beforeAll(async () => {
    sink = await startSmtpSink();
    deps = testDeps(database.db, clock);
    const { log } = Fastify({ logger: false });
    for (let i = 0; i < (options.senders ?? 1); i += 1) {
      senders.push(
        startSender(deps, log, { smtpUrl: sink.url, connections: 2, rate: null, pollMs: 20, ...options }),
      );
    }
  });
  afterAll(async () => {
    await Promise.all(senders.map((sender) => sender.stop()));
    await sink?.close();
  });

  return {
    get deps() {
      return deps;
    },
    clock,
    get sink() {
      return sink;
    },
    senders,
    async settle() {
      await expireOffers(deps);
      await endEvents(deps);
      await runOverdueMailings(deps);
      for (const sender of senders) await sender.drain();
      await closeFinishedMailings(deps);
    },
  };
}
