import type { FastifyBaseLogger } from 'fastify';
import type { Deps } from '../deps.ts';
import {
  type Outcome,
  openConnection,
  type SmtpConnection,
  type SmtpTimeouts,
  type Stage,
} from '../mail/smtp.ts';
import { closeFinishedMailings } from '../mailings/due.ts';
import { findDayHold } from './allowance.ts';
import { type Loaded, type Prepared, prepareMail } from './content.ts';
import { watchDomains } from './domains.ts';
import { type Claimed, recoverLeases, renewLeases, type Settlement } from './ledger.ts';
import { findObjections, type Objection, type Premises } from './recheck.ts';
import { openStock } from './stock.ts';
import { openWriter } from './writer.ts';

export type SenderOptions = {
  smtpUrl: string;
  connections: number;
  /** Messages a second over all workers; null for no limit. */
  rate: number | null;
  /** Messages within 24 hours over all workers; null or left out for no limit. */
  dailyLimit?: number | null;
  leaseSeconds?: number;
  renewEveryMs?: number;
  pollMs?: number;
  recoverEveryMs?: number;
  /** How long an idle connection is kept. */
  idleMs?: number;
  /** How patient it is with the mail server. */
  timeouts?: SmtpTimeouts;
};

export type Sender = {
  /** Resolves when everything that was claimable is settled: for tests and for a tidy end. */
  drain(): Promise<void>;
  /** Lets what is in flight come to its end, and stops. */
  stop(): Promise<void>;
};

type Mail = Extract<Prepared, { ok: true }>;
/** What became of a mail, and the connection where it can take the next. */
type Delivered = { settlement: Settlement; open: SmtpConnection | null; stage?: Stage };

/** How often a busy worker looks for what somebody waits for. */
const urgentEveryMs = 250;

/**
 * Sends what the ledger holds, over a few connections. Any number of senders on any number of machines share one
 * ledger; each claims as much as it sends in a moment, so that none waits behind another's backlog.
 *
 * Each connection has its lane, which takes one mail after the other. What the lanes ask of the database at the same time
 * goes into one round trip and one commit: the phase `data`, and what became of each mail. A lane goes on while its last
 * mail is being written down, one mail ahead at most: a crash in that moment sends that one twice.
 */
export function startSender(deps: Deps, log: FastifyBaseLogger, options: SenderOptions): Sender {
  const {
    leaseSeconds = 30,
    renewEveryMs = 10_000,
    pollMs = 500,
    recoverEveryMs = 5_000,
    idleMs = 5_000,
  } = options;
  const { connections, rate, dailyLimit = null } = options;
  const inHand = new Map<string, Claimed>();
  const inHandOf = new Map<string, number>();
  let stopping = false;
  let smtpFailures = 0;
  let pausedUntil = 0;
  const sleepers = new Set<() => void>();
  const wake = () => {
    for (const rouse of sleepers) rouse();
  };

  const domains = watchDomains(connections);
  const writer = openWriter(deps, log);
  const stock = openStock(
    deps,
    { connections, rate, dailyLimit, leaseSeconds },
    {
      domains,
      taken(claims) {
        for (const claim of claims) {
          inHand.set(claim.id, claim);
          inHandOf.set(claim.mailingId, (inHandOf.get(claim.mailingId) ?? 0) + 1);
        }
      },
      unread: letGo,
      release: (claim, at) => void settle(claim, { kind: 'released', at }),
    },
  );
  /** Mailings of which something was withheld: their mails are asked about before a connection is spent on them. */
  const wary = new Set<string>();

  const timers = [
    every(renewEveryMs, () => renewLeases(deps.db, [...inHand.values()], leaseSeconds)),
    every(recoverEveryMs, async () => {
      const recovered = await recoverLeases(deps.db, deps.clock());
      if (recovered > 0) log.warn({ recovered }, 'took back deliveries of a worker that is gone');
    }),
    every(Math.min(urgentEveryMs, pollMs), async () => {
      if (stopping || inHand.size === 0 || performance.now() < pausedUntil) return;
      await stock.claimUrgent();
      wake();
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

  async function nap(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Where a rate holds it back, the next one may leave before long.
    const timer = setTimeout(resolve, rate === null ? pollMs : Math.min(pollMs, 50));
    sleepers.add(resolve);
    await promise;
    sleepers.delete(resolve);
    clearTimeout(timer);
  }

  /** Writes down what became of a delivery, with what else is written at this moment. */
  async function settle(claim: Claimed, settlement: Settlement, stage?: Stage): Promise<void> {
    try {
      const kept = await writer.settle({ claim, settlement });
      if (kept) deps.figures.settled(claim, settlement, stage);
      else log.warn({ delivery: claim.id, settlement: settlement.kind }, 'the claim was lost meanwhile');
      if (settlement.kind === 'released') await stock.giveBack(1);
    } catch (error) {
      // What nobody could write down comes back when its lease runs out.
      log.error({ err: error, delivery: claim.id }, 'a delivery could not be settled');
    } finally {
      letGo(claim);
    }
  }

  /** It is no longer in hand. What was not written down by then comes back when its lease runs out. */
  function letGo(claim: Claimed): void {
    inHand.delete(claim.id);
    const left = (inHandOf.get(claim.mailingId) ?? 1) - 1;
    if (left > 0) inHandOf.set(claim.mailingId, left);
    else {
      inHandOf.delete(claim.mailingId);
      void finish(claim.mailingId);
    }
  }

  /** One connection's life: take, prepare, send, write down. */
  async function lane(): Promise<void> {
    let connection: SmtpConnection | null = null;
    let lastUsed = 0;
    let settling: Promise<void> = Promise.resolve();
    while (!stopping) {
      try {
        const loaded = performance.now() >= pausedUntil ? await stock.next() : null;
        if (!loaded) {
          await settling;
          if (connection && performance.now() - lastUsed > idleMs) {
            await connection.quit();
            connection = null;
          }
          await nap();
          continue;
        }
        const { settlement, open, stage } = await attempt(loaded, connection);
        connection = open;
        await settling;
        settling = settle(loaded.claim, settlement, stage);
        lastUsed = performance.now();
      } catch (error) {
        // The database is away, most likely. What was claimed comes back when its lease runs out.
        log.error({ err: error }, 'a delivery could not be sent');
        connection?.close();
        connection = null;
        await nap();
      }
    }
    await settling;
    await connection?.quit();
  }

  /** One try. Where the database could not be asked, nothing of the mail has left, and it is let go. */
  async function attempt(loaded: Loaded, open: SmtpConnection | null): Promise<Delivered> {
    try {
      const mail = await prepareMail(deps, loaded);
      if (mail.ok) return await deliver(mail, loaded, open);
      if (mail.error)
        log.error({ err: mail.error, delivery: loaded.claim.id }, 'a mail could not be written');
      return { settlement: mail.settlement, open };
    } catch (error) {
      letGo(loaded.claim);
      throw error;
    }
  }

  async function deliver(
    mail: Mail,
    { claim, context }: Loaded,
    open: SmtpConnection | null,
  ): Promise<Delivered> {
    let connection = open?.usable ? open : null;
    if (wary.has(claim.mailingId)) {
      const early = await objectionTo(mail.premises);
      if (early) return { settlement: objectionSettles(early, deps.clock()), open: connection };
    }
    try {
      connection ??= await openConnection(options.smtpUrl, { timeouts: options.timeouts ?? {} });
      smtpFailures = 0;
    } catch (error) {
      return { settlement: pause(error as Error), open: null };
    }
    const address = context.person.email ?? '';
    const began = performance.now();
    domains.begin(address);
    let outcome: Outcome | null = null;
    try {
      outcome = await connection.send(mail.envelope, mail.raw, () => writer.enter(mail.premises));
    } finally {
      const ms = performance.now() - began;
      // A refusal before the body of a mail is about whom it goes to; what comes after may be about the mail.
      const refused = outcome?.kind === 'deferred' && outcome.stage !== 'message';
      domains.end(address, { refused, took: outcome?.kind === 'sent', ms }, deps.clock());
      wake();
    }
    const settlement = await settlementOf(outcome, mail);
    const left = connection.usable ? connection : null;
    return 'stage' in outcome ? { settlement, open: left, stage: outcome.stage } : { settlement, open: left };
  }

  async function objectionTo(premises: Premises): Promise<Objection | null> {
    const [objection = null] = await findObjections(deps.db, [premises], deps.clock());
    return objection;
  }

  async function settlementOf(outcome: Outcome, mail: Mail): Promise<Settlement> {
    switch (outcome.kind) {
      case 'sent':
        stock.count();
        return { kind: 'sent', response: outcome.response, messageId: mail.messageId };
      case 'deferred':
        return { kind: 'deferred', response: outcome.response };
      case 'refused':
        return { kind: 'failed', response: outcome.response };
      case 'withheld': {
        if (wary.size >= 1000) wary.clear();
        wary.add(mail.premises.claim.mailingId);
        return objectionSettles((await objectionTo(mail.premises)) ?? 'changed', deps.clock());
      }
      case 'dropped':
        return outcome.phase === 'after_body'
          ? { kind: 'unknown', cause: `dropped_after_body: ${outcome.error}` }
          : { kind: 'deferred', response: `connection lost: ${outcome.error}` };
    }
  }

  /** The mail server is away: everybody waits a little longer each time, and nothing is lost. */
  function pause(error: Error): Settlement {
    // All connections fail at once: that is one failure, not five.
    const isNews = performance.now() >= pausedUntil;
    if (isNews) smtpFailures += 1;
    const seconds = Math.min(60, 2 ** Math.min(smtpFailures - 1, 6));
    if (isNews) {
      pausedUntil = performance.now() + seconds * 1000;
      log.warn({ seconds, reason: error.message }, 'the mail server does not answer; trying again');
    }
    const at = new Date(deps.clock().getTime() + seconds * 1000);
    const released: Settlement = { kind: 'released', at, response: `mail server away: ${error.message}` };
    for (const other of stock.empty()) void settle(other, released);
    return released;
  }

  const finishing = new Set<string>();
  /** Closes a mailing when its last delivery is settled. Gathered, so that a large one is not asked about each time. */
  async function finish(mailingId: string): Promise<void> {
    if (finishing.has(mailingId)) return;
    finishing.add(mailingId);
    await new Promise((resolve) => setTimeout(resolve, 200));
    finishing.delete(mailingId);
    // More of it was claimed meanwhile: whoever settles the last one asks.
    if (inHandOf.has(mailingId)) return;
    await closeFinishedMailings(deps, [mailingId]).catch((error: unknown) =>
      log.error({ err: error }, 'not closed'),
    );
  }

  const lanes = Array.from({ length: connections }, lane);

  /** Whether something may leave now that nobody has claimed. */
  async function isWaiting(): Promise<boolean> {
    if (await findDayHold(deps.db, dailyLimit, deps.clock())) return false;
    const waiting = await deps.db
      .selectFrom('deliveries')
      .select('id')
      .where('state', 'in', ['queued', 'unknown'])
      .where('nextAttemptAt', '<=', deps.clock())
      .limit(1)
      .executeTakeFirst();
    return waiting !== undefined;
  }

  return {
    async drain() {
      for (;;) {
        wake();
        await new Promise((resolve) => setTimeout(resolve, 20));
        const isBusy = () => inHand.size > 0 || !stock.isIdle;
        if (isBusy() || sleepers.size < connections) continue;
        // What was waiting may have been claimed while the question was on its way.
        if (!(await isWaiting()) && finishing.size === 0 && !isBusy()) return;
      }
    },
    async stop() {
      stopping = true;
      writer.hurry();
      wake();
      await Promise.all(lanes);
      for (const timer of timers) clearInterval(timer);
      // What was claimed and not begun goes back at once instead of waiting for its lease.
      const at = deps.clock();
      await Promise.all(stock.empty().map((claim) => settle(claim, { kind: 'released', at })));
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
