import { expect, test } from 'vitest';
import { hasMoreRows } from '../../server/imports/service.ts';
import { openTable } from '../../server/imports/table.ts';

const tableOf = async (text: string) => {
  const opened = await openTable(Buffer.from(text));
  if (!opened.ok) throw new Error(opened.reason);
  return opened.table;
};

test('whether a file has more lines than may be taken is known without reading all of it, and its heading is no line', async () => {
  const lines = (count: number) => `Nome;E-mail\n${'Ada;ada@example.org\n'.repeat(count)}`;
  expect(await hasMoreRows(await tableOf(lines(10)), 10)).toBe(false);
  expect(await hasMoreRows(await tableOf(lines(11)), 10)).toBe(true);
  const table = await tableOf('a\n'.repeat(5_000_000));
  const began = performance.now();
  expect(await hasMoreRows(table, 100_000)).toBe(true);
  expect(performance.now() - began).toBeLessThan(3_000);
});

test('others are served while a large file is read', async () => {
  const table = await tableOf(`Nome;E-mail\n${'Ada Bianchi;ada@example.org\n'.repeat(90_000)}`);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await hasMoreRows(table, 100_000);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});
