import { fewest } from '../introductions/rules.ts';

/** A number, and how many people it is about. */
export type Told = { count: number; people: number };

/**
 * Which of several parts may be told beside their total. A part about fewer than five people is not; and lest the total and
 * the others give it away, what is kept back stays at least two parts and five people: the next smallest go with it.
 * @returns for each part its number, or null where it is kept back
 */
export function discreet(
  parts: readonly Told[],
  total: Told,
): { parts: (number | null)[]; total: number | null } {
  const bySize = parts.map((_, place) => place).sort((one, other) => peopleAt(one) - peopleAt(other));
  const hidden = new Set(bySize.filter((place) => peopleAt(place) < fewest));
  for (const place of bySize) {
    const people = [...hidden].reduce((sum, one) => sum + peopleAt(one), 0);
    if (hidden.size === 0 || (hidden.size > 1 && people >= fewest)) break;
    hidden.add(place);
  }
  return {
    parts: parts.map(({ count }, place) => (hidden.has(place) ? null : count)),
    total: total.people < fewest ? null : total.count,
  };

  function peopleAt(place: number): number {
    return parts[place]?.people ?? 0;
  }
}
