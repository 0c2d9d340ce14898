import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  drawFromDay,
  drawTokens,
  findDayHold,
  returnToDay,
  returnTokens,
} from '../../server/deliveries/allowance.ts';
import { nextTry } from '../../server/deliveries/ledger.ts';
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
  const before = performance.now();
  const draws = await Promise.all(Array.from({ length: 8 }, () => drawTokens(database.db, 200, 10)));
  const passed = (performance.now() - before) / 1000;
  const granted = draws.reduce((sum, count) => sum + count, 0);
  // Two seconds at 200 a second, but never more than a tenth of a second's worth saved up, and what came in meanwhile.
  expect(granted).toBeGreaterThanOrEqual(20);
  expect(granted).toBeLessThanOrEqual(20 + 200 * passed);
});

test('what somebody waits for is drawn before its time, and the rest waits for that', async () => {
  await empty();
  expect(await drawTokens(database.db, 10, 10)).toBe(0);
  expect(await drawTokens(database.db, 10, 10, true)).toBe(10);
  expect(await drawTokens(database.db, 10, 10, true)).toBe(0);
  await pass(1);
  expect(await drawTokens(database.db, 10, 10)).toBe(0);
  await pass(1.2);
  expect(await drawTokens(database.db, 10, 10)).toBe(1);
});

test('of the limit of a day the last tenth is kept for what somebody waits for; an hour counts for a day', async () => {
  const now = new Date('2026-11-10T09:40:00Z');
  const draw = (want: number, urgent: boolean, at = now) =>
    drawFromDay(database.db, { limit: 100, want, urgent, now: at });
  expect(await findDayHold(database.db, 100, now)).toBeNull();
  expect(await draw(60, false)).toBe(60);
  // Workers that draw at the same moment do not draw the same ones.
  const draws = await Promise.all([draw(20, false), draw(20, false), draw(20, false)]);
  expect(draws.reduce((sum, count) => sum + count, 0)).toBe(30);
  expect(await findDayHold(database.db, 100, now)).toEqual({
    limit: 100,
    drawn: 90,
    until: new Date('2026-11-11T10:00:00Z'),
  });
  expect(await draw(20, true)).toBe(10);
  expect(await draw(20, true)).toBe(0);
  await returnToDay(database.db, now, 4);
  expect(await draw(20, true)).toBe(4);
  expect(await draw(20, true, new Date('2026-11-11T09:59:59Z'))).toBe(0);
  expect(await draw(20, false, new Date('2026-11-11T10:00:00Z'))).toBe(20);
});

test('what was drawn and not used can be drawn again', async () => {
  await empty();
  await pass(1);
  expect(await drawTokens(database.db, 50, 5)).toBe(5);
  await returnTokens(database.db, 3);
  expect(await drawTokens(database.db, 50, 3)).toBe(3);
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
