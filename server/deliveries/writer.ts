import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { askTogether } from '../db/prepared.ts';
import type { Deps } from '../deps.ts';
import { type Settling, settleDeliveries, settled, settlingAll } from './ledger.ts';
import { enterDataPhase, entered, entering, type Premises } from './recheck.ts';

/** What one worker writes into the ledger while it sends. */
export type Writer = {
  /** Commits the phase `data` of a delivery. @returns false where it may not be sent */
  enter(premises: Premises): Promise<boolean>;
  /** Writes down what became of a delivery. @returns false where the claim was lost meanwhile */
  settle(settling: Settling): Promise<boolean>;
  /** From now on it waits neither for company nor for a database that is away. */
  hurry(): void;
};

type Wish<T> = { of: T; done(result: boolean): void; failed(error: unknown): void };

/** The most of each in one statement. */
const most = 200;
/** Round trips on their way at once: a second one leaves while the first waits for the disk. */
const mostRunning = 2;
/** How long what became of a mail waits for the next phase `data` to go with it, in milliseconds. */
const lingerMs = 10;
const retryMs = 500;
const patienceMs = 5 * 60_000;
const patienceAtTheEndMs = 10_000;

/**
 * One commit for what the lanes want at the same time: the phase `data` of the mails that may leave, and what became of
 * those that have left. While one is on its way, what comes next gathers.
 *
 * While the database is away, what the mail server has taken is written down again and again: what nobody wrote down would
 * be sent twice.
 */
export function openWriter({ db, clock }: Deps, log: FastifyBaseLogger): Writer {
  const enters: Wish<Premises>[] = [];
  const settles: Wish<Settling>[] = [];
  let running = 0;
  let hurried = false;
  let timer: NodeJS.Timeout | undefined;

  function press(): void {
    clearTimeout(timer);
    timer = undefined;
    if (running >= mostRunning) return;
    running += 1;
    void run();
  }

  async function run(): Promise<void> {
    // One turn of the loop, so that what the same packets of the network brought leaves together.
    await new Promise((resolve) => setImmediate(resolve));
    do await writeOnce(enters.splice(0, most), settles.splice(0, most));
    while (enters.length > 0 || settles.length >= most || (hurried && settles.length > 0));
    running -= 1;
    if (settles.length > 0) timer ??= setTimeout(press, lingerMs);
  }

  async function writeOnce(
    toEnter: readonly Wish<Premises>[],
    toSettle: readonly Wish<Settling>[],
  ): Promise<void> {
    if (toEnter.length > 0 && toSettle.length > 0) {
      const premises = toEnter.map(({ of }) => of);
      const all = toSettle.map(({ of }) => of);
      const now = clock();
      try {
        const [first = [], ...rest] = await askTogether(db, [
          settlingAll(all, now),
          ...entering(premises, now),
        ]);
        tell(toSettle, settled(all, first as { id: string }[]));
        tell(toEnter, entered(premises, rest));
        return;
      } catch {
        // None of it holds. By themselves, each hears what was wrong.
      }
    }
    await Promise.all([enterAlone(toEnter), settleAlone(toSettle)]);
  }

  async function enterAlone(wishes: readonly Wish<Premises>[]): Promise<void> {
    if (wishes.length === 0) return;
    try {
      const premises = wishes.map(({ of }) => of);
      tell(wishes, await enterDataPhase(db, premises, clock()));
    } catch (error) {
      for (const { failed } of wishes) failed(error);
    }
  }

  async function settleAlone(wishes: readonly Wish<Settling>[]): Promise<void> {
    if (wishes.length === 0) return;
    const all = wishes.map(({ of }) => of);
    const began = performance.now();
    for (;;) {
      try {
        return tell(wishes, await settleDeliveries(db, all, clock()));
      } catch (error) {
        // One that the database does not take must not hold up the others.
        if (isRefusal(error) && wishes.length > 1) {
          await Promise.all(wishes.map((wish) => settleAlone([wish])));
          return;
        }
        const patience = hurried ? patienceAtTheEndMs : patienceMs;
        if (isRefusal(error) || performance.now() - began > patience) {
          for (const { failed } of wishes) failed(error);
          return;
        }
        log.warn({ reason: (error as Error).message }, 'what was sent cannot be written down yet');
        await sleep(retryMs);
      }
    }
  }

  return {
    enter: (of) =>
      new Promise((done, failed) => {
        enters.push({ of, done, failed });
        press();
      }),
    settle: (of) =>
      new Promise((done, failed) => {
        settles.push({ of, done, failed });
        if (hurried || settles.length >= most) press();
        else if (running === 0) timer ??= setTimeout(press, lingerMs);
      }),
    hurry() {
      hurried = true;
      if (settles.length > 0) press();
    },
  };
}

function tell(wishes: readonly Wish<unknown>[], results: readonly boolean[]): void {
  wishes.forEach(({ done }, index) => void done(results[index] ?? false));
}

/** SQLSTATE classes 22, 23 and 42: what was said is wrong, and would be again. */
function isRefusal(error: unknown): boolean {
  return /^(22|23|42)/.test((error as { code?: string }).code ?? '');
}
