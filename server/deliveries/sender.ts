import type { FastifyBaseLogger } from 'fastify';
import type { Deps } from '../deps.ts';
import { openConnection, type SmtpConnection } from '../mail/smtp.ts';
import { closeFinishedMailings } from '../mailings/due.ts';
import { prepareMail } from './content.ts';
import {
  type Claimed,
  claimDeliveries,
  drawTokens,
  recoverLeases,
  renewLeases,
  returnTokens,
  type Settlement,
  settleDelivery,
} from './ledger.ts';
import { enterDataPhase, findObjection, type Objection } from './recheck.ts';

export type SenderOptions = {
  smtpUrl: string;
  connections: number;
  /** Messages a second over all workers; null for no limit. */
  rate: number | null;
  leaseSeconds?: number;
  renewEveryMs?: number;
  pollMs?: number;
  recoverEveryMs?: number;
  /** How long an idle connection is kept. */
  idleMs?: number;
};

export type Sender = {
  /** Resolves when everything that was claimable is settled: for tests and for a tidy end. */
  drain(): Promise<void>;
  /** Lets what is in flight come to its end, and stops. */
  stop(): Promise<void>;
};

/**
 * Sends what the ledger holds, over a few connections. Any number of senders on any number of machines share one
 * ledger; each claims small batches, so that none waits behind another's backlog.
 */
export function startSender(deps: Deps, log: FastifyBaseLogger, options: SenderOptions): Sender {
  const {
    leaseSeconds = 30,
    renewEveryMs = 10_000,
    pollMs = 500,
    recoverEveryMs = 5_000,
    idleMs = 5_000,
  } = options;
  const batch = options.connections * 4;
  const inHand = new Map<string, Claimed>();
  const buffer: Claimed[] = [];
  let stopping = false;
  let refilling: Promise<void> | null = null;
  let smtpFailures = 0;
  let pausedUntil = 0;
  const sleepers = new Set<() => void>();
  const wake = () => {
    for (const rouse of sleepers) rouse();
  };

  const timers = [
    every(renewEveryMs, () => renewLeases(deps.db, [...inHand.values()], leaseSeconds)),
    every(recoverEveryMs, async () => {
      const recovered = await recoverLeases(deps.db, deps.clock());
      if (recovered > 0) log.warn({ recovered }, 'took back deliveries of a worker that is gone');
    }),
  ];

  function every(ms: number, work: () => Promise<unknown>) {
    let busy = false;
    return setInterval(() => {
      if (busy) return;
      busy = true;
      work()
        .catch((error: unknown) => log.error({ err: error }, 'sender upkeep failed'))
        .finally(() => {
          busy = false;
        });
    }, ms);
  }

  async function refill(): Promise<void> {
    const want = options.rate === null ? batch : await drawTokens(deps.db, options.rate, batch);
    if (want === 0) return;
    const claimed = await claimDeliveries(deps.db, { limit: want, leaseSeconds, now: deps.clock() });
    if (options.rate !== null) await returnTokens(deps.db, want - claimed.length);
    for (const claim of claimed) inHand.set(claim.id, claim);
    buffer.push(...claimed);
  }

  async function next(): Promise<Claimed | null> {
    if (buffer.length === 0 && performance.now() >= pausedUntil) {
      refilling ??= refill().finally(() => {
        refilling = null;
      });
      await refilling;
    }
    return buffer.shift() ?? null;
  }

  async function nap(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, pollMs);
    sleepers.add(resolve);
    await promise;
    sleepers.delete(resolve);
    clearTimeout(timer);
  }

  /** One connection's life: take, prepare, send, write down. */
  async function lane(): Promise<void> {
    let connection: SmtpConnection | null = null;
    let lastUsed = 0;
    while (!stopping) {
      try {
        const claim = await next();
        if (!claim) {
          if (connection && performance.now() - lastUsed > idleMs) {
            await connection.quit();
            connection = null;
          }
          await nap();
          continue;
        }
        connection = await deliver(claim, connection);
        lastUsed = performance.now();
      } catch (error) {
        // The database is away, most likely. What was claimed comes back when its lease runs out.
        log.error({ err: error }, 'a delivery could not be settled');
        connection = null;
        await nap();
      }
    }
    await connection?.quit();
  }

  async function deliver(claim: Claimed, open: SmtpConnection | null): Promise<SmtpConnection | null> {
    let connection = open?.usable ? open : null;
    const settle = async (settlement: Settlement) => {
      const kept = await settleDelivery(deps.db, claim, settlement, deps.clock());
      if (!kept)
        log.warn({ delivery: claim.id, settlement: settlement.kind }, 'the claim was lost meanwhile');
    };
    try {
      const mail = await prepareMail(deps, claim);
      if (!mail.ok) {
        if (mail.error) log.error({ err: mail.error, delivery: claim.id }, 'a mail could not be written');
        await settle(mail.settlement);
        return connection;
      }
      const early = await findObjection(deps.db, mail.premises, deps.clock());
      if (early) {
        await settle(objectionSettles(early, deps.clock()));
        return connection;
      }
      try {
        connection ??= await openConnection(options.smtpUrl);
        smtpFailures = 0;
      } catch (error) {
        await pause(error as Error, settle);
        return null;
      }
      const outcome = await connection.send(mail.envelope, mail.raw, () =>
        enterDataPhase(deps.db, mail.premises, deps.clock()),
      );
      switch (outcome.kind) {
        case 'sent':
          await settle({ kind: 'sent', response: outcome.response, messageId: mail.messageId });
          break;
        case 'deferred':
          await settle({ kind: 'deferred', response: outcome.response });
          break;
        case 'refused':
          await settle({ kind: 'failed', response: outcome.response });
          break;
        case 'withheld': {
          const objection = await findObjection(deps.db, mail.premises, deps.clock());
          await settle(objectionSettles(objection ?? 'changed', deps.clock()));
          break;
        }
        case 'dropped':
          await settle(
            outcome.phase === 'after_body'
              ? { kind: 'unknown', cause: `dropped_after_body: ${outcome.error}` }
              : { kind: 'deferred', response: `connection lost: ${outcome.error}` },
          );
          break;
      }
      return connection.usable ? connection : null;
    } catch (error) {
      connection?.close();
      throw error;
    } finally {
      inHand.delete(claim.id);
      void finish(claim.mailingId);
    }
  }

  /** The mail server is away: everybody waits a little longer each time, and nothing is lost. */
  async function pause(error: Error, settle: (s: Settlement) => Promise<void>): Promise<void> {
    // All connections fail at once: that is one failure, not five.
    const isNews = performance.now() >= pausedUntil;
    if (isNews) smtpFailures += 1;
    const seconds = Math.min(60, 2 ** Math.min(smtpFailures - 1, 6));
    if (isNews) {
      pausedUntil = performance.now() + seconds * 1000;
      log.warn({ seconds, reason: error.message }, 'the mail server does not answer; trying again');
    }
    const at = new Date(deps.clock().getTime() + seconds * 1000);
    const release: Settlement = { kind: 'released', at, response: `mail server away: ${error.message}` };
    await settle(release);
    for (const other of buffer.splice(0)) {
      await settleDelivery(deps.db, other, release, deps.clock());
      inHand.delete(other.id);
    }
  }

  const finishing = new Set<string>();
  /** Closes a mailing when its last delivery is settled. Gathered, so that a large one is not asked about each time. */
  async function finish(mailingId: string): Promise<void> {
    if (finishing.has(mailingId)) return;
    finishing.add(mailingId);
    await new Promise((resolve) => setTimeout(resolve, 200));
    finishing.delete(mailingId);
    await closeFinishedMailings(deps, [mailingId]).catch((error: unknown) =>
      log.error({ err: error }, 'not closed'),
    );
  }

  const lanes = Array.from({ length: options.connections }, lane);

  return {
    async drain() {
      for (;;) {
        wake();
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (inHand.size > 0 || buffer.length > 0 || refilling || sleepers.size < options.connections)
          continue;
        const waiting = await deps.db
          .selectFrom('deliveries')
          .select('id')
          .where('state', 'in', ['queued', 'unknown'])
          .where('nextAttemptAt', '<=', deps.clock())
          .limit(1)
          .executeTakeFirst();
        // What was waiting may have been claimed while the question was on its way.
        if (!waiting && finishing.size === 0 && inHand.size === 0 && !refilling) return;
      }
    },
    async stop() {
      stopping = true;
      wake();
      await Promise.all(lanes);
      for (const timer of timers) clearInterval(timer);
      // What was claimed and not begun goes back at once instead of waiting for its lease.
      const now = deps.clock();
      for (const claim of buffer.splice(0))
        await settleDelivery(deps.db, claim, { kind: 'released', at: now }, now);
      while (finishing.size > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    },
  };
}

/** What an objection makes of a delivery. A mail that was overtaken by a change is written anew. */
function objectionSettles(objection: Objection, now: Date): Settlement {
  switch (objection) {
    case 'claim_lost':
    case 'changed':
      return { kind: 'released', at: now };
    case 'suppressed':
    case 'opted_out':
    case 'erased':
      return { kind: 'suppressed', reason: objection };
    default:
      return { kind: 'skipped', reason: objection };
  }
}
