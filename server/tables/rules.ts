import { seeded } from '../seeded.ts';

/**
 * Suggested tables: who sits with whom, so that as many as possible meet somebody new. Plain and the same for everybody:
 * nobody is ranked, nothing is known of anybody but whom she has met in person.
 */

/** Whether two people, by their places in the list, have met in person before. Symmetric. */
export type HaveMet = (one: number, other: number) => boolean;

/** How a seating is judged: pairs at one table who have never met, and the fewest new faces that anybody has. */
export type Score = { fresh: number; least: number };

const tableSize = 4;
/** Looks at so many exchanges of two people; enough for 200 people to come to rest well within a second. */
const exchanges = 400_000;

/**
 * The sizes of the tables: fours, and threes where it does not come out even; a five only where there is no other way.
 * Fewer than six sit together.
 * @returns an empty list for nobody
 */
export function tableSizes(people: number): number[] {
  if (people === 0) return [];
  if (people < 6) return [people];
  // 4a + 3b = people, with as few threes as possible; it has a solution for every number from six on.
  const threes = (tableSize - (people % tableSize)) % tableSize;
  const fours = (people - 3 * threes) / tableSize;
  return [...Array<number>(fours).fill(4), ...Array<number>(threes).fill(3)];
}

/**
 * Suggests tables. It begins with an order drawn from the seed, gives each seat in turn to whoever knows the fewest at that
 * table, then exchanges two people wherever that makes more new pairs; at first also where it makes slightly fewer, which
 * leads out of dead ends (simulated annealing). Between seatings with as many new pairs the one is kept in which nobody is
 * left among acquaintances alone.
 * @param people how many
 * @param seed the same seed gives the same tables
 * @returns for each table the places of its people in the list
 */
export function suggestTables(people: number, haveMet: HaveMet, seed: number): number[][] {
  const sizes = tableSizes(people);
  if (sizes.length < 2) return sizes.map((size) => Array.from({ length: size }, (_, place) => place));
  const random = seeded(seed);
  const seats = seatingOf(people, sizes, haveMet, random);
  let best = seats.copy();
  let bestScore = seats.score();
  for (let step = 0; step < exchanges; step += 1) {
    const one = Math.floor(random() * people);
    const other = Math.floor(random() * people);
    const gain = seats.gainOf(one, other);
    const heat = 0.6 * (1 - step / exchanges) ** 2;
    if (gain < 0 && (heat === 0 || random() >= Math.exp(gain / heat))) continue;
    seats.exchange(one, other);
    if (seats.fresh < bestScore.fresh) continue;
    const score = seats.score();
    if (score.fresh > bestScore.fresh || score.least > bestScore.least) {
      best = seats.copy();
      bestScore = score;
    }
    // Nothing can be better than every pair new.
    if (bestScore.fresh === pairsIn(sizes)) break;
  }
  return best;
}

/** How good given tables are. */
export function scoreOf(tables: readonly (readonly number[])[], haveMet: HaveMet): Score {
  let fresh = 0;
  let least = Number.POSITIVE_INFINITY;
  for (const table of tables) {
    for (const one of table) {
      const faces = table.filter((other) => other !== one && !haveMet(one, other)).length;
      fresh += faces / 2;
      least = Math.min(least, faces);
    }
  }
  return { fresh, least: Number.isFinite(least) ? least : 0 };
}

/**
 * What no seating can exceed: the pairs that sit together at all; the pairs that have never met at all; and half the sum
 * of the new faces that each can have, who sits with three others and no more.
 */
export function upperBound(people: number, haveMet: HaveMet): number {
  const sizes = tableSizes(people);
  const most = Math.max(0, ...sizes) - 1;
  let strangers = 0;
  let faces = 0;
  for (let one = 0; one < people; one += 1) {
    let unknown = 0;
    for (let other = 0; other < people; other += 1) if (other !== one && !haveMet(one, other)) unknown += 1;
    strangers += unknown;
    faces += Math.min(most, unknown);
  }
  return Math.min(pairsIn(sizes), strangers / 2, Math.floor(faces / 2));
}

/** How many pairs sit together. */
export function pairsIn(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
}

/** Somebody's place at a table can be exchanged for another's in a few steps, whatever the number of people. */
function seatingOf(people: number, sizes: readonly number[], haveMet: HaveMet, random: () => number) {
  const isFresh = Array.from({ length: people }, (_, one) =>
    Uint8Array.from({ length: people }, (_, other) => (one !== other && !haveMet(one, other) ? 1 : 0)),
  );
  const tables = begin(people, sizes, isFresh, random);
  const tableOf = new Int32Array(people);
  for (const [number, table] of tables.entries()) for (const one of table) tableOf[one] = number;
  const facesAt = (one: number, table: readonly number[], without: number) => {
    let faces = 0;
    for (const other of table) if (other !== without) faces += isFresh[one]?.[other] ?? 0;
    return faces;
  };
  const tableAt = (one: number) => tables[tableOf[one] ?? 0] ?? [];

  return {
    fresh: scoreOf(tables, haveMet).fresh,
    copy: () => tables.map((table) => [...table].sort((one, other) => one - other)),
    score: () => scoreOf(tables, haveMet),
    /** How many new pairs more there would be. */
    gainOf(one: number, other: number): number {
      if (tableOf[one] === tableOf[other]) return -1;
      const [here, there] = [tableAt(one), tableAt(other)];
      return (
        facesAt(one, there, other) +
        facesAt(other, here, one) -
        facesAt(one, here, one) -
        facesAt(other, there, other)
      );
    },
    exchange(one: number, other: number): void {
      if (tableOf[one] === tableOf[other]) return;
      this.fresh += this.gainOf(one, other);
      const [here, there] = [tableAt(one), tableAt(other)];
      here[here.indexOf(one)] = other;
      there[there.indexOf(other)] = one;
      [tableOf[one], tableOf[other]] = [tableOf[other] ?? 0, tableOf[one] ?? 0];
    },
  };
}

/** Each in turn sits down where she finds the most new faces among the tables that have a free seat. */
function begin(
  people: number,
  sizes: readonly number[],
  isFresh: readonly Uint8Array[],
  random: () => number,
) {
  const order = Array.from({ length: people }, (_, place) => place);
  for (let last = people - 1; last > 0; last -= 1) {
    const pick = Math.floor(random() * (last + 1));
    [order[last], order[pick]] = [order[pick] ?? 0, order[last] ?? 0];
  }
  const tables: number[][] = sizes.map(() => []);
  for (const one of order) {
    let chosen: number[] | null = null;
    let most = -1;
    for (const [number, table] of tables.entries()) {
      if (table.length >= (sizes[number] ?? 0)) continue;
      const faces = table.reduce((sum, other) => sum + (isFresh[one]?.[other] ?? 0), 0);
      if (faces > most) [chosen, most] = [table, faces];
    }
    chosen?.push(one);
  }
  return tables;
}
