import { seeded } from '../../server/seeded.ts';
import { type HaveMet, type Score, scoreOf, tableSizes } from '../../server/tables/rules.ts';

/** A past in which each pair has met with the same chance. */
export function randomPast(people: number, density: number, seed: number): HaveMet {
  const random = seeded(seed);
  const met = new Set<number>();
  for (let one = 0; one < people; one += 1) {
    for (let other = one + 1; other < people; other += 1)
      if (random() < density) met.add(one * people + other);
  }
  return (one, other) => met.has(Math.min(one, other) * people + Math.max(one, other));
}

/** The best of so many seatings by lot, with tables of the same sizes. */
export function bestOfRandom(people: number, haveMet: HaveMet, times: number, seed: number): Score {
  const random = seeded(seed);
  const order = Array.from({ length: people }, (_, place) => place);
  let best: Score = { fresh: -1, least: -1 };
  for (let time = 0; time < times; time += 1) {
    for (let last = people - 1; last > 0; last -= 1) {
      const pick = Math.floor(random() * (last + 1));
      [order[last], order[pick]] = [order[pick] ?? 0, order[last] ?? 0];
    }
    const rest = [...order];
    const tables = tableSizes(people).map((size) => rest.splice(0, size));
    const score = scoreOf(tables, haveMet);
    if (score.fresh > best.fresh) best = score;
  }
  return best;
}
