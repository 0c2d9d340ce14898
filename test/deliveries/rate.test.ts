import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { drawTokens, nextTry, returnTokens } from '../../server/deliveries/ledger.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase();

/** The bucket's clock is the database's: time passes by moving the last refill back. */
const pass = (seconds: number) =>
  sql`update mail_rate set refilled_at = clock_timestamp() - make_interval(secs => ${seconds})`.execute(
    database.db,
  );
const empty = () =>
  sql`update mail_rate set tokens = 0, refilled_at = clock_timestamp()`.execute(database.db);

test('workers that draw at the same moment share what the rate allows', async () => {
  await empty();
  await pass(2);
  const draws = await Promise.all(Array.from({ length: 8 }, () => drawTokens(database.db, 20, 10)));
  const granted = draws.reduce((sum, count) => sum + count, 0);
  // Two seconds at 20 a second, but never more than one second's worth saved up.
  expect(granted).toBeGreaterThanOrEqual(20);
  expect(granted).toBeLessThanOrEqual(25);
});

test('what was drawn and not used can be drawn again', async () => {
  await empty();
  await pass(1);
  expect(await drawTokens(database.db, 5, 5)).toBe(5);
  await returnTokens(database.db, 3);
  expect(await drawTokens(database.db, 5, 5)).toBe(3);
});

test('a rate below one a second still lets a mail go when its time has come', async () => {
  await empty();
  await pass(1);
  expect(await drawTokens(database.db, 0.5, 4)).toBe(0);
  await pass(2);
  expect(await drawTokens(database.db, 0.5, 4)).toBe(1);
});

test('a refusal for now is tried again after 1, 2, 5, 15, 30 and 60 minutes, then hourly', () => {
  const now = new Date('2026-11-10T09:00:00Z');
  const waits = [1, 2, 3, 4, 5, 6, 7, 20].map(
    (attempts) => (nextTry(attempts, now).getTime() - now.getTime()) / 60_000,
  );
  expect(waits).toEqual([1, 2, 5, 15, 30, 60, 60, 60]);
});
