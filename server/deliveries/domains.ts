import { nextTry } from './ledger.ts';

/** How one domain of recipients takes mail, as one worker has seen it. */
type Domain = {
  /** Refusals for now since it last took one. */
  refusals: number;
  /** How often it has been left alone since then. */
  holds: number;
  /** Until when it is left alone. */
  heldUntil: number;
  /** How long it took of late, in milliseconds. */
  pace: number;
  /** How many are on their way to it. */
  inFlight: number;
};

export type Domains = {
  /** Until when nothing is tried for this address, or null. */
  heldUntil(address: string, now: Date): Date | null;
  /** Whether another mail may be on its way to this address's domain. One that takes long gets a share of the connections. */
  hasRoom(address: string): boolean;
  begin(address: string): void;
  end(address: string, outcome: { refused: boolean; took: boolean; ms: number }, now: Date): void;
};

/** One recipient may be greylisted, and a mailbox full: only a row of refusals is the domain's own word. */
const refusalsInARow = 5;
/** What takes longer than this is slow, in milliseconds. */
const slowMs = 2_000;
/** The share of the connections that a slow domain may hold. */
const slowShare = 0.2;
const mostRemembered = 10_000;

/**
 * A domain that puts mail off, or is slow to answer, slows only itself down. Each worker learns by itself, and forgets
 * when it ends: the ledger's own waits hold for each mail all the same.
 */
export function watchDomains(connections: number): Domains {
  const known = new Map<string, Domain>();
  const domainOf = (address: string) => {
    const name = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
    let domain = known.get(name);
    if (!domain) {
      if (known.size >= mostRemembered) forgetIdle(known);
      domain = { refusals: 0, holds: 0, heldUntil: 0, pace: 0, inFlight: 0 };
      known.set(name, domain);
    }
    return domain;
  };
  return {
    heldUntil(address, now) {
      const { heldUntil } = domainOf(address);
      return heldUntil > now.getTime() ? new Date(heldUntil) : null;
    },
    hasRoom(address) {
      const { pace, inFlight } = domainOf(address);
      return pace < slowMs || inFlight < Math.max(1, Math.floor(connections * slowShare));
    },
    begin(address) {
      domainOf(address).inFlight += 1;
    },
    end(address, { refused, took, ms }, now) {
      const domain = domainOf(address);
      domain.inFlight -= 1;
      domain.pace = domain.pace === 0 ? ms : domain.pace * 0.7 + ms * 0.3;
      if (took) {
        domain.refusals = 0;
        domain.holds = 0;
      }
      if (!refused) return;
      domain.refusals += 1;
      // After a hold, the first one is a probe: one more refusal is enough.
      if (domain.refusals < refusalsInARow || domain.heldUntil > now.getTime()) return;
      domain.holds += 1;
      domain.heldUntil = nextTry(domain.holds, now).getTime();
    },
  };
}

function forgetIdle(known: Map<string, Domain>): void {
  for (const [name, { inFlight, refusals }] of known)
    if (inFlight === 0 && refusals === 0) known.delete(name);
  // All of them refuse: better to ask again than to grow without end.
  if (known.size >= mostRemembered)
    for (const [name, { inFlight }] of known) if (inFlight === 0) known.delete(name);
}
