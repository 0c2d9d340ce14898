import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/chaos.ts', import.meta.url));

test('for a minute everything breaks: nothing is lost, and each double has its cause in the ledger', {
  timeout: 420_000,
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--minutes', '1', '--json']).catch(
    // It ends with 1 where something was lost: then its own words say more.
    (error: { stdout: string; stderr: string }) => {
      if (!error.stdout) throw error;
      return error;
    },
  );
  const tally = JSON.parse(stdout);
  expect(tally.lost).toEqual([]);
  expect(tally.unexplained).toEqual([]);
  expect(tally.states.sent).toBeGreaterThan(500);
  for (const what of ['kill', 'suspend', 'database', 'keep_and_drop', 'rcpt_450']) {
    expect(tally.crashes[what], what).toBeGreaterThan(0);
  }
});
