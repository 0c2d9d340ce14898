import type { Deps } from '../deps.ts';
import { drawFromDay, drawTokens, returnToDay, returnTokens } from './allowance.ts';
import { type Loaded, loadMails } from './content.ts';
import type { Domains } from './domains.ts';
import { type Claimed, claimDeliveries } from './ledger.ts';

export type StockOptions = {
  connections: number;
  /** Messages a second over all workers; null for no limit. */
  rate: number | null;
  /** Messages within 24 hours over all workers; null for no limit. */
  dailyLimit: number | null;
  leaseSeconds: number;
};

/** What one worker has claimed and read, and not yet begun to send. */
export type Stock = {
  /** The next mail to be sent, or null where none may leave now. */
  next(): Promise<Loaded | null>;
  /** Claims what somebody waits for, so that it stands before what is in stock. */
  claimUrgent(): Promise<void>;
  /** Takes everything out that is in stock. */
  empty(): Claimed[];
  /** Gives back what was allowed and did not leave. */
  giveBack(count: number): Promise<void>;
  /** Counts a mail that left, for how much to claim at a time. */
  count(): void;
  readonly isIdle: boolean;
};

/** How much is claimed at a time: what leaves in this time, in seconds. More would stand before what somebody waits for. */
const ahead = 0.3;
const most = 400;
/** How many mails to slow domains wait in memory; more go back into the ledger for a while. */
const mostParked = 200;
const parkedForMs = 60_000;

export function openStock(
  deps: Deps,
  options: StockOptions,
  hooks: {
    domains: Domains;
    taken(claims: readonly Claimed[]): void;
    /** What it is written from could not be read: it comes back when its lease runs out. */
    unread(claim: Claimed): void;
    release(claim: Claimed, at: Date): void;
  },
): Stock {
  const { db, clock } = deps;
  const { connections, rate, dailyLimit, leaseSeconds } = options;
  const { domains } = hooks;
  const urgent: Loaded[] = [];
  const ready: Loaded[] = [];
  const parked: Loaded[] = [];
  let refilling: Promise<boolean> | null = null;
  let askingUrgent: Promise<void> | null = null;
  let left = 0;
  let since = performance.now();
  let batch = connections * 2;

  /** Draws from both limits; what the one gives and the other does not goes back. */
  async function draw(want: number, isUrgent: boolean): Promise<number> {
    const now = clock();
    const byRate = rate === null ? want : await drawTokens(db, rate, want, isUrgent);
    if (dailyLimit === null || byRate === 0) return byRate;
    const byDay = await drawFromDay(db, { limit: dailyLimit, want: byRate, urgent: isUrgent, now });
    if (rate !== null) await returnTokens(db, byRate - byDay);
    return byDay;
  }

  async function giveBack(count: number): Promise<void> {
    if (count <= 0) return;
    if (rate !== null) await returnTokens(db, count);
    if (dailyLimit !== null) await returnToDay(db, clock(), count);
  }

  async function take(want: number, urgentOnly: boolean): Promise<Loaded[]> {
    const limit = await draw(want, urgentOnly);
    if (limit === 0) return [];
    const claims = await claimDeliveries(db, { limit, leaseSeconds, now: clock(), urgentOnly });
    hooks.taken(claims);
    await giveBack(limit - claims.length);
    return claims.length > 0 ? read(claims) : [];
  }

  /** One whose rows cannot be read must not hold up the others. */
  async function read(claims: readonly Claimed[]): Promise<Loaded[]> {
    try {
      return await loadMails(db, claims);
    } catch (error) {
      const [only] = claims;
      if (only && claims.length === 1) {
        hooks.unread(only);
        throw error;
      }
      const each = await Promise.allSettled(claims.map((claim) => read([claim])));
      return each.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    }
  }

  /** @returns whether anything came */
  async function refill(): Promise<boolean> {
    const seconds = (performance.now() - since) / 1000;
    if (seconds > 0.2) {
      batch = Math.max(connections * 2, Math.min(most, Math.ceil((left / seconds) * ahead)));
      left = 0;
      since = performance.now();
    }
    // Where something limits how many leave, what somebody waits for draws first.
    if (rate !== null || dailyLimit !== null) urgent.push(...(await take(connections * 2, true)));
    const loaded = await take(batch, false);
    for (const mail of loaded) (mail.claim.priority === 0 ? urgent : ready).push(mail);
    return loaded.length > 0 || urgent.length > 0;
  }

  function startRefill(): Promise<boolean> {
    refilling ??= refill().finally(() => {
      refilling = null;
    });
    return refilling;
  }

  /** The first in a row that may leave: what goes to a domain that is left alone goes back, what has no room waits aside. */
  function pick(row: Loaded[]): Loaded | null {
    for (let mail = row.shift(); mail; mail = row.shift()) {
      const address = mail.context.person.email ?? '';
      const heldUntil = mail.claim.priority === 0 ? null : domains.heldUntil(address, clock());
      if (heldUntil) hooks.release(mail.claim, heldUntil);
      else if (domains.hasRoom(address)) return mail;
      else if (parked.length < mostParked) parked.push(mail);
      else hooks.release(mail.claim, new Date(clock().getTime() + parkedForMs));
    }
    return null;
  }

  function pickParked(): Loaded | null {
    const at = parked.findIndex(({ context }) => domains.hasRoom(context.person.email ?? ''));
    return at < 0 ? null : (parked.splice(at, 1)[0] ?? null);
  }

  return {
    async next() {
      for (;;) {
        const waited = pick(urgent) ?? pickParked();
        if (waited) return waited;
        // While the last of these leave, the next are read.
        if (ready.length < batch / 2) startRefill().catch(() => {});
        const mail = pick(ready);
        if (mail) return mail;
        if (!(await startRefill())) return null;
      }
    },
    async claimUrgent() {
      askingUrgent ??= take(connections * 2, true)
        .then((mails) => void urgent.push(...mails))
        .finally(() => {
          askingUrgent = null;
        });
      await askingUrgent;
    },
    empty: () => [urgent, ready, parked].flatMap((row) => row.splice(0).map(({ claim }) => claim)),
    giveBack,
    count() {
      left += 1;
    },
    get isIdle() {
      return urgent.length + ready.length + parked.length === 0 && !refilling && !askingUrgent;
    },
  };
}
