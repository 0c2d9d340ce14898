import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seeded } from '../../server/seeded.ts';
import {
  type HaveMet,
  pairsIn,
  scoreOf,
  suggestTables,
  tableSizes,
  upperBound,
} from '../../server/tables/rules.ts';
import { bestOfRandom, randomPast } from './past.ts';

describe('the sizes of tables', () => {
  test.each([
    [0, []],
    [1, [1]],
    [5, [5]],
    [6, [3, 3]],
    [7, [4, 3]],
    [9, [3, 3, 3]],
    [10, [4, 3, 3]],
    [12, [4, 4, 4]],
    [13, [4, 3, 3, 3]],
  ])('for %i people', (people, sizes) => {
    expect(tableSizes(people)).toEqual(sizes);
  });
});

test('everybody sits once, at a table of a size that is right, and the same seed gives the same tables', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 24 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 1e6 }),
      (people, density, seed) => {
        const haveMet = randomPast(people, density, seed);
        const tables = suggestTables(people, haveMet, seed);
        expect(tables.flat().sort((one, other) => one - other)).toEqual(
          Array.from({ length: people }, (_, i) => i),
        );
        expect(tables.map(({ length }) => length).sort()).toEqual([...tableSizes(people)].sort());
        expect(suggestTables(people, haveMet, seed)).toEqual(tables);
        const { fresh } = scoreOf(tables, haveMet);
        expect(fresh).toBeLessThanOrEqual(upperBound(people, haveMet));
      },
    ),
    { numRuns: 30 },
  );
}, 60_000);

test.each([
  [12, 0.3],
  [12, 0.7],
  [40, 0.3],
  [40, 0.8],
  [200, 0.5],
  [200, 0.9],
])(
  'for %i people of whom %d of the pairs have met, no worse than the best of ten thousand random seatings',
  (people, density) => {
    const haveMet = randomPast(people, density, people);
    const ours = scoreOf(suggestTables(people, haveMet, 1), haveMet).fresh;
    expect(ours).toBeGreaterThanOrEqual(bestOfRandom(people, haveMet, 10_000, 2).fresh);
    expect(ours).toBeLessThanOrEqual(upperBound(people, haveMet));
  },
  60_000,
);

test('where a seating without any known face exists for twelve, it is found', () => {
  // Three groups of four who know each other, and nobody of another group.
  const haveMet: HaveMet = (one, other) => Math.floor(one / 4) === Math.floor(other / 4);
  const { fresh, least } = scoreOf(suggestTables(12, haveMet, 1), haveMet);
  // Each table of four must take two of one group: one pair a table has met at least.
  expect(fresh).toBe(pairsIn([4, 4, 4]) - 3);
  expect(least).toBe(2);
});

test('numbers of one seed are spread evenly', () => {
  const random = seeded(7);
  const mean = Array.from({ length: 10_000 }, random).reduce((sum, number) => sum + number, 0) / 10_000;
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
});
