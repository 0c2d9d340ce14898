/** Pure rules for two rows that turned out to be one woman: which of two answers, and of two mails, counts. */

export type MergedAnswer = {
  state: string;
  mode: string;
  guests: number;
  queuedAt: Date | null;
  answeredAt: Date;
};

const places = ['waitlisted', 'offered', 'going'];

/** What she meant, whatever seat she got for it. */
function wordOf(state: string): 'yes' | 'maybe' | 'no' {
  return places.includes(state) ? 'yes' : state === 'maybe' ? 'maybe' : 'no';
}

/**
 * Which of two answers to one event counts. Her last word does. Where she said yes twice, the better place does: a seat,
 * then an offer, then the earlier place in the list; of two seats the one for the larger party. One of the two is taken
 * as it is, so that no seat is taken that was not taken before.
 */
export function countingAnswer<A extends MergedAnswer>(
  kept: A | null,
  gone: A | null,
): 'kept' | 'gone' | null {
  if (!kept || !gone) return kept ? 'kept' : gone ? 'gone' : null;
  const latest = gone.answeredAt > kept.answeredAt ? 'gone' : 'kept';
  if (wordOf(kept.state) !== 'yes' || wordOf(gone.state) !== 'yes') return latest;
  const better =
    places.indexOf(kept.state) - places.indexOf(gone.state) ||
    kept.guests - gone.guests ||
    (gone.queuedAt?.getTime() ?? 0) - (kept.queuedAt?.getTime() ?? 0);
  return better === 0 ? latest : better > 0 ? 'kept' : 'gone';
}

export type MergedMail = { state: string; phase: string | null };

/** How much a delivery says of a mail that both rows were to get: what reached her counts before what still may. */
function weightOf({ state, phase }: MergedMail): number {
  if (state === 'sending') return phase === 'data' ? 5 : 3;
  return { sent: 6, unknown: 4, queued: 3, failed: 2 }[state] ?? 1;
}

/** Which of two deliveries of one mail counts: the other one leaves no more. */
export function countingMail(kept: MergedMail, gone: MergedMail): 'kept' | 'gone' {
  return weightOf(gone) > weightOf(kept) ? 'gone' : 'kept';
}
