import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Deps } from '../deps.ts';
import { gather } from './gather.ts';
import { type Settling, settleDeliveries } from './ledger.ts';

/** Writes down what became of deliveries. */
export type Writer = {
  /** @returns false where the claim was lost meanwhile */
  write(settling: Settling): Promise<boolean>;
  /** From now on it does not wait for a database that is away. */
  hurry(): void;
};

const retryMs = 500;
const patienceMs = 5 * 60_000;
const patienceAtTheEndMs = 10_000;

/**
 * Writes what settles at the same time in one statement. While the database is away it keeps trying: what the mail server
 * has taken and nobody wrote down would be sent again.
 */
export function openWriter(deps: Deps, log: FastifyBaseLogger): Writer {
  let patience = patienceMs;

  const write = gather(async (all: Settling[]): Promise<boolean[]> => {
    const began = performance.now();
    for (;;) {
      try {
        return await settleDeliveries(deps.db, all, deps.clock());
      } catch (error) {
        // One that the database does not take must not hold up the others.
        if (isRefusal(error) && all.length > 1) return each(all);
        if (isRefusal(error) || performance.now() - began > patience) throw error;
        log.warn({ reason: (error as Error).message }, 'what was sent cannot be written down yet');
        await sleep(retryMs);
      }
    }
  }, 200);

  async function each(all: readonly Settling[]): Promise<boolean[]> {
    const written = await Promise.allSettled(
      all.map((one) => settleDeliveries(deps.db, [one], deps.clock())),
    );
    return written.map((result) => {
      if (result.status === 'fulfilled') return result.value[0] ?? false;
      log.error({ err: result.reason }, 'the database does not take what became of a delivery');
      return false;
    });
  }

  return {
    write,
    hurry() {
      patience = patienceAtTheEndMs;
    },
  };
}

/** SQLSTATE classes 22, 23 and 42: what was said is wrong, and would be again. */
function isRefusal(error: unknown): boolean {
  return /^(22|23|42)/.test((error as { code?: string }).code ?? '');
}
